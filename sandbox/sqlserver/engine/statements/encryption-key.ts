import { X509Certificate } from 'node:crypto'
import { assertReplicasFollow } from '../../availability/rules.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { EncryptionKeyRecord, PageAlgorithm, Protector } from '../../state/encryption-model.ts'
import type { CertificateRecord, DatabaseRecord } from '../../state/model.ts'
import { SqlError, cannotFind } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { same } from '../permissions.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { assertTde } from '../tde/features.ts'
import { wrapPageKey } from '../tde/key-blob.ts'
import { assertLogTakesChange, noteKeyChange } from '../tde/log-backup.ts'
import { newGeneration, newPageKeyBytes } from '../tde/page-crypto.ts'
import { pagesOfDatabase } from '../tde/scan-step.ts'
import { dropKey } from '../tde/travel.ts'
import { assertUsableByServer } from './backup-encryptor.ts'
import { requireDatabase } from './common.ts'

const HEAD = ['DATABASE', 'ENCRYPTION', 'KEY'] as const
const ALGORITHMS: readonly PageAlgorithm[] = ['AES_128', 'AES_192', 'AES_256', 'TRIPLE_DES_3KEY']
const LAST_LEVEL_OF_TRIPLE_DES = 120

/** WITH ALGORITHM = AES_256 */
function algorithm(c: Cursor): PageAlgorithm {
  c.expectWords('WITH', 'ALGORITHM')
  c.expectSymbol('=')
  return c.expectWord(...ALGORITHMS) as PageAlgorithm
}

interface ProtectorName {
  kind: 'certificate' | 'asymmetric key'
  name: string
}

/** ENCRYPTION BY SERVER CERTIFICATE c: no equals sign, unlike BACKUP. */
function protectorName(c: Cursor): ProtectorName {
  c.expectWords('ENCRYPTION', 'BY', 'SERVER')
  if (c.expectWord('CERTIFICATE', 'ASYMMETRIC') === 'CERTIFICATE')
    return { kind: 'certificate', name: c.expectName() }
  c.expectWord('KEY')
  return { kind: 'asymmetric key', name: c.expectName() }
}

/** What every one of these statements asks first; gives the database that it works on. */
export function encryptionTarget(session: Session, database: DatabaseRecord): DatabaseRecord {
  assertTde(session.instance)
  if (database.databaseId <= 4)
    throw new SqlError(
      33102,
      "Cannot encrypt a system database. Database encryption operations cannot be performed for 'master', 'model', 'tempdb', 'msdb', or 'resource' databases.",
    )
  if (session.instance.busy.has(database.id))
    throw new SqlError(
      3023,
      'Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.',
    )
  return database
}

export function assertWritable(database: DatabaseRecord): void {
  if (database.readOnly || (database.readOnlyFilegroups ?? []).length > 0)
    throw new SqlError(
      33118,
      'Cannot enable or modify database encryption on a database that is read-only, has read-only files or is not recovered.',
    )
}

function target(session: Session): DatabaseRecord {
  if (session.transaction !== undefined)
    throw new SqlError(
      226,
      'DATABASE ENCRYPTION KEY statement not allowed within multi-statement transaction.',
    )
  requireDatabase(session, 'CONTROL')
  const database = encryptionTarget(session, session.database)
  assertWritable(database)
  return database
}

function assertAlgorithm(database: DatabaseRecord, wanted: PageAlgorithm): void {
  if (wanted === 'TRIPLE_DES_3KEY' && database.compatibilityLevel > LAST_LEVEL_OF_TRIPLE_DES)
    throw new SqlError(
      33128,
      `Encryption failed. Key uses deprecated algorithm '${wanted}' which is no longer supported at this db compatibility level. If you still need to use this key switch to a lower db compatibility level.`,
    )
}

/** Bits above which a certificate protects no database encryption key: the older and the newer documentation differ. */
const longestProtector = (instance: Instance): number => (instance.majorVersion >= 17 ? 3072 : 3456)
/** What PKCS#1 padding needs around the longest key. */
const SHORTEST_PROTECTOR = 512

function usableProtector(session: Session, wanted: ProtectorName): CertificateRecord {
  const { instance } = session
  const { store, permissions, keys } = instance
  const master = store.databases.get('1') as DatabaseRecord
  const certificate =
    wanted.kind === 'certificate'
      ? store.certificates.find(
          (candidate) => candidate.databaseId === 1 && same(candidate.name, wanted.name),
        )
      : undefined
  if (
    certificate === undefined ||
    !permissions.certificate(session.login, master, certificate, 'VIEW DEFINITION')
  )
    throw cannotFind('find', wanted.kind, wanted.name)
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  if (certificate.keyLength > longestProtector(instance))
    throw new SqlError(
      33178,
      `Encryption key length is over the currently supported maximum length of ${longestProtector(instance)}.`,
    )
  if (certificate.keyLength < SHORTEST_PROTECTOR)
    throw new SqlError(15464, 'Unsupported private key format or key length.')
  return certificate
}

const protectorType = (instance: Instance): Protector['type'] =>
  instance.majorVersion >= 17 ? 'CERTIFICATE_OAEP_256' : 'CERTIFICATE'

const wrapFor = (
  certificate: CertificateRecord,
  key: Buffer,
  wanted: PageAlgorithm,
  type: Protector['type'],
): string =>
  wrapPageKey(key, wanted, new X509Certificate(Buffer.from(certificate.der, 'base64')).publicKey, type)

async function warnNotExported({ session, sink }: Frame, certificate: CertificateRecord): Promise<void> {
  if (certificate.lastKeyBackup !== null) return
  await session.info(
    sink,
    33091,
    'Warning: The certificate used for encrypting the database encryption key has not been backed up. You should immediately back up the certificate and the private key associated with the certificate. If the certificate ever becomes unavailable or if you must restore or attach the database on another server, you must have backups of both the certificate and the private key or you will not be able to open the database.',
    10,
  )
}

const create: StatementHandler = {
  head: ['CREATE', ...HEAD],
  parse(c) {
    const wanted = algorithm(c)
    const by = protectorName(c)
    return {
      async run(frame) {
        const { session } = frame
        const { instance } = session
        const { store } = instance
        const database = target(session)
        if (store.encryptionKeys.get(database.id) !== undefined)
          throw new SqlError(33103, 'A database encryption key already exists for this database.')
        assertAlgorithm(database, wanted)
        const certificate = usableProtector(session, by)
        const [key, generation] = [newPageKeyBytes(wanted), newGeneration()]
        const type = protectorType(instance)
        const now = instance.now().toISOString()
        session.change(() =>
          store.encryptionKeys.put({
            id: database.id,
            databaseId: database.databaseId,
            current: { generation, algorithm: wanted, wrapped: wrapFor(certificate, key, wanted, type) },
            previous: null,
            protector: { thumbprint: certificate.thumbprint, type },
            on: false,
            state: 1,
            scanState: 0,
            scanModifyDate: null,
            scanPosition: 0,
            scanPages: 0,
            createDate: now,
            regenerateDate: now,
            modifyDate: now,
            setDate: null,
            openedDate: now,
          }),
        )
        instance.openKeys.set(database.databaseId, [{ generation, algorithm: wanted, key }])
        await warnNotExported(frame, certificate)
        return null
      },
    }
  },
}

function existingKey(session: Session, database: DatabaseRecord): EncryptionKeyRecord {
  const record = session.instance.store.encryptionKeys.get(database.id)
  if (record === undefined)
    throw new SqlError(33104, 'A database encryption key does not exist for this database.')
  return record
}

function assertNoTransition(record: EncryptionKeyRecord, protectorOnly: boolean): void {
  if (record.state === 6 && protectorOnly)
    throw new SqlError(
      33145,
      'Cannot update database encryption key protector while protector change is already in progress.',
    )
  if (record.state !== 1 && record.state !== 3)
    throw new SqlError(
      33110,
      'Cannot change database encryption key while an encryption, decryption, or key change scan is in progress.',
    )
}

const alter: StatementHandler = {
  head: ['ALTER', ...HEAD],
  parse(c) {
    const wanted = c.takeWord('REGENERATE') !== undefined ? algorithm(c) : undefined
    const by = wanted === undefined ? protectorName(c) : undefined
    return {
      async run(frame) {
        const { session } = frame
        const database = target(session)
        const record = existingKey(session, database)
        assertNoTransition(record, by !== undefined)
        assertReplicasFollow(session.instance, database)
        if (record.state === 3) assertLogTakesChange(session.instance.store, database)
        if (wanted !== undefined) regenerate(session, database, record, wanted)
        else if (by !== undefined)
          await warnNotExported(frame, changeProtector(session, record, usableProtector(session, by)))
        return null
      },
    }
  },
}

function regenerate(
  session: Session,
  database: DatabaseRecord,
  record: EncryptionKeyRecord,
  wanted: PageAlgorithm,
): void {
  const { instance } = session
  const { store, openKeys, keys } = instance
  assertAlgorithm(database, wanted)
  const certificate = store.certificates.find(
    (candidate) => candidate.databaseId === 1 && candidate.thumbprint === record.protector.thumbprint,
  )
  if (certificate === undefined)
    throw new SqlError(
      33111,
      `Cannot find server certificate with thumbprint '0x${record.protector.thumbprint}'.`,
      { state: 3 },
    )
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  const generation = newGeneration()
  const key = newPageKeyBytes(wanted)
  const encrypted = record.state === 3
  const now = instance.now().toISOString()
  session.change(() => {
    store.encryptionKeys.put({
      ...record,
      current: {
        generation,
        algorithm: wanted,
        wrapped: wrapFor(certificate, key, wanted, record.protector.type),
      },
      previous: encrypted ? record.current : null,
      regenerateDate: now,
      modifyDate: now,
      ...(encrypted ? beganScan(4, pagesOfDatabase(database), now) : {}),
    })
    noteKeyChange(store, database.databaseId, [record.protector.thumbprint], encrypted)
  })
  openKeys.set(database.databaseId, [
    ...openKeys.of(database.databaseId),
    { generation, algorithm: wanted, key },
  ])
  if (!encrypted) openKeys.keepOnly(database.databaseId, generation)
  instance.scans.start(database.databaseId)
}

export const beganScan = (
  state: 2 | 4 | 5 | 6,
  pages: number,
  now: string,
): Pick<EncryptionKeyRecord, 'state' | 'scanState' | 'scanModifyDate' | 'scanPosition' | 'scanPages'> => ({
  state,
  scanState: 1,
  scanModifyDate: now,
  scanPosition: 0,
  scanPages: pages,
})

/** The same key under another certificate: no page changes, so that this takes moments. */
function changeProtector(
  session: Session,
  record: EncryptionKeyRecord,
  certificate: CertificateRecord,
): CertificateRecord {
  const { instance } = session
  const { store } = instance
  const key = instance.openKeys
    .of(record.databaseId)
    .find((candidate) => candidate.generation === record.current.generation)
  if (key === undefined) throw new SqlError(33126, 'Database encryption key is corrupted and cannot be read.')
  const type = protectorType(instance)
  const encrypted = record.state === 3
  const now = instance.now().toISOString()
  session.change(() => {
    store.encryptionKeys.put({
      ...record,
      current: { ...record.current, wrapped: wrapFor(certificate, key.key, key.algorithm, type) },
      protector: { thumbprint: certificate.thumbprint, type },
      modifyDate: now,
      ...(encrypted ? beganScan(6, 0, now) : {}),
    })
    if (encrypted)
      noteKeyChange(store, record.databaseId, [record.protector.thumbprint, certificate.thumbprint], true)
  })
  instance.scans.start(record.databaseId)
  return certificate
}

const drop: StatementHandler = {
  head: ['DROP', ...HEAD],
  parse: () => ({
    async run({ session }) {
      const database = target(session)
      const record = existingKey(session, database)
      if (record.state !== 1)
        throw new SqlError(
          33105,
          'Cannot drop the database encryption key because it is currently in use. Database encryption needs to be turned off to be able to drop the database encryption key.',
        )
      assertReplicasFollow(session.instance, database)
      const { store, openKeys } = session.instance
      const log = store.encryptionLogs.get(database.id)
      session.change(() => {
        dropKey(store, database)
        // The log still holds what was written under the key, until it is backed up.
        if (log !== undefined) store.encryptionLogs.put(log)
      })
      openKeys.close(database.databaseId)
      return null
    },
  }),
}

export const ENCRYPTION_KEY_STATEMENTS: readonly StatementHandler[] = [create, alter, drop]
