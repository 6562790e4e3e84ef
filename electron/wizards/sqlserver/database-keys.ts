import { hexOf, numberOf, textOf, thumbprintOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import { databaseKeyOf, databaseKeys } from '../../scripts/tsql/tde-queries.ts'

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
  /** Hex, upper case: 40 digits, but for keys of connectors before 1.0.5.0. */
  thumbprint: string | null
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
    thumbprint: thumbprintOf(row['encryptor_thumbprint']) ?? hexOf(row['encryptor_thumbprint']),
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
