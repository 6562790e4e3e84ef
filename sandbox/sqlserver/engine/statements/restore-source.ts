import type { KeyObject } from 'node:crypto'
import { FileFormatError, readBackupHeader, readBackupPages } from '../../files/index.ts'
import type { BackupFileFacts } from '../../files/index.ts'
import { SqlError, SqlErrors } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Frame } from '../script.ts'
import { protectorsIn } from '../tde/travel.ts'
import { assertUsableByServer, openDevice } from './backup.ts'

/** A backup file that was found and whose two ends are whole. */
export interface OpenedBackup {
  path: string
  real: string
  facts: BackupFileFacts
}

export async function openBackup(frame: Frame, path: string, fileNumber: number): Promise<OpenedBackup> {
  const { session } = frame
  if (session.transaction !== undefined)
    throw new SqlError(3021, 'Cannot perform a backup or restore operation within a transaction.')
  if (!session.canServer('CREATE ANY DATABASE'))
    throw new SqlError(262, "CREATE DATABASE permission denied in database 'master'.", { severity: 14 })
  const place = openDevice(frame, path, false)
  const facts = await readBackupHeader(place.real).catch((error: unknown) => {
    if (error instanceof FileFormatError) throw incorrectlyFormed(path)
    throw osFailure(error, path)
  })
  if (fileNumber !== 1)
    throw new SqlError(
      3287,
      `The file ID ${fileNumber} on device '${path}' is incorrectly formed and can not be read.`,
    )
  return { path, real: place.real, facts }
}

const incorrectlyFormed = (path: string): SqlError =>
  new SqlError(
    3241,
    `The media family on device '${path}' is incorrectly formed. SQL Server cannot process this media family.`,
  )

function osFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EISDIR' || code === 'EACCES')
    return new SqlError(
      3201,
      `Cannot open backup device '${path}'. Operating system error 5(Access is denied.).`,
    )
  return error
}

/** The private key for a thumbprint, opened without any session; 33111 when this instance does not know it. */
export function restoreKey(instance: Instance, thumbprint: Buffer): KeyObject {
  const hex = thumbprint.toString('hex').toUpperCase()
  const certificate = instance.store.certificates.find(
    (candidate) => candidate.databaseId === 1 && candidate.thumbprint === hex,
  )
  if (certificate === undefined)
    throw new SqlError(33111, `Cannot find server certificate with thumbprint '0x${hex}'.`, { state: 3 })
  const masterKey = instance.keys.openedByServer(1)
  assertUsableByServer(certificate, masterKey !== undefined)
  const key = masterKey === undefined ? undefined : instance.keys.privateKey(certificate, { masterKey })
  if (key === undefined) throw new SqlError(15466, 'An error occurred during decryption.')
  return key
}

/** Fails early, before anything is written, when the key of an encrypted backup, or of the database in it, is not here. */
export function assertKeyIsHere(instance: Instance, backup: OpenedBackup): void {
  if (backup.facts.encryption !== null) restoreKey(instance, backup.facts.encryption.thumbprint)
  for (const thumbprint of protectorsIn(backup.facts.fileList))
    restoreKey(instance, Buffer.from(thumbprint, 'hex'))
}

/** Pages of a backup; damage becomes the error that the statement gives for it. */
export async function* backupPages(
  frame: Frame,
  backup: OpenedBackup,
  damaged: () => SqlError,
): AsyncGenerator<Buffer, void, undefined> {
  const { instance } = frame.session
  try {
    yield* readBackupPages(backup.real, (thumbprint) => restoreKey(instance, thumbprint))
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error
    throw error.reason === 'format' ? incorrectlyFormed(backup.path) : new SqlErrors([damaged()])
  }
}
