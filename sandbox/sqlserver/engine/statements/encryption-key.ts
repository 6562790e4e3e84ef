import { assertReplicasFollow } from '../../availability/rules.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { EncryptionKeyRecord, PageAlgorithm } from '../../state/encryption-model.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'
import { assertTde } from '../tde/features.ts'
import { assertLogTakesChange, noteKeyChange } from '../tde/log-backup.ts'
import { newGeneration, newPageKeyBytes } from '../tde/page-crypto.ts'
import { presentProtector, usableProtector } from '../tde/protectors.ts'
import type { ProtectorName, UsableProtector } from '../tde/protectors.ts'
import { pagesOfDatabase } from '../tde/scan-step.ts'
import { dropKey } from '../tde/travel.ts'
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

async function warnNotExported({ session, sink }: Frame, used: UsableProtector): Promise<void> {
  if (used.exported) return
  await session.info(
    sink,
    33091,
    'Warning: The certificate used for encrypting the database encryption key has not been backed up. You should immediately back up the certificate and the private key associated with the certificate. If the certificate ever becomes unavailable or if you must restore or attach the database on another server, you must have backups of both the certificate and the private key or you will not be able to open the database.',
    10,
  )
}

/** Nothing else happens to the encryption of a database while its protector is asked. */
async function serialized<T>(
  instance: Instance,
  database: DatabaseRecord,
  work: () => Promise<T>,
): Promise<T> {
  instance.busy.set(database.id, 'DATABASE ENCRYPTION KEY')
  try {
    return await work()
  } finally {
    instance.busy.delete(database.id)
  }
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
        const used = usableProtector(session, by)
        const [key, generation] = [newPageKeyBytes(wanted), newGeneration()]
        const wrapped = await serialized(instance, database, () => used.wrap(key, wanted))
        const now = instance.now().toISOString()
        session.change(() =>
          store.encryptionKeys.put({
            id: database.id,
            databaseId: database.databaseId,
            current: { generation, algorithm: wanted, wrapped },
            previous: null,
            protector: used.protector,
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
        await warnNotExported(frame, used)
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
        if (wanted !== undefined) await regenerate(session, database, record, wanted)
        else if (by !== undefined) {
          const used = usableProtector(session, by)
          await changeProtector(session, database, record, used)
          await warnNotExported(frame, used)
        }
        return null
      },
    }
  },
}

async function regenerate(
  session: Session,
  database: DatabaseRecord,
  record: EncryptionKeyRecord,
  wanted: PageAlgorithm,
): Promise<void> {
  const { instance } = session
  const { store, openKeys } = instance
  assertAlgorithm(database, wanted)
  const used = presentProtector(session, record)
  const generation = newGeneration()
  const key = newPageKeyBytes(wanted)
  const wrapped = await serialized(instance, database, () => used.wrap(key, wanted))
  const encrypted = record.state === 3
  const now = instance.now().toISOString()
  session.change(() => {
    store.encryptionKeys.put({
      ...record,
      current: { generation, algorithm: wanted, wrapped },
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

/** The same key under another protector: no page changes, so that this takes moments. */
async function changeProtector(
  session: Session,
  database: DatabaseRecord,
  record: EncryptionKeyRecord,
  used: UsableProtector,
): Promise<void> {
  const { instance } = session
  const { store } = instance
  const key = instance.openKeys
    .of(record.databaseId)
    .find((candidate) => candidate.generation === record.current.generation)
  if (key === undefined) throw new SqlError(33126, 'Database encryption key is corrupted and cannot be read.')
  const wrapped = await serialized(instance, database, () => used.wrap(key.key, key.algorithm))
  const encrypted = record.state === 3
  const now = instance.now().toISOString()
  session.change(() => {
    store.encryptionKeys.put({
      ...record,
      current: { ...record.current, wrapped },
      protector: used.protector,
      modifyDate: now,
      ...(encrypted ? beganScan(6, 0, now) : {}),
    })
    if (encrypted)
      noteKeyChange(store, record.databaseId, [record.protector.thumbprint, used.protector.thumbprint], true)
  })
  instance.scans.start(record.databaseId)
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
