import type { BackupHeader } from '../../files/index.ts'
import type {
  BackupSetRecord,
  DatabaseFile,
  DatabaseRecord,
  RecoveryModel,
  RestoreHistoryRecord,
} from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import type { BootContents } from '../pages.ts'
import type { Session } from '../session.ts'
import { adoptKey, dropKey } from '../tde/travel.ts'
import type { OpenedBackup } from './restore-source.ts'

/** What travels inside a database replaces what is here for it: its master key, certificates, users and rights. */
export function adoptBoot(store: Store, databaseId: number, boot: BootContents): void {
  const id = String(databaseId)
  dropContents(store, { id, databaseId })
  adoptKey(store, databaseId, boot.encryptionKey ?? null)
  // The copy under the other server's service master key came along; master here knows nothing of it.
  if (boot.masterKey !== null)
    store.masterKeys.put({ ...boot.masterKey, id, databaseId, mirroredInMaster: false })
  for (const certificate of boot.certificates)
    store.certificates.put({ ...certificate, databaseId, id: `${databaseId}:${certificate.certificateId}` })
  for (const user of boot.users)
    store.users.put({ ...user, databaseId, id: `${databaseId}:${user.principalId}` })
  for (const permission of boot.permissions)
    store.permissions.put({
      ...permission,
      databaseId,
      id: `${databaseId}:${permission.id.replace(/^\d+:/, '')}`,
    })
}

/** Everything that is kept for a database besides its own record. */
export function dropContents(
  store: Store,
  { id, databaseId }: Pick<DatabaseRecord, 'id' | 'databaseId'>,
): void {
  dropKey(store, { id })
  store.masterKeys.delete(id)
  for (const certificate of store.certificates.all())
    if (certificate.databaseId === databaseId) store.certificates.delete(certificate.id)
  for (const user of store.users.all()) if (user.databaseId === databaseId) store.users.delete(user.id)
  for (const permission of store.permissions.all())
    if (permission.databaseId === databaseId) store.permissions.delete(permission.id)
}

export interface Restored {
  databaseName: string
  type: RestoreHistoryRecord['type']
  replace: boolean
  recovery: boolean
  stopAt: string | null
  files: readonly DatabaseFile[]
}

/** A row of restore history, and one of the backup, which the history of this server need not know yet. */
export function recordRestore(session: Session, backup: OpenedBackup, restored: Restored): void {
  const { store } = session.instance
  const { files, ...facts } = restored
  store.restores.put({
    ...facts,
    id: String(store.nextNumber('restore', 1)),
    restoreDate: session.instance.now().toISOString(),
    userName: session.login.name,
    backupSetId: knownSet(store, backup),
    files: files.map((file) => ({ fileNumber: file.fileId, physicalName: file.physicalName })),
  })
}

function knownSet(store: Store, backup: OpenedBackup): number {
  const { header } = backup.facts
  const known = store.backupSets.find((set) => set.uuid === header['BackupSetGUID'])
  if (known !== undefined) return known.backupSetId
  const number = store.nextNumber('backup-set', 1)
  store.backupSets.put(setFromHeader(number, backup))
  return number
}

const textOrNull = (header: BackupHeader, name: string): string | null =>
  header[name] === null || header[name] === undefined ? null : String(header[name])

const iso = (header: BackupHeader, name: string): string => `${String(header[name])}Z`

const TYPES: Record<string, BackupSetRecord['type']> = { 1: 'D', 2: 'L', 5: 'I' }

/** The history row of a backup that another server took, as RESTORE writes it. */
function setFromHeader(number: number, { facts, devices }: OpenedBackup): BackupSetRecord {
  const { header, fileList } = facts
  const base = textOrNull(header, 'DifferentialBaseLSN')
  const finished = iso(header, 'BackupFinishDate')
  return {
    id: String(number),
    backupSetId: number,
    uuid: String(header['BackupSetGUID']),
    mediaSetId: number,
    mediaUuid: String(header['BindingID']),
    databaseName: String(header['DatabaseName']),
    type: TYPES[String(header['BackupType'])] ?? 'D',
    position: 1,
    name: textOrNull(header, 'BackupName'),
    description: textOrNull(header, 'BackupDescription'),
    userName: String(header['UserName']),
    startDate: iso(header, 'BackupStartDate'),
    finishDate: finished,
    firstLsn: String(header['FirstLSN']),
    lastLsn: String(header['LastLSN']),
    checkpointLsn: String(header['CheckpointLSN']),
    databaseBackupLsn: String(header['DatabaseBackupLSN']),
    differentialBase:
      base === null ? null : { lsn: base, guid: String(header['DifferentialBaseGUID']), date: finished },
    beginsLogChain: header['BeginsLogChain'] === true,
    forkPointLsn: textOrNull(header, 'ForkPointLSN'),
    firstForkGuid: String(header['FirstRecoveryForkID']),
    lastForkGuid: String(header['RecoveryForkID']),
    softwareMajorVersion: Number(header['SoftwareVersionMajor']),
    serverName: String(header['ServerName']),
    files: fileList.map((row) => ({
      fileId: Number(row['FileId']),
      logicalName: String(row['LogicalName']),
      physicalName: String(row['PhysicalName']),
      kind: row['Type'] === 'L' ? 'LOG' : 'ROWS',
      bytes: Number(row['Size']),
      backedUp: Number(row['BackupSizeInBytes']),
    })),
    backupSize: Number(header['BackupSize']),
    compressedSize: Number(header['CompressedBackupSize']),
    copyOnly: header['IsCopyOnly'] === true,
    checksums: header['HasBackupChecksums'] === true,
    compressed: header['Compressed'] === true,
    recoveryModel: String(header['RecoveryModel']).replace('-', '_') as RecoveryModel,
    keyAlgorithm: textOrNull(header, 'KeyAlgorithm'),
    encryptorThumbprint: textOrNull(header, 'EncryptorThumbprint'),
    encryptorType: textOrNull(header, 'EncryptorType'),
    physicalNames: devices.map((device) => device.path),
    familyGuid: String(header['FamilyGUID']),
    databaseCreationDate: iso(header, 'DatabaseCreationDate'),
    lastValidRestoreTime: finished,
  }
}

export const typeOf = (backup: OpenedBackup): RestoreHistoryRecord['type'] =>
  TYPES[String(backup.facts.header['BackupType'])] ?? 'D'

export const kindName = (type: RestoreHistoryRecord['type']): string =>
  ({ D: 'BACKUP DATABASE', I: 'BACKUP DATABASE WITH DIFFERENTIAL', L: 'BACKUP LOG' })[type]
