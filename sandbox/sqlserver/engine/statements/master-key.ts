import { randomBytes } from 'node:crypto'
import { readMasterKeyFile, writeMasterKeyFile } from '../../files/index.ts'
import type { MasterKeyFile, MasterKeyKind } from '../../files/index.ts'
import type { CertificateRecord, MasterKeyRecord } from '../../state/model.ts'
import { SqlError, cannotFind } from '../errors.ts'
import { newGuid } from '../instance.ts'
import { assertPasswordPolicy } from '../keys.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { readKeyBlob, writeKeyBlob } from '../url/key-blob.ts'
import { alterMasterKey } from './alter-master-key.ts'
import {
  decryptionByPassword,
  encryptionByPassword,
  fileOrUrl,
  orSqlError,
  readKeyFile,
  requireDatabase,
  writeKeyFile,
} from './common.ts'

export const needsMasterKey = (): SqlError =>
  new SqlError(
    15581,
    'Please create a master key in the database or open the master key in the session before performing this operation.',
  )
export const currentKeyUnreadable = (): SqlError =>
  new SqlError(
    15329,
    'The current master key cannot be decrypted. If this is a database master key, you should attempt to open it in the session before performing this operation. The FORCE option can be used to ignore this error and continue the operation but the data encrypted by the old master key will be lost.',
  )
export const decryptorMismatch = (): SqlError =>
  new SqlError(15313, 'The key is not encrypted using the specified decryptor.')

export function readKeyExport(
  session: Session,
  path: string,
  filePassword: string,
  kind: MasterKeyKind,
): MasterKeyFile {
  return keyExportOf(readKeyFile(session, path), filePassword, kind)
}

function keyExportOf(bytes: Buffer | undefined, filePassword: string, kind: MasterKeyKind): MasterKeyFile {
  const missing = new SqlError(15317, 'The master key file does not exist or has invalid format.')
  if (bytes === undefined) throw missing
  const found = orSqlError(
    () => readMasterKeyFile(bytes, Buffer.from(filePassword, 'utf16le')),
    (error) =>
      error.reason === 'password' ? new SqlError(15466, 'An error occurred during decryption.') : missing,
  )
  if (found.kind !== kind || found.key.length !== 32) throw missing
  return found
}

export function masterKeyRecord(session: Session): MasterKeyRecord | undefined {
  return session.instance.store.masterKeys.get(String(session.databaseId))
}

function requireRecord(session: Session, verb: string): MasterKeyRecord {
  return masterKeyRecord(session) ?? raise(cannotFind(verb, 'symmetric key', 'master key'))
}

export function raise(error: SqlError): never {
  throw error
}

const protectedCertificates = (session: Session): CertificateRecord[] =>
  session.instance.store.certificates
    .all()
    .filter((certificate) => certificate.databaseId === session.databaseId && certificate.protection === 'MK')

/** What becomes of a private key that FORCE gave up: the bytes that stand for it open under nothing. */
const GONE = Buffer.from('lost by FORCE', 'utf8').toString('base64')

/** Certificates rewrapped from one master key to another. Those that open under neither are `lost`: named, and gone. */
export function rewrapped(session: Session, from: Buffer | undefined, to: Buffer): Rewrapped {
  const { keys } = session.instance
  const certificates: CertificateRecord[] = []
  const lost: string[] = []
  for (const certificate of protectedCertificates(session)) {
    const key = from === undefined ? undefined : keys.privateKey(certificate, { masterKey: from })
    if (key === undefined) {
      // A restored key finds its own certificates again.
      if (keys.privateKey(certificate, { masterKey: to }) !== undefined) continue
      lost.push(`certificate '${certificate.name}'`)
      certificates.push({ ...certificate, wrappedKey: GONE })
    } else
      certificates.push({
        ...certificate,
        wrappedKey: keys.wrapPrivateKey(key, certificate.thumbprint, { masterKey: to }),
      })
  }
  return { certificates, lost }
}

export interface Rewrapped {
  certificates: CertificateRecord[]
  lost: string[]
}

/** What FORCE says about the key that it passed over and about each thing that it gave up, as "certificate 'c'". */
export async function sayWhatWasLost(
  { session, sink }: Frame,
  oldKeyOpened: boolean,
  lost: readonly string[],
): Promise<void> {
  if (!oldKeyOpened)
    await session.info(
      sink,
      15585,
      'The current master key cannot be decrypted. The error was ignored because the FORCE option was specified.',
      10,
    )
  for (const what of lost)
    await session.info(
      sink,
      15584,
      `An error occurred while decrypting ${what} that was encrypted by the old master key. The error was ignored because the FORCE option was specified.`,
      10,
    )
}

const create: StatementHandler = {
  head: ['CREATE', 'MASTER', 'KEY'],
  parse(c) {
    const text = c.isWord('ENCRYPTION') ? encryptionByPassword(c) : undefined
    return {
      async run({ session }) {
        requireDatabase(session, 'CONTROL')
        const { instance, databaseId } = session
        if (text === undefined)
          throw new SqlError(
            33161,
            'Database master keys without password are not supported in this version of SQL Server.',
          )
        if (masterKeyRecord(session) !== undefined)
          throw new SqlError(
            15578,
            'There is already a master key in the database. Please drop it before performing this statement.',
          )
        assertPasswordPolicy(text)
        const service =
          instance.keys.serviceKey() ??
          raise(new SqlError(15507, 'A key required by this operation appears to be corrupted.'))
        const [key, guid, now] = [randomBytes(32), newGuid(), instance.now()]
        const copies = [
          instance.keys.passwordCopyOf(guid, key, text, now),
          instance.keys.serviceCopyOf(guid, key, service, now),
        ]
        session.change(() =>
          instance.store.masterKeys.put({
            id: String(databaseId),
            databaseId,
            guid,
            createDate: now.toISOString(),
            modifyDate: now.toISOString(),
            copies,
            mirroredInMaster: true,
          }),
        )
        return null
      },
    }
  },
}

const open: StatementHandler = {
  head: ['OPEN', 'MASTER', 'KEY'],
  parse(c) {
    const text = decryptionByPassword(c)
    return {
      async run({ session }) {
        requireDatabase(session, 'CONTROL')
        const key = session.instance.keys.openedByPassword(requireRecord(session, 'find'), text)
        if (key === undefined) throw new SqlError(15466, 'An error occurred during decryption.')
        session.openMasterKeys.set(session.databaseId, key)
        return null
      },
    }
  },
}

const close: StatementHandler = {
  head: ['CLOSE', 'MASTER', 'KEY'],
  parse: () => ({
    async run({ session }) {
      const key = session.openMasterKeys.get(session.databaseId)
      if (key === undefined)
        throw new SqlError(15315, "The key 'MASTER KEY' is not open. Please open the key before using it.")
      key.fill(0)
      session.openMasterKeys.delete(session.databaseId)
      return null
    },
  }),
}

const drop: StatementHandler = {
  head: ['DROP', 'MASTER', 'KEY'],
  parse: () => ({
    async run({ session }) {
      requireDatabase(session, 'CONTROL')
      const record = requireRecord(session, 'drop')
      const user = protectedCertificates(session)[0]
      if (user !== undefined)
        throw new SqlError(
          15580,
          `Cannot drop master key because certificate '${user.name}' is encrypted by it.`,
        )
      session.change(() => session.instance.store.masterKeys.delete(record.id))
      session.openMasterKeys.delete(session.databaseId)
      return null
    },
  }),
}

const backup: StatementHandler = {
  head: ['BACKUP', 'MASTER', 'KEY'],
  parse(c) {
    c.expectWord('TO')
    const place = fileOrUrl(c)
    const text = encryptionByPassword(c)
    return {
      async run({ session, signal }) {
        requireDatabase(session, 'CONTROL')
        const record = masterKeyRecord(session)
        const key = record === undefined ? undefined : session.masterKey(session.databaseId)
        if (record === undefined || key === undefined) throw needsMasterKey()
        assertPasswordPolicy(text)
        const bytes = writeMasterKeyFile(
          { kind: 'dmk', key, meta: { guid: record.guid } },
          Buffer.from(text, 'utf16le'),
        )
        if (place.kind === 'url') await writeKeyBlob(session, place.name, bytes, signal)
        else writeKeyFile(session, place.name, bytes)
        return null
      },
    }
  },
}

const restore: StatementHandler = {
  head: ['RESTORE', 'MASTER', 'KEY'],
  parse(c) {
    c.expectWord('FROM')
    const place = fileOrUrl(c)
    const filePassword = decryptionByPassword(c)
    const newPassword = encryptionByPassword(c)
    const force = c.takeWord('FORCE') !== undefined
    return {
      async run(frame) {
        const { session, sink } = frame
        requireDatabase(session, 'CONTROL')
        const { instance, databaseId } = session
        const bytes =
          place.kind === 'url'
            ? await readKeyBlob(session, place.name, frame.signal)
            : readKeyFile(session, place.name)
        const { key, meta } = keyExportOf(bytes, filePassword, 'dmk')
        assertPasswordPolicy(newPassword)
        const old = masterKeyRecord(session)
        const oldKey = old === undefined ? undefined : session.masterKey(databaseId)
        if (oldKey?.equals(key) === true) {
          await session.info(
            sink,
            15588,
            'The old and new master keys are identical. No data re-encryption is required.',
            10,
          )
          return null
        }
        if (old !== undefined && oldKey === undefined && !force) throw currentKeyUnreadable()
        const moved = rewrapped(session, oldKey, key)
        if (moved.lost.length > 0 && !force) throw currentKeyUnreadable()
        const [guid, now] = [meta['guid'] ?? newGuid(), instance.now()]
        const service = instance.keys.serviceKey()
        const keepServiceCopy =
          old?.copies.some((copy) => copy.kind === 'service') === true && service !== undefined
        const copies = [instance.keys.passwordCopyOf(guid, key, newPassword, now)]
        if (keepServiceCopy) copies.push(instance.keys.serviceCopyOf(guid, key, service, now))
        session.change(() => {
          for (const certificate of moved.certificates) instance.store.certificates.put(certificate)
          instance.store.masterKeys.put({
            id: String(databaseId),
            databaseId,
            guid,
            createDate: old?.createDate ?? now.toISOString(),
            modifyDate: now.toISOString(),
            copies,
            mirroredInMaster: keepServiceCopy,
          })
        })
        session.openMasterKeys.delete(databaseId)
        if (force) await sayWhatWasLost(frame, old === undefined || oldKey !== undefined, moved.lost)
        return null
      },
    }
  },
}

export const MASTER_KEY_STATEMENTS: readonly StatementHandler[] = [
  create,
  open,
  close,
  drop,
  backup,
  restore,
  alterMasterKey,
]
