import { flagOf, isAsymmetric, numberOf, printOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import { backedUpFiles, backupHistory } from '../../scripts/tsql/drill-queries.ts'
import type { BackupSetFact, DatabaseFileFact, SetKind } from './facts-model.ts'

/** The newest 2,000 backups of the server's history, newest last. What does not fit a backup of a database is left out. */
export const readBackups = async (sql: SqlServer): Promise<BackupSetFact[]> => {
  const rows = await sql.query(backupHistory())
  const files = new Map<string, DatabaseFileFact[]>()
  for (const row of await sql.query(backedUpFiles(), { maxRows: 50_000 })) {
    const id = String(row['id'])
    const known = files.get(id) ?? []
    known.push({
      logical: textOf(row['logical_name']),
      kind: textOf(row['file_type']).trim(),
      bytes: numberOf(row['file_size']),
    })
    files.set(id, known)
  }
  const sets = new Map<string, SqlRow[]>()
  for (const row of rows.filter((one) => (numberOf(one['mirror']) ?? 0) === 0)) {
    const id = String(row['id'])
    sets.set(id, [...(sets.get(id) ?? []), row])
  }
  return [...sets].flatMap(([id, stripes]) => setOf(stripes, files.get(id) ?? []) ?? [])
}

const kinds: Readonly<Record<string, SetKind>> = { D: 'full', I: 'differential', L: 'log' }

/** Types of device: 2 and 102 a file, 9 and 109 a URL. */
const mediaOf = (stripes: readonly SqlRow[]): BackupSetFact['media'] => {
  const all = (types: readonly number[]): boolean =>
    stripes.every((stripe) => types.includes(numberOf(stripe['device_type']) ?? 2))
  return all([2, 102]) ? 'disk' : all([9, 109]) ? 'url' : 'other'
}

const encryptorOf = (row: SqlRow): BackupSetFact['encryptor'] => {
  if (printOf(row['encryptor_thumbprint']) === null) return null
  return isAsymmetric(textOf(row['encryptor_type'])) ? 'asymmetric-key' : 'certificate'
}

/** These mean nothing under another name on another server. */
const engineOwn = new Set(['master', 'model', 'msdb', 'tempdb'])

const setOf = (stripes: readonly SqlRow[], databaseFiles: DatabaseFileFact[]): BackupSetFact | null => {
  const row = stripes[0]
  const kind = kinds[textOf(row?.['type']).trim()]
  const finishedAt = timeOf(row?.['finished'])
  if (row === undefined || kind === undefined || finishedAt === null) return null
  if (engineOwn.has(textOf(row['database_name']).toLowerCase())) return null
  return {
    setId: textOf(row['set_id']).toUpperCase(),
    database: textOf(row['database_name']),
    kind,
    finishedAt,
    position: numberOf(row['position']) ?? 1,
    copyOnly: flagOf(row['is_copy_only']) === true,
    checksums: flagOf(row['checksums']) === true,
    firstLsn: textOf(row['first_lsn']),
    lastLsn: textOf(row['last_lsn']),
    checkpointLsn: textOf(row['checkpoint_lsn']),
    databaseBackupLsn: textOf(row['database_backup_lsn']),
    bytes: numberOf(row['backup_size']),
    major: numberOf(row['major']),
    algorithm: textOf(row['key_algorithm']) || null,
    thumbprint: printOf(row['encryptor_thumbprint']),
    encryptor: encryptorOf(row),
    files: stripes.map((stripe) => textOf(stripe['device'])),
    media: mediaOf(stripes),
    databaseFiles,
  }
}
