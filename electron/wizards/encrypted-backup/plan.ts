import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { adviceOn } from './advice.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import { backupSteps } from './plan-backups.ts'
import { certificateSteps, keyFileSteps, masterKeySteps, proofSteps, type KeyContext } from './plan-keys.ts'
import { databasesUnder, keyNamed } from './encryptor.ts'
import { namesOf } from './plan-names.ts'
import { createCredentialStep, storageCredentialOf } from '../sqlserver/plan-storage.ts'
import { credentialFor } from '../sqlserver/storage-rules.ts'
import { credentialNameOf, storageHoles } from '../../scripts/tsql/storage.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEncryptedBackup = (draft: EncryptedBackupDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const names = namesOf(draft, facts.plannedOn, runId)
  const context: KeyContext = {
    draft,
    names,
    target: facts.target,
    probe: fileProbeFor(facts.server.read ? facts.server.value.major : 0),
    masterKey: facts.masterKey.read ? facts.masterKey.value : null,
    thumbprint: thumbprintInUse(draft, facts),
  }
  const steps = numbered(
    [
      // A key in a vault has no files: there is nothing to export and nothing to open.
      ...(draft.encryptor === 'certificate'
        ? [
            ...masterKeySteps(context),
            ...keyFileSteps(context),
            ...certificateSteps(context),
            ...proofSteps(context),
          ]
        : []),
      ...(draft.destination === 'url' && draft.credentialMode === 'create'
        ? [createCredentialStep(storageCredentialOf(draft), facts.target.name)]
        : []),
      ...backupSteps(context, facts.databases.read ? facts.databases.value : []),
    ],
    facts.target,
  )
  const plan: Plan = {
    format: 1,
    job: 'encrypted-backup',
    runId,
    title: `Encrypted backup of ${counted(draft.databases)} on ${facts.target.name}`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps,
    secrets: secretsOf(steps, handleOf(draft, facts.target), facts.secrets),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, names) }
}

const counted = (databases: readonly string[]): string =>
  databases.length === 1 ? String(databases[0]) : `${databases.length} databases`

const thumbprintInUse = (draft: EncryptedBackupDraft, facts: Facts): string | null =>
  draft.encryptor === 'asymmetric-key'
    ? (keyNamed(facts, draft.asymmetricKeyName)?.thumbprint ?? null)
    : certificateInUse(draft, facts)

const certificateInUse = (draft: EncryptedBackupDraft, facts: Facts): string | null =>
  draft.certificateMode === 'use' && facts.certificates.read
    ? (facts.certificates.value.find(({ name }) => name === draft.certificateName)?.thumbprint ?? null)
    : null

/** Which answer holds the handle of which hole. The throw-away password has none: main makes it when the run starts. */
const handleOf = (draft: EncryptedBackupDraft, target: TargetRef): HandleOfHole => {
  const handles = new Map([
    ['dmk_password', draft.masterKeyPassword],
    ['dmk_file_password', draft.masterKeyFilePassword],
    ['smk_file_password', draft.serviceMasterKeyFilePassword],
    ['certificate_file_password', draft.certificateFilePassword],
    [storageHoles.sas, draft.storageToken],
    [storageHoles['access-key'], draft.accessKey],
  ])
  return (hole) => {
    const handle = handles.get(hole) ?? null
    return handle === null ? null : { handle, target }
  }
}

/** What makes the plan wrong when it changes. No times, no sizes, nothing that moves by itself. */
const reliedOn = (draft: EncryptedBackupDraft, facts: Facts): ReliedFact[] => {
  const target = facts.target.name
  const fact = (name: string, value: string): ReliedFact => ({ target, fact: name, value })
  const masterKey = facts.masterKey.read
    ? facts.masterKey.value === null
      ? 'none'
      : `${facts.masterKey.value.keyGuid}, ${facts.masterKey.value.opensByItself ? 'opens by itself' : 'opens only with its password'}`
    : facts.masterKey.because
  const certificate = facts.certificates.read
    ? facts.certificates.value.find(({ name }) => name === draft.certificateName)
    : undefined
  return [
    fact('login', facts.principal),
    fact('version', facts.server.read ? facts.server.value.version : facts.server.because),
    ...(draft.encryptor === 'asymmetric-key'
      ? [fact(`asymmetric key ${draft.asymmetricKeyName}`, keyText(draft, facts))]
      : [
          fact('database master key of master', masterKey),
          fact(
            `certificate ${draft.certificateName}`,
            facts.certificates.read
              ? certificate === undefined
                ? 'none'
                : `${certificate.thumbprint ?? 'no thumbprint'}, private key ${certificate.privateKey}, until ${certificate.expiresOn}`
              : facts.certificates.because,
          ),
        ]),
    ...(draft.destination === 'url'
      ? [fact(`credential ${storageName(draft)}`, credentialText(draft, facts))]
      : []),
    ...draft.databases.map((name) => {
      const database = facts.databases.read
        ? facts.databases.value.find((candidate) => candidate.name === name)
        : undefined
      return fact(
        `database ${name}`,
        database === undefined ? 'not visible' : `${database.state}, TDE ${database.tde ? 'on' : 'off'}`,
      )
    }),
  ]
}

const keyText = (draft: EncryptedBackupDraft, facts: Facts): string => {
  const keys = facts.ekm?.keys
  if (keys?.read !== true) return keys?.because ?? 'not read'
  const key = keyNamed(facts, draft.asymmetricKeyName)
  if (key === undefined) return 'none'
  const under = databasesUnder(facts, key.thumbprint)
  return `${key.thumbprint}, of ${key.provider ?? 'no provider'}${under.length === 0 ? '' : `, over ${under.join(', ')}`}`
}

const storageName = (draft: EncryptedBackupDraft): string => credentialNameOf(storageCredentialOf(draft))

const credentialText = (draft: EncryptedBackupDraft, facts: Facts): string => {
  const { credentials } = facts
  if (credentials?.read !== true) return credentials?.because ?? 'not read'
  const found = credentialFor(draft, credentials)
  return found === undefined ? 'none' : `IDENTITY ${found.identity}`
}
