import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { existingNameProblem } from '../../../shared/forms/names.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { flagOf, numberOf, textOf, thumbprintOf } from '../../ports/sql-rows.ts'
import { allRows, oneRow } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { encryptionOf, loginNamed, movedDatabase, movedFiles, usersIn } from '../../scripts/tsql/move.ts'
import { allFiles, allLogins, keysIn } from '../../scripts/tsql/sight.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readMasterKey,
  readSecrets,
  readServerFacts,
  readServiceAccount,
  serverRef,
} from '../sqlserver/read-server.ts'
import type { Destination, Encryption, Facts, MovedDatabase } from './facts-model.ts'

/** Files that travel may lie on a share. */
const shared = { network: true } as const

/** Reads both servers; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const common = await readServerFacts(sql, reader)
  const part = partReader(sql, now)
  const database = databaseOf(answers, common)
  const about = async <Value>(view: string, read: (name: string) => Promise<Value>) =>
    database === null ? null : part(view, () => read(database))
  const moved = await about('sys.databases, sys.master_files', (name) => readMoved(sql, name))
  const owner = moved?.read === true ? (moved.value?.owner ?? '') : ''
  return {
    ...common,
    database,
    moved,
    encryption: await about('sys.dm_database_encryption_keys', (name) => readEncryption(sql, name)),
    databaseKey: await about(`${database ?? ''}.sys.symmetric_keys`, (name) => readMasterKey(sql, name)),
    backupFolder: await readFolder(answers['backupFolder'], majorOf(common), sql, part, shared),
    destination: await readDestination(answers, reader, owner),
    secrets: readSecrets(answers, ['certificateFilePassword', 'databaseKeyPassword'], reader),
  }
}

/** Only one that can be asked: a database that is not ONLINE shows nothing of its keys. */
const databaseOf = ({ database }: Answers, { databases }: Pick<Facts, 'databases'>): string | null => {
  if (typeof database !== 'string' || existingNameProblem(database, 'It') !== null) return null
  if (!databases.read) return database
  return databases.value.some(({ name, state }) => name === database && state === 'ONLINE') ? database : null
}

const readMoved = async (sql: SqlServer, database: string): Promise<MovedDatabase | null> => {
  const row = (await sql.query(movedDatabase(database)))[0]
  if (row === undefined) return null
  const files = await allRows(sql, movedFiles(database), allFiles())
  return {
    userAccess: textOf(row['user_access']),
    owner: textOf(row['owner']),
    trustworthy: flagOf(row['trustworthy']),
    broker: flagOf(row['broker']),
    files: files.map((file) => ({
      logical: textOf(file['logical_name']),
      path: textOf(file['physical_name']),
      type: numberOf(file['type']) ?? -1,
      pages: numberOf(file['pages']) ?? 0,
    })),
    users: await usersOf(sql, database),
  }
}

const usersOf = async (sql: SqlServer, database: string): Promise<number | null> => {
  try {
    return numberOf((await allRows(sql, usersIn(database), keysIn(database)))[0]?.['users'])
  } catch (error) {
    if (problemOf(error).kind !== 'refused') throw error
    return null
  }
}

const readEncryption = async (sql: SqlServer, database: string): Promise<Encryption | null> => {
  const row = (await sql.query(encryptionOf(database)))[0]
  return row === undefined
    ? null
    : {
        state: numberOf(row['encryption_state']) ?? 0,
        thumbprint: thumbprintOf(row['encryptor_thumbprint']),
        byCertificate: /^CERTIFICATE/i.test(textOf(row['encryptor_type'])),
      }
}

const readDestination = async (
  answers: Answers,
  reader: PlanReader,
  owner: string,
): Promise<Facts['destination']> => {
  const chosen = answers['destination']
  if (typeof chosen !== 'string' || chosen === '' || chosen === answers['target']) return null
  const target = serverRef(chosen)
  try {
    return { answered: true, ...(await readThere(answers, await reader.sqlServer(target), reader, owner)) }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { answered: false, target, problem }
  }
}

const readThere = async (
  answers: Answers,
  sql: SqlServer,
  reader: PlanReader,
  owner: string,
): Promise<Destination> => {
  const now = (): string => reader.clock.now().toISOString()
  const facts = await readServerFacts(sql, reader)
  const part = partReader(sql, now)
  const folder = (answer: unknown) => readFolder(answer, majorOf(facts), sql, part, shared)
  const reads = answers['readFolder']
  return {
    facts,
    account: await part('sys.dm_server_services', () => readServiceAccount(sql)),
    owner:
      owner === '' || existingNameProblem(owner, 'It') !== null
        ? null
        : await part(
            'sys.server_principals',
            async () => (await oneRow(sql, loginNamed(owner), allLogins())) !== null,
          ),
    dataFolder: await folder(answers['dataFolder']),
    readFolder: await folder(reads === undefined || reads === '' ? answers['backupFolder'] : reads),
    keyFolder: await folder(answers['keyFolder']),
  }
}
