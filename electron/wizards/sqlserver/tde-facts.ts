import type { PlanReader } from '../../engine/contract.ts'
import { textOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { allFiles, allReplicas } from '../../scripts/tsql/sight.ts'
import { localRoles, readOnlyFiles } from '../../scripts/tsql/tde-queries.ts'
import { firstScanMajor, readDatabaseKeys, stateText, type DatabaseKey } from './database-keys.ts'
import type { DatabaseFact, Read, ServerFacts } from './facts-model.ts'
import type { Replica } from './read-replicas.ts'
import { majorOf, partReader } from './read-server.ts'

/** What every job that encrypts databases stands on, whatever their keys are under. */
export interface TdeFacts extends ServerFacts {
  /** Every database encryption key that the server shows. */
  keys: Read<readonly DatabaseKey[]>
  /** Files in read-only file groups. */
  readOnlyFiles: Read<readonly { database: string; file: string }[]>
  /** PRIMARY or SECONDARY, by database, for those of this server that are in an availability group. */
  roles: Read<Readonly<Record<string, string>>>
  /** Other replicas of the chosen databases. */
  replicasAsked: readonly Replica[]
}

export const readTdeParts = async (
  sql: SqlServer,
  common: ServerFacts,
  { clock }: Pick<PlanReader, 'clock'>,
): Promise<Pick<TdeFacts, 'keys' | 'readOnlyFiles' | 'roles'>> => {
  const part = partReader(sql, () => clock.now().toISOString())
  return {
    keys: await part('sys.dm_database_encryption_keys', () =>
      readDatabaseKeys(sql, majorOf(common) >= firstScanMajor),
    ),
    readOnlyFiles: await part('sys.master_files', async () =>
      (await allRows(sql, readOnlyFiles(), allFiles())).map((row) => ({
        database: textOf(row['database_name']),
        file: textOf(row['file_name']),
      })),
    ),
    roles: await part('sys.dm_hadr_availability_replica_states', async () =>
      Object.fromEntries(
        (await allRows(sql, localRoles(), allReplicas())).map((row) => [
          textOf(row['database_name']),
          textOf(row['role_desc']),
        ]),
      ),
    ),
  }
}

export const scansShown = (facts: ServerFacts): boolean => majorOf(facts) >= firstScanMajor

/** Undefined: none, or not read. */
export const keyOf = ({ keys }: Pick<TdeFacts, 'keys'>, database: string): DatabaseKey | undefined =>
  keys.read ? keys.value.find((key) => key.database === database) : undefined

type Answered = Extract<Replica, { asked: 'answered' }>

export const answeredReplicas = ({ replicasAsked }: Pick<TdeFacts, 'replicasAsked'>): Answered[] =>
  replicasAsked.filter((one): one is Answered => one.asked === 'answered')

/** The servers that hold a database too and can be asked. */
export const replicasOf = (facts: Pick<TdeFacts, 'replicasAsked'>, database: string): ServerFacts[] =>
  answeredReplicas(facts)
    .filter(({ databases }) => databases.includes(database))
    .map(({ facts: own }) => own)

export const silentReplicas = ({ replicasAsked }: Pick<TdeFacts, 'replicasAsked'>): Replica[] =>
  replicasAsked.filter(({ asked }) => asked !== 'answered')

export const whySilent = (replica: Replica): string =>
  replica.asked === 'no-answer' ? `no answer: ${replica.problem.title}` : 'not asked: no connection'

/** Whether a fact of the plan is that a replica said nothing. */
export const isSilent = (value: string): boolean => /^(no answer|not asked): /.test(value)

const system = ['master', 'model', 'msdb', 'tempdb']

/** Why nothing can be done with the encryption of that database here, or null. */
export const anyRefusal = ({ name, snapshot, state }: DatabaseFact): string | null => {
  if (system.includes(name.toLowerCase())) return 'a system database: it can’t be encrypted (SQL 33102)'
  if (snapshot) return 'a snapshot: it is as its database was'
  return state === 'ONLINE' ? null : `its state is ${state}, so its key is not shown`
}

export const secondaryRefusal = ({ roles }: TdeFacts, name: string): string | null =>
  roles.read && roles.value[name] === 'SECONDARY'
    ? 'a secondary replica here: its primary takes these statements'
    : null

/** Why it can't be turned on, or null. */
export const turnOnRefusal = (facts: TdeFacts, database: DatabaseFact): string | null => {
  if (!facts.keys.read) return `its encryption key was not read: ${facts.keys.because}`
  const key = keyOf(facts, database.name)
  if (database.readOnly) return 'it is read-only (SQL 33118)'
  if (!facts.readOnlyFiles.read)
    return `whether it has read-only file groups was not read: ${facts.readOnlyFiles.because}`
  const files = facts.readOnlyFiles.value
    .filter((one) => one.database === database.name)
    .map(({ file }) => file)
  if (files.length > 0) return `read-only file groups stop the encryption (SQL 33118): ${files.join(', ')}`
  if (key === undefined || key.state <= 1) return null
  return `TDE is on or on its way: state ${stateText(key)}`
}
