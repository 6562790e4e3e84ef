import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import * as masterKey from '../../scripts/tsql/master-key.ts'
import type { FileProbe } from '../../scripts/tsql/queries.ts'
import type { MasterKeyFact } from '../sqlserver/facts-model.ts'
import {
  createCertificateStep,
  exportCertificateStep,
  fetchPairStep,
  fileStays,
  proveOnServerSteps,
  type CertificateExport,
} from '../sqlserver/plan-certificate.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { PlanNames } from './plan-names.ts'

export interface KeyContext {
  draft: EncryptedBackupDraft
  names: PlanNames
  target: TargetRef
  probe: FileProbe
  masterKey: MasterKeyFact | null
  /** Of the certificate or key that is used; null: the certificate is created. */
  thumbprint: string | null
}

const controlMaster = 'CONTROL on master'
const once = { stopNow: null } as const

/** Master key of master: made, mended, or nothing to do. */
export const masterKeySteps = ({ draft, masterKey: found }: KeyContext): Draftstep[] => {
  if (draft.masterKeyMode === 'create' && found === null) {
    return [
      {
        kind: 'create-master-key',
        title: 'Create the database master key of master',
        now: 'master has no database master key',
        after: 'It has one, opened by the service master key or by its password',
        scripts: [masterKey.createMasterKey()],
        params: { database: 'master' },
        permission: controlMaster,
        undo: {
          can: 'until-first',
          of: 'back-up-database',
          action: 'Drop the database master key',
          script: masterKey.dropMasterKey(),
        },
        resume: 'before-image',
        ...once,
      },
    ]
  }
  if (draft.masterKeyMode === 'repair' && found !== null && !found.opensByItself) {
    return [
      {
        kind: 'repair-master-key',
        title: 'Add the service master key’s copy to the master key of master',
        now: 'The master key opens only with its password',
        after: 'The server opens it by itself, after a restart too',
        scripts: [masterKey.addServiceMasterKeyCopy()],
        params: { keyGuid: found.keyGuid, database: 'master' },
        permission: controlMaster,
        undo: {
          can: 'until-first',
          of: 'back-up-database',
          action: 'Remove the copy under the service master key',
          script: masterKey.dropServiceMasterKeyCopy(),
        },
        resume: 'before-image',
        ...once,
      },
    ]
  }
  return []
}

export const keyFileSteps = ({ draft, names, probe }: KeyContext): Draftstep[] => [
  {
    kind: 'back-up-master-key',
    title: 'Export the database master key of master',
    now: 'No file of this run',
    after: `The server has written ${names.masterKeyFile}`,
    scripts: [masterKey.backupMasterKey(names.masterKeyFile)],
    params: {
      file: names.masterKeyFile,
      probe,
      provedBy: draft.proveOnServer ? names.scratch : null,
      database: 'master',
    },
    permission: controlMaster,
    undo: fileStays([names.masterKeyFile]),
    resume: 'marked',
    ...once,
  },
  ...(draft.serviceMasterKeyFile
    ? [
        {
          kind: 'back-up-service-master-key' as const,
          title: 'Export the service master key',
          now: 'No file of this run',
          after: `The server has written ${names.serviceMasterKeyFile}`,
          scripts: [masterKey.backupServiceMasterKey(names.serviceMasterKeyFile)],
          params: { file: names.serviceMasterKeyFile, probe },
          permission: 'CONTROL SERVER',
          undo: fileStays([names.serviceMasterKeyFile]),
          resume: 'marked' as const,
          ...once,
        },
      ]
    : []),
]

export const certificateSteps = (context: KeyContext): Draftstep[] => {
  const { draft } = context
  return [
    ...(draft.certificateMode === 'create'
      ? [
          createCertificateStep({
            certificate: draft.certificateName,
            subject: draft.certificateSubject,
            expiry: draft.certificateExpiry,
            usedBy: 'back-up-database',
          }),
        ]
      : []),
    exportCertificateStep(exportOf(context)),
  ]
}

export const proofSteps = (context: KeyContext): Draftstep[] => {
  const { draft, names, target } = context
  return [
    ...(draft.proveOnServer
      ? proveOnServerSteps({ ...exportOf(context), names, masterKeyFile: names.masterKeyFile })
      : []),
    ...(draft.localCopy === null
      ? []
      : [fetchPairStep({ ...exportOf(context), server: target.name, place: draft.localCopy, names })]),
  ]
}

const exportOf = ({ draft, names, thumbprint, probe }: KeyContext): CertificateExport => ({
  certificate: draft.certificateName,
  thumbprint,
  files: { certificate: names.certificateFile, privateKey: names.privateKeyFile },
  probe,
})
