import { problemOf } from '../../../shared/errors/problem.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import * as ask from '../../scripts/tsql/fact-queries.ts'
import { allDatabases, keysIn } from '../../scripts/tsql/sight.ts'
import type { CertificateFact, DatabaseFact } from './facts-model.ts'
import { dayOf, flagOf, numberOf, textOf, thumbprintOf, timeOf } from '../../ports/sql-rows.ts'

/** Databases with what msdb and the encryption DMV add, where the login may read those. */
export const readDatabases = async (sql: SqlServer): Promise<DatabaseFact[]> => {
  const rows = await allRows(sql, ask.databases(), allDatabases())
  const sizes = byKey(await optional(sql, ask.databaseSizes()), 'database_id')
  const keys = await optional(sql, ask.encryptionStates())
  const states = byKey(keys, 'database_id')
  const backups = byKey(await optional(sql, ask.lastFullBackupSizes()), 'database_name')
  return rows.map((row) => {
    const id = String(row['database_id'])
    const state = states.get(id)
    return {
      name: textOf(row['name']),
      state: textOf(row['state_desc']),
      recoveryModel: textOf(row['recovery_model']),
      readOnly: flagOf(row['is_read_only']) === true,
      snapshot: numberOf(row['source_database_id']) !== null,
      tde:
        state === undefined
          ? flagOf(row['is_encrypted']) === true
          : (numberOf(state['encryption_state']) ?? 0) > 1,
      tdeThumbprint: thumbprintOf(state?.['encryptor_thumbprint']),
      mayBackup: flagOf(row['may_backup']),
      dataBytes: numberOf(sizes.get(id)?.['data_bytes']),
      lastBackupBytes: numberOf(backups.get(textOf(row['name']))?.['backup_size']),
    }
  })
}

/** Certificates of master, the engine's own left out. */
export const readCertificates = async (sql: SqlServer): Promise<CertificateFact[]> => {
  const rows = await allRows(sql, ask.certificates(), keysIn('master'))
  const used = await optional(sql, ask.backupsByEncryptor())
  const keys = await optional(sql, ask.encryptionStates())
  const names = byKey(await sql.query(ask.databases()), 'database_id')
  return rows
    .filter((row) => !/^##|##$/.test(textOf(row['name'])))
    .map((row) => {
      const thumbprint = thumbprintOf(row['thumbprint'])
      const same = (other: SqlRow): boolean =>
        thumbprint !== null && thumbprintOf(other['encryptor_thumbprint']) === thumbprint
      return {
        name: textOf(row['name']),
        subject: textOf(row['subject']),
        thumbprint,
        startsOn: dayOf(row['start_date']),
        expiresOn: dayOf(row['expiry_date']),
        privateKey: keyKind(textOf(row['private_key'])),
        lastExport: timeOf(row['last_export']),
        keptUntil: timeOf(used?.find(same)?.['kept_until']),
        withoutEnd: numberOf(used?.find(same)?.['without_end']) ?? 0,
        backups: used === null ? null : (numberOf(used.find(same)?.['backups']) ?? 0),
        protects:
          keys === null
            ? null
            : keys.filter(same).map((key) => textOf(names.get(String(key['database_id']))?.['name'])),
      }
    })
}

/** Null where the login may not read it; anything worse than a refusal goes up. */
const optional = async (sql: SqlServer, query: string): Promise<SqlRow[] | null> => {
  try {
    return await sql.query(query)
  } catch (error) {
    if (problemOf(error).kind !== 'refused') throw error
    return null
  }
}

const byKey = (rows: readonly SqlRow[] | null, column: string): Map<string, SqlRow> =>
  new Map((rows ?? []).map((row) => [String(row[column]), row]))

const keyKind = (text: string): CertificateFact['privateKey'] => {
  const kind = text.trim().toUpperCase()
  return kind === 'NA' || kind === 'MK' || kind === 'PW' || kind === 'SK' ? kind : 'unknown'
}
