import { readdirSync } from 'node:fs'
import type { Program } from '../../electron/program.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import { runMark, type RunId } from '../../shared/model/ids.ts'
import { askOf } from './ask.ts'

export interface EndStateOf {
  server: string
  /** Null: local files are not listed. */
  localFolder: string | null
  /** More to ask than every job is asked: what → query. */
  questions?: Readonly<Record<string, string>>
}

/**
 * Everything that a run leaves, in a form that two runs can be compared by: names with the run's mark taken out, counts,
 * kinds; no times, thumbprints or sizes. `run` null: names stay as they are.
 */
export const endStateOf = async (
  program: Program,
  { server: wanted, localFolder, questions = {} }: EndStateOf,
  run: RunId | null,
): Promise<string[]> => {
  const ask = askOf(program)
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === wanted)
  if (!found) throw new Error(`no connection ${wanted}`)
  const server = await program.servers.open(refOf(found.connection))
  const listing = await ask('serverFiles.list', { target: found.connection.id, path: '' })
  const rows = await Promise.all(
    Object.entries({ ...everyJob, ...questions }).map(
      async ([what, sql]) => [what, await server.query(sql)] as const,
    ),
  )
  const lines = [
    ...rows.flatMap(([what, answers]) => answers.map((row) => `${what}: ${JSON.stringify(row)}`)),
    ...listing.entries.map(({ name }) => `server file: ${name}`),
    ...(localFolder === null ? [] : readdirSync(localFolder).map((name) => `local file: ${name}`)),
  ]
  return lines.map((line) => (run === null ? line : line.replaceAll(runMark(run), 'MARK'))).sort()
}

const everyJob: Readonly<Record<string, string>> = {
  certificate: `SELECT c.name AS name, c.subject AS subject, c.pvt_key_encryption_type AS private_key,
    CASE WHEN c.pvt_key_last_backup_date IS NULL THEN 0 ELSE 1 END AS exported FROM master.sys.certificates AS c`,
  'symmetric key': 'SELECT k.name AS name, k.algorithm_desc AS algorithm FROM master.sys.symmetric_keys AS k',
  'key copy': `SELECT k.name AS name, e.crypt_type AS crypt_type FROM master.sys.key_encryptions AS e
    JOIN master.sys.symmetric_keys AS k ON k.symmetric_key_id = e.key_id`,
  database: 'SELECT d.name AS name, d.state_desc AS state FROM sys.databases AS d',
  backup: `SELECT bs.database_name AS database_name, bs.type AS type, bs.is_copy_only AS copy_only, bs.has_backup_checksums AS checksums,
    bs.key_algorithm AS key_algorithm, bs.encryptor_type AS encryptor_type, bs.description AS description
    FROM msdb.dbo.backupset AS bs WHERE bs.description LIKE N'%keyturn%'`,
  'application lock': `SELECT l.resource_description AS resource FROM sys.dm_tran_locks AS l WHERE l.resource_type = N'APPLICATION'`,
}
