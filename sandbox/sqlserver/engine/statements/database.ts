import { OsError } from '../../disk.ts'
import type { DatabaseFile, DatabaseRecord, RecoveryModel } from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import { SqlError, notSimulated } from '../errors.ts'
import { databaseRecord, defaultFiles, writeDatabaseFiles } from '../database-files.ts'
import { PAGE_SIZE, filePages, pageIsWhole } from '../pages.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertOnline } from '../session.ts'
import { databaseOperand } from './backup-grammar.ts'
import { textOf } from './backup.ts'

const DEFAULT_BYTES = 1024 * 1024

const create: StatementHandler = {
  head: ['CREATE', 'DATABASE'],
  parse(c) {
    const line = c.line
    const name = c.expectName()
    if (c.takeWord('COLLATE') !== undefined) c.expectName()
    if (c.isWord('ON', 'LOG', 'CONTAINMENT', 'WITH', 'AS'))
      throw notSimulated(`CREATE DATABASE ... ${c.peek().upper}`, line)
    return {
      async run({ session }) {
        const { instance } = session
        if (session.transaction !== undefined)
          throw new SqlError(226, 'CREATE DATABASE statement not allowed within multi-statement transaction.')
        if (!session.canServer('CREATE ANY DATABASE'))
          throw new SqlError(262, "CREATE DATABASE permission denied in database 'master'.", { severity: 14 })
        if (instance.databaseNamed(name) !== undefined)
          throw new SqlError(1801, `Database '${name}' already exists. Choose a different database name.`)
        const files = defaultFiles(instance, name, DEFAULT_BYTES)
        try {
          writeDatabaseFiles(instance, name, files)
        } catch (error) {
          if (error instanceof OsError)
            throw new SqlError(
              5123,
              `CREATE FILE encountered operating system error ${error.text} while attempting to open or create the physical file '${files[0]?.physicalName ?? ''}'.`,
            )
          if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
            throw new SqlError(
              5170,
              `Cannot create file '${files[0]?.physicalName ?? ''}' because it already exists. Change the file path or the file name, and retry the operation.`,
            )
          throw error
        }
        session.change(() =>
          instance.store.databases.put(
            databaseRecord(
              instance,
              instance.store.nextNumber('database', 5),
              name,
              files,
              session.login.name,
            ),
          ),
        )
        return null
      },
    }
  },
}

export function dropDatabaseRecords(store: Store, database: DatabaseRecord): void {
  store.masterKeys.delete(database.id)
  for (const certificate of store.certificates.all())
    if (certificate.databaseId === database.databaseId) store.certificates.delete(certificate.id)
  for (const user of store.users.all())
    if (user.databaseId === database.databaseId) store.users.delete(user.id)
  for (const permission of store.permissions.all())
    if (permission.databaseId === database.databaseId) store.permissions.delete(permission.id)
  store.databases.delete(database.id)
}

const drop: StatementHandler = {
  head: ['DROP', 'DATABASE'],
  parse(c) {
    const ifExists = c.takeWords('IF', 'EXISTS')
    const names = [c.expectName()]
    while (c.takeSymbol(',')) names.push(c.expectName())
    return {
      async run({ session }) {
        for (const name of names) dropOne(session, name, ifExists)
        return null
      },
    }
  },
}

function dropOne(session: Frame['session'], name: string, ifExists: boolean): void {
  const { instance } = session
  const database = instance.databaseNamed(name)
  if (database === undefined && ifExists) return
  if (database === undefined || !instance.permissions.database(session.login, database, 'CONTROL')) {
    throw new SqlError(
      3701,
      `Cannot drop the database '${name}', because it does not exist or you do not have permission.`,
      { severity: 11 },
    )
  }
  if (database.databaseId <= 4)
    throw new SqlError(3708, `Cannot drop the database '${name}' because it is a system database.`)
  if (
    instance.busy.has(database.id) ||
    [...instance.sessions.values()].some((other) => other.databaseId === database.databaseId)
  ) {
    throw new SqlError(3702, `Cannot drop database "${name}" because it is currently in use.`)
  }
  session.change(() => dropDatabaseRecords(instance.store, database))
  if (database.state !== 'OFFLINE')
    for (const file of database.files)
      instance.disk.remove(instance.disk.resolve(file.physicalName, instance.dataFolder))
}

const RECOVERY: Record<string, RecoveryModel> = { FULL: 'FULL', SIMPLE: 'SIMPLE', BULK_LOGGED: 'BULK_LOGGED' }

const alter: StatementHandler = {
  head: ['ALTER', 'DATABASE'],
  parse(c) {
    const line = c.line
    if (c.isWord('ENCRYPTION', 'SCOPED', 'AUDIT'))
      throw notSimulated(`ALTER DATABASE ${c.peek().upper}`, line)
    const name = c.takeWord('CURRENT') === undefined ? c.expectName() : undefined
    const change = alteration(c, line)
    if (c.takeWords('WITH', 'ROLLBACK', 'IMMEDIATE') || c.takeWords('WITH', 'NO_WAIT')) {
      // Nothing holds a database open beyond a statement here.
    }
    return {
      async run({ session }) {
        const { instance } = session
        const database = name === undefined ? session.database : instance.databaseNamed(name)
        if (database === undefined || !instance.permissions.database(session.login, database, 'ALTER')) {
          throw new SqlError(
            5011,
            `User does not have permission to alter database '${name ?? session.database.name}', the database does not exist, or the database is not in a state that allows access checks.`,
            { severity: 14 },
          )
        }
        if (
          change.name !== undefined &&
          (instance.databaseNamed(change.name) ?? database).id !== database.id
        ) {
          throw new SqlError(
            1801,
            `Database '${change.name}' already exists. Choose a different database name.`,
          )
        }
        session.change(() => instance.store.databases.put({ ...database, ...change }))
        return null
      },
    }
  },
}

function alteration(c: Parameters<StatementHandler['parse']>[0], line: number): Partial<DatabaseRecord> {
  if (c.takeWord('MODIFY') !== undefined) {
    c.expectWord('NAME')
    c.expectSymbol('=')
    return { name: c.expectName() }
  }
  c.expectWord('SET')
  const option = c.expectAnyWord()
  if (option === 'RECOVERY')
    return { recoveryModel: RECOVERY[c.expectWord('FULL', 'SIMPLE', 'BULK_LOGGED')] ?? 'FULL' }
  if (option === 'READ_ONLY' || option === 'READ_WRITE') return { readOnly: option === 'READ_ONLY' }
  if (option === 'OFFLINE' || option === 'ONLINE') return { state: option }
  if (option === 'SINGLE_USER' || option === 'MULTI_USER') return {}
  if (option === 'COMPATIBILITY_LEVEL') {
    c.expectSymbol('=')
    return { compatibilityLevel: c.expectInteger() }
  }
  throw notSimulated(`ALTER DATABASE SET ${option}`, line)
}

const checkDatabase: StatementHandler = {
  head: ['DBCC', 'CHECKDB'],
  parse(c) {
    const name = c.takeSymbol('(')
      ? c.peek().kind === 'string'
        ? { text: c.next().value }
        : databaseOperand(c)
      : undefined
    if (name !== undefined) c.expectSymbol(')')
    let quiet = false
    if (c.takeWord('WITH') !== undefined) {
      do
        quiet =
          c.expectWord(
            'NO_INFOMSGS',
            'ALL_ERRORMSGS',
            'PHYSICAL_ONLY',
            'TABLOCK',
            'DATA_PURITY',
            'EXTENDED_LOGICAL_CHECKS',
          ) === 'NO_INFOMSGS' || quiet
      while (c.takeSymbol(','))
    }
    return {
      async run(frame) {
        const { session, sink } = frame
        const shown = name === undefined ? session.database.name : textOf(name, frame)
        const database = session.instance.databaseNamed(shown)
        if (database === undefined)
          throw new SqlError(
            2520,
            `Could not find database '${shown}'. The database either does not exist, or was dropped before a statement tried to use it. Verify if the database exists by querying the sys.databases catalog view.`,
          )
        if (!session.instance.permissions.database(session.login, database, 'CONTROL'))
          throw new SqlError(
            7983,
            `User '${session.login.name}' does not have permission to run DBCC checkdb for database '${database.name}'.`,
            { severity: 14 },
          )
        assertOnline(database)
        const damaged = await damagedPages(frame, database.files)
        for (const page of damaged.slice(0, 20))
          await sink.error({
            number: 8928,
            state: 1,
            severity: 16,
            line: 1,
            message: `Object ID 99, index ID 0, partition ID 0, alloc unit ID 0 (type Unknown): Page (${page}) could not be processed. See other errors for details.`,
          })
        if (!quiet || damaged.length > 0)
          await session.info(
            sink,
            8989,
            `CHECKDB found 0 allocation errors and ${damaged.length} consistency errors in database '${database.name}'.`,
            10,
          )
        if (!quiet)
          await session.info(
            sink,
            2528,
            'DBCC execution completed. If DBCC printed error messages, contact your system administrator.',
            10,
          )
        return null
      },
    }
  },
}

async function damagedPages(frame: Frame, files: readonly DatabaseFile[]): Promise<string[]> {
  const { instance } = frame.session
  const damaged: string[] = []
  for (const file of files) {
    let number = 0
    for await (const pages of filePages(instance.disk.resolve(file.physicalName, instance.dataFolder).real)) {
      for (let at = 0; at < pages.length; at += PAGE_SIZE, number += 1)
        if (!pageIsWhole(pages.subarray(at, at + PAGE_SIZE), number)) damaged.push(`${file.fileId}:${number}`)
    }
    if (number * PAGE_SIZE !== file.bytes) damaged.push(`${file.fileId}:${number}`)
  }
  return damaged
}

export const DATABASE_STATEMENTS: readonly StatementHandler[] = [create, drop, alter, checkDatabase]
