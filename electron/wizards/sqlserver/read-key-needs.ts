import type { KeptBackups } from '../../../shared/model/retention.ts'
import type { Clock } from '../../ports/clock.ts'
import { hexOf, numberOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { backupsByEncryptor } from '../../scripts/tsql/fact-queries.ts'
import { backupsByDatabase, logProtectors } from '../../scripts/tsql/key-needs-queries.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import type { BackupsOfDatabase, LogUnderKey, NeedsRead } from './key-needs.ts'
import { readDatabasesUnder } from './read-ekm.ts'
import { partReader } from './read-server.ts'

/** First version whose log says under which protector it is (SQL Server 2019). */
export const firstLogMajor = 15

/** Four queries, whatever the number of databases. VIEW SERVER STATE, and SELECT in msdb. */
export const readKeyNeeds = async (
  sql: SqlServer,
  { clock }: { clock: Clock },
  major: number,
): Promise<NeedsRead> => {
  const now = (): string => clock.now().toISOString()
  const part = partReader(sql, now)
  return {
    databases: await part('sys.dm_database_encryption_keys', () => readDatabasesUnder(sql)),
    logs:
      major >= firstLogMajor
        ? await part('sys.dm_db_log_info', () => readLogs(sql))
        : {
            read: false,
            because: 'this version does not show it; SQL Server 2019 and later do',
            source: `${sql.ref.name}, sys.dm_db_log_info`,
            at: now(),
          },
    encryptedBackups: await part('msdb.dbo.backupset', () => readEncrypted(sql)),
    backups: await part('msdb.dbo.backupset', () => readBackups(sql)),
  }
}

const readLogs = async (sql: SqlServer): Promise<LogUnderKey[]> =>
  (await allRows(sql, logProtectors(), allDatabases()))
    .flatMap((row): LogUnderKey[] => {
      const thumbprint = hexOf(row['thumbprint'])
      return thumbprint === null
        ? []
        : [{ database: textOf(row['name']), thumbprint, files: numberOf(row['files']) ?? 0 }]
    })
    .toSorted((a, b) => a.database.localeCompare(b.database))

const readEncrypted = async (sql: SqlServer): Promise<Record<string, KeptBackups>> =>
  Object.fromEntries(
    (await sql.query(backupsByEncryptor())).flatMap((row) => {
      const thumbprint = hexOf(row['encryptor_thumbprint'])
      const kept: KeptBackups = {
        backups: numberOf(row['backups']) ?? 0,
        keptUntil: timeOf(row['kept_until']),
        withoutEnd: numberOf(row['without_end']) ?? 0,
      }
      return thumbprint === null ? [] : [[thumbprint, kept]]
    }),
  )

const readBackups = async (sql: SqlServer): Promise<BackupsOfDatabase[]> =>
  (await sql.query(backupsByDatabase()))
    .map((row) => ({
      database: textOf(row['name']),
      backups: numberOf(row['backups']) ?? 0,
      oldest: timeOf(row['oldest']),
      newest: timeOf(row['newest']),
    }))
    .toSorted((a, b) => a.database.localeCompare(b.database))
