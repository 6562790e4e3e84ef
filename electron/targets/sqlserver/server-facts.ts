import type { ConnectionCheck } from '../../../shared/ipc/schemas.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SqlRow, SqlSession } from '../../ports/sql-server.ts'

export const notVisible = 'Not visible with this login'

/** Product version and edition, as the server says them. Any login may ask. */
export const readVersion = async (session: SqlSession): Promise<string> => {
  const row = await firstRow(
    session,
    "SELECT SERVERPROPERTY('ProductVersion') AS version, SERVERPROPERTY('Edition') AS edition;",
  )
  const [version, edition] = [row?.['version'], row?.['edition']]
  return typeof version === 'string'
    ? `${version}, ${typeof edition === 'string' ? edition : notVisible}`
    : notVisible
}

/** Server minus this computer in whole seconds, half of the way there and back taken off. */
export const readClock = async (session: SqlSession, clock: Clock): Promise<number | null> => {
  const before = clock.now().getTime()
  const started = clock.monotonicMs()
  const row = await firstRow(session, 'SELECT SYSUTCDATETIME() AS now;')
  const halfWay = (clock.monotonicMs() - started) / 2
  const server = row?.['now']
  return server instanceof Date ? Math.round((server.getTime() - before - halfWay) / 1000) || 0 : null
}

export interface RightCheck {
  name: string
  read(session: SqlSession): Promise<readonly [ConnectionCheck['state'], string]>
}

/** `missing`: what it means when the answer is a plain no. */
const right = (name: string, question: string, missing: ConnectionCheck['state'] = 'failed'): RightCheck => ({
  name,
  read: async (session) => {
    const row = await firstRow(session, `SELECT ${question} AS granted;`)
    if (row?.['granted'] === 1) return ['ok', `${name} is granted`]
    // NULL is also what the server says when the thing can't be seen at all.
    return row?.['granted'] === 0 ? [missing, `${name} is not granted`] : ['unknown', notVisible]
  },
})

/** What the jobs need on the instance. Rights on single databases are read by the jobs that name a database. */
export const rights: readonly RightCheck[] = [
  // Holds all the others; a login of least privilege does without it.
  right('CONTROL SERVER', "HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER')", 'unknown'),
  right('CREATE CERTIFICATE in master', "HAS_PERMS_BY_NAME('master', 'DATABASE', 'CREATE CERTIFICATE')"),
  right('ALTER ANY DATABASE', "HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY DATABASE')"),
  right('CREATE ANY DATABASE', "HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE')"),
  right('VIEW SERVER STATE', "HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')"),
]

const firstRow = async (session: SqlSession, sql: string): Promise<SqlRow | undefined> => {
  const { resultSets } = await session.execute(
    { language: 'tsql', parts: [sql] },
    { timeoutMs: 15_000, maxRows: 1 },
  )
  return resultSets[0]?.[0]
}
