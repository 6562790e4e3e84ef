import type { Thumbprint } from '../../../shared/model/ids.ts'
import { flagOf, numberOf, textOf, thumbprintOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import { allDatabases, allReplicas } from '../../scripts/tsql/sight.ts'
import {
  databaseKeyOf,
  databaseKeys,
  lastLogBackups,
  localRoles,
  logChains,
} from '../../scripts/tsql/tde-queries.ts'
import type { Read, ServerFacts } from './facts-model.ts'
import { majorOf, type PartReader } from './read-server.ts'

/** First version that shows scans, and suspends and resumes them (SQL Server 2019). */
export const firstScanMajor = 15

/** One row of sys.dm_database_encryption_keys. */
export interface DatabaseKey {
  database: string
  /** 0 none, 1 not encrypted, 2 encrypting, 3 encrypted, 4 key change, 5 decrypting, 6 protector change. */
  state: number
  /** Of the scan at work, as the server measures it; 0 when there is none. */
  percent: number
  /** ISO times. */
  created: string | null
  regenerated: string | null
  modified: string | null
  /** As statements name it: `AES_256`. */
  algorithm: string
  thumbprint: Thumbprint | null
  /** `CERTIFICATE`, `CERTIFICATE_OAEP_256`, `ASYMMETRIC KEY`, ...: only its beginning tells. */
  encryptorType: string
  /** 0 none, 1 running, 2 suspended, 3 aborted, 4 complete; null: this version does not show it. */
  scan: number | null
}

export const suspended = 2
export const aborted = 3

/** States in which a scan has pages to rewrite. */
export const isScanning = ({ state }: Pick<DatabaseKey, 'state'>): boolean => [2, 4, 5].includes(state)
/** States in which the server takes no other statement on the key. */
export const isBusy = ({ state }: Pick<DatabaseKey, 'state'>): boolean => [2, 4, 5, 6].includes(state)

const stateNames: readonly string[] = [
  'no key',
  'not encrypted',
  'encryption in progress',
  'encrypted',
  'key change in progress',
  'decryption in progress',
  'protector change in progress',
]

export const stateText = ({
  state,
  percent,
  scan,
}: Pick<DatabaseKey, 'state' | 'percent' | 'scan'>): string =>
  `${state} (${stateNames[state] ?? 'not known'}${scan === suspended ? ', suspended' : ''}${
    [2, 4, 5].includes(state) ? `, ${Math.floor(percent)}%` : ''
  })`

const keyFrom = (row: SqlRow): DatabaseKey => {
  const length = numberOf(row['key_length'])
  const family = textOf(row['key_algorithm']).trim()
  return {
    database: textOf(row['name']),
    state: numberOf(row['encryption_state']) ?? 0,
    percent: Math.max(0, Math.min(100, numberOf(row['percent_complete']) ?? 0)),
    created: timeOf(row['create_date']),
    regenerated: timeOf(row['regenerate_date']),
    modified: timeOf(row['modify_date']),
    algorithm: family.toUpperCase() === 'AES' && length !== null ? `AES_${length}` : family,
    thumbprint: thumbprintOf(row['encryptor_thumbprint']),
    encryptorType: textOf(row['encryptor_type']).trim(),
    scan: numberOf(row['encryption_scan_state']),
  }
}

/** Every database encryption key that the server shows. VIEW SERVER STATE. */
export const readDatabaseKeys = async (sql: SqlServer, scans: boolean): Promise<DatabaseKey[]> =>
  (await allRows(sql, databaseKeys(scans), allDatabases())).map(keyFrom)

/** Null: the database has none, or is not open. */
export const readDatabaseKey = async (
  sql: SqlServer,
  { database, scans }: { database: string; scans: boolean },
): Promise<DatabaseKey | null> => {
  const row = (await sql.query(databaseKeyOf(database, scans)))[0]
  return row === undefined ? null : keyFrom(row)
}

/** Database encryption keys, and what a change of one depends on. */
export interface DatabaseKeyFacts {
  /** Every database encryption key that the server shows. */
  keys: Read<readonly DatabaseKey[]>
  /** By database: ISO time of its newest log backup on record. */
  logBackups: Read<Readonly<Record<string, string>>>
  /** By database: whether a data backup has begun a log chain. Of one that is not there, it is not known. */
  logChains: Read<Readonly<Record<string, boolean>>>
  /** PRIMARY or SECONDARY, by database, for those of this server that are in an availability group. */
  roles: Read<Readonly<Record<string, string>>>
}

export const readDatabaseKeyFacts = async (
  sql: SqlServer,
  part: PartReader,
  major: number,
): Promise<DatabaseKeyFacts> => ({
  keys: await part('sys.dm_database_encryption_keys', () => readDatabaseKeys(sql, major >= firstScanMajor)),
  logBackups: await part('msdb.dbo.backupset', () => readLogBackups(sql)),
  logChains: await part('sys.database_recovery_status', async () =>
    Object.fromEntries(
      (await allRows(sql, logChains(), allDatabases())).map((row) => [
        textOf(row['name']),
        flagOf(row['chained']) === true,
      ]),
    ),
  ),
  roles: await part('sys.dm_hadr_availability_replica_states', async () =>
    Object.fromEntries(
      (await allRows(sql, localRoles(), allReplicas())).map((row) => [
        textOf(row['database_name']),
        textOf(row['role_desc']),
      ]),
    ),
  ),
})

/** msdb keeps the server's own time; its offset stands beside it (127: not known). The key's times are UTC. */
const readLogBackups = async (sql: SqlServer): Promise<Record<string, string>> => {
  const newest: Record<string, string> = {}
  for (const row of await sql.query(lastLogBackups())) {
    const finished = timeOf(row['finished'])
    if (finished === null) continue
    const quarters = numberOf(row['time_zone']) ?? 127
    const offsetMs = quarters === 127 ? 0 : quarters * 15 * 60_000
    newest[textOf(row['database_name'])] = new Date(Date.parse(finished) - offsetMs).toISOString()
  }
  return newest
}

export const scansShown = (facts: Pick<ServerFacts, 'server'>): boolean => majorOf(facts) >= firstScanMajor

/** Undefined: none, or not read. */
export const keyOf = (facts: Pick<DatabaseKeyFacts, 'keys'>, database: string): DatabaseKey | undefined =>
  facts.keys.read ? facts.keys.value.find((key) => key.database === database) : undefined
