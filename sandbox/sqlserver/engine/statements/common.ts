import type { Cursor } from '../../sql/cursor.ts'
import { OsError } from '../../disk.ts'
import { FileFormatError } from '../../files/index.ts'
import { SqlError, noPermissionForAction } from '../errors.ts'
import type { Session } from '../session.ts'
import { assertOnline } from '../session.ts'
import { notSimulated } from '../errors.ts'

/** PASSWORD = 'p', in the places where the statement names a password. */
export function password(c: Cursor): string {
  c.expectWord('PASSWORD')
  c.expectSymbol('=')
  return c.expectString()
}

export function encryptionByPassword(c: Cursor): string {
  c.expectWords('ENCRYPTION', 'BY')
  return password(c)
}

export function decryptionByPassword(c: Cursor): string {
  c.expectWords('DECRYPTION', 'BY')
  return password(c)
}

/** FILE = 'path' or URL = 'https://…'; database master keys only. */
export function fileOrUrl(c: Cursor): { kind: 'file' | 'url'; name: string } {
  const kind = c.expectWord('FILE', 'URL') === 'URL' ? 'url' : 'file'
  c.expectSymbol('=')
  return { kind, name: c.expectString() }
}

/** FILE = 'path'; a URL is a form of its own that is not simulated. */
export function file(c: Cursor): string {
  if (c.isWord('URL')) throw notSimulated('key files at a URL', c.line)
  c.expectWord('FILE')
  c.expectSymbol('=')
  return c.expectString()
}

export function requireDatabase(session: Session, permission: string): void {
  assertOnline(session.database)
  if (!session.can(permission)) throw noPermissionForAction()
}

export function requireServer(session: Session, permission: string): void {
  if (!session.canServer(permission)) throw noPermissionForAction()
}

const MAX_KEY_FILE = 1024 * 1024

/** Writes a new key file; any reason not to is 15240, as in the engine. */
export function writeKeyFile(session: Session, path: string, bytes: Uint8Array): void {
  try {
    session.instance.disk.createFile(path, session.instance.dataFolder, bytes)
  } catch (error) {
    if (error instanceof OsError) throw cannotWrite(path)
    throw error
  }
}

export function assertNewFile(session: Session, path: string): void {
  try {
    if (!session.instance.disk.forWriting(path, session.instance.dataFolder).exists) return
  } catch (error) {
    if (!(error instanceof OsError)) throw error
  }
  throw cannotWrite(path)
}

export const cannotWrite = (path: string): SqlError =>
  new SqlError(
    15240,
    `Cannot write into file '${path}'. Verify that you have write permissions, that the file path is valid, and that the file does not already exist.`,
  )

/** undefined when the file can't be read for any reason that the operating system gives. */
export function readKeyFile(session: Session, path: string): Buffer | undefined {
  try {
    return session.instance.disk.readFile(path, session.instance.dataFolder, MAX_KEY_FILE)
  } catch (error) {
    if (error instanceof OsError) return undefined
    throw error
  }
}

/** Turns what a file reader refuses into the engine's error for that reason. */
export function orSqlError<T>(attempt: () => T, errorFor: (error: FileFormatError) => SqlError): T {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof FileFormatError) throw errorFor(error)
    throw error
  }
}
