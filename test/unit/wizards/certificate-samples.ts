import { namedReplicas } from '../../../electron/wizards/sqlserver/read-replicas.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { CertificateDraft } from '../../../shared/forms/certificate-draft.ts'
import type { RotationDraft } from '../../../shared/forms/backup-certificate-rotation.ts'
import type { Facts } from '../../../electron/wizards/certificate/facts-model.ts'
import type { Facts as RotationFacts } from '../../../electron/wizards/backup-certificate-rotation/facts.ts'
import { target } from './fake-server.ts'
import { certificate, facts, keyThere, read } from './samples.ts'

export const certificateDraft = (changes: Partial<CertificateDraft> = {}): CertificateDraft => ({
  target: target.id,
  task: 'create',
  certificateName: 'KT_New',
  certificateSubject: 'Backup encryption SQLPROD-01 2026',
  certificateExpiry: '2031-12-31',
  keyUse: 'backup',
  format: 'pvk',
  keyFolder: 'D:\\Keys',
  certificateFilePassword: 'h-cert',
  proveOnServer: true,
  localCopy: 'p-mine',
  sourceFolder: 'p-mine',
  sourceCertificateFile: 'pair.cer',
  sourcePrivateKeyFile: 'pair.pvk',
  serverCertificateFile: 'pair.cer',
  serverPrivateKeyFile: 'pair.pvk',
  replicas: [],
  ...changes,
})

const serverFacts = facts()

export const certificateFacts = (changes: Partial<Facts> = {}): Facts => ({
  ...serverFacts,
  masterKey: read(keyThere()),
  certificates: read([certificate()]),
  local: null,
  others: [],
  replicasNamed: namedReplicas({ ...serverFacts, ...changes }, null, [
    { ref: { ...target, id: asTargetId('t-otherserver2'), name: 'SQLPROD-02' }, serverName: 'SQLPROD-02' },
  ]),
  ...changes,
})

export const rotationDraft = (changes: Partial<RotationDraft> = {}): RotationDraft => ({
  target: target.id,
  oldCertificate: 'KT_Old',
  certificateName: 'KT_New',
  certificateSubject: 'Backup encryption SQLPROD-01 2027',
  certificateExpiry: '2031-12-31',
  format: 'pvk',
  keyFolder: 'D:\\Keys',
  certificateFilePassword: 'h-cert',
  proveOnServer: true,
  localCopy: 'p-mine',
  ...changes,
})

export const rotationFacts = (changes: Partial<RotationFacts> = {}): RotationFacts => ({
  ...serverFacts,
  masterKey: read(keyThere()),
  certificates: read([certificate()]),
  agentSteps: read([]),
  ...changes,
})
