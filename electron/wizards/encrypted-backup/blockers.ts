import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import type { DatabaseFact, RightsFact } from '../sqlserver/facts-model.ts'
import { secretBlockers as goneSecrets } from '../sqlserver/certificate-advice.ts'
import { editionRefusal, firstEncryptingMajor } from '../sqlserver/certificate-rules.ts'
import { storageHoles } from '../../scripts/tsql/storage.ts'
import { bytesText } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { spaceFor } from './space.ts'

export const serverBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const found: Blocker[] = []
  if (!facts.server.read) {
    found.push(notRead('Version and edition were not read', facts.server.because, 'server'))
  } else {
    const { major, version, edition, engineEdition } = facts.server.value
    if (major < firstEncryptingMajor) {
      found.push({
        what: 'This version does not encrypt backups',
        measured: `Version ${version}`,
        limit: 'SQL Server 2014 (12) or later',
        screen: 'server',
      })
    }
    const refusal = editionRefusal(edition, engineEdition)
    if (refusal !== null) {
      found.push({
        what: 'This edition does not create encrypted backups',
        measured: refusal,
        limit: 'Enterprise, Standard or Developer',
        screen: 'server',
      })
    }
  }
  if (!facts.databases.read) {
    found.push(notRead('Databases were not read', facts.databases.because, 'server'))
    return found
  }
  for (const name of draft.databases) {
    const database = facts.databases.value.find((candidate) => candidate.name === name)
    const reason =
      database === undefined ? 'not there, or not visible with this login' : databaseRefusal(database)
    if (reason !== null) {
      found.push({
        what: `No backup of ${name} can be taken`,
        measured: reason,
        limit: 'An ONLINE database that is not tempdb and not a snapshot, with the right to back it up',
        screen: 'server',
      })
    }
  }
  for (const folder of ['keyFolder', 'backupFolder'] as const) {
    const read = facts[folder]
    if (read?.read === true && !read.value) {
      found.push({
        what: `The server does not see the folder ${draft[folder]}`,
        measured: `${read.source}: no such folder`,
        limit: 'A folder that is there before the run',
        screen: folder === 'keyFolder' ? 'files' : 'destination',
      })
    }
  }
  return found
}

export const databaseRefusal = (database: DatabaseFact): string | null => {
  if (database.name === 'tempdb') return 'tempdb is made new at each start and can’t be backed up'
  if (database.snapshot) return 'a database snapshot can’t be backed up'
  if (database.state !== 'ONLINE') return `its state is ${database.state}`
  if (database.mayBackup === false) return 'this login has no right to back it up'
  return null
}

export const rightBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  if (!facts.rights.read) return [notRead('Rights were not read', facts.rights.because, 'server')]
  const rights = facts.rights.value
  const missing = (right: keyof RightsFact, permission: string, why: string): Blocker[] =>
    rights.sysadmin === true || rights[right] !== false
      ? []
      : [
          {
            what: `${facts.principal} has no ${permission}`,
            measured: `${facts.rights.source}: 0`,
            limit: why,
            screen: 'server',
          },
        ]
  const keyFiles = draft.encryptor === 'certificate'
  return [
    ...(keyFiles
      ? missing('controlMaster', 'CONTROL on master', 'Needed to export master key and certificate')
      : []),
    ...(keyFiles && draft.certificateMode === 'create'
      ? missing('createCertificate', 'CREATE CERTIFICATE in master', 'Needed to create the certificate')
      : []),
    ...(keyFiles && draft.serviceMasterKeyFile
      ? missing('controlServer', 'CONTROL SERVER', 'Needed to export the service master key')
      : []),
    ...((keyFiles && draft.proveOnServer) || draft.verifyAfter
      ? missing(
          'createDatabase',
          'CREATE ANY DATABASE',
          'Needed for the scratch database and to read backups',
        )
      : []),
  ]
}

const screenOfHole: ReadonlyMap<string, string> = new Map([
  ['dmk_password', 'keys'],
  [storageHoles.sas, 'destination'],
  [storageHoles['access-key'], 'destination'],
])

/** A handle that is gone: the keyring was locked, or the secret was dropped with its connection. */
export const secretBlockers = (draft: EncryptedBackupDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...goneSecrets(plan, facts.secrets, (hole) => screenOfHole.get(hole) ?? 'files'),
  ...(draft.encryptor === 'certificate' && draft.localCopy !== null && facts.localCopyLabel === null
    ? [
        {
          what: 'Your folder for the certificate pair is not known any more',
          measured: 'Not among the picked folders',
          limit: 'Pick it again',
          screen: 'files',
        },
      ]
    : []),
]

/** Only a measured shortage blocks: uncompressed sizes of earlier backups against the free space of that volume. */
export const spaceBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  const { neededBytes, fromBackups, volume } = spaceFor(draft, facts)
  if (neededBytes === null || volume === null || !fromBackups || draft.compression) return []
  return volume.availableBytes >= neededBytes
    ? []
    : [
        {
          what: `${volume.mountPoint} has too little free space`,
          measured: `${bytesText(volume.availableBytes)} free`,
          limit: `${bytesText(neededBytes)}, as large as the last full backups`,
          screen: 'destination',
        },
      ]
}

const notRead = (what: string, because: string, screen: string): Blocker => ({
  what,
  measured: because,
  limit: 'The plan needs it',
  screen,
})
