import { KeyturnError } from '../../shared/errors/problem.ts'
import { runMark, type RunId } from '../../shared/model/ids.ts'
import type { SqlRow, SqlServer, SqlSession } from '../ports/sql-server.ts'
import { lockProgramPrefix, readLock, readLockHolder, takeLock } from './server-lock-sql.ts'

export const notVisible = 'not visible with this login'

export const programNameOf = (run: RunId): string => `${lockProgramPrefix}${runMark(run)}`

/** The locks of one run on its servers, each held by a session of its own for as long as the run is undecided. */
export interface ServerLocks {
  /**
   * Takes the lock of each server, in the order of server names, or none of them: `run-target-locked` names the
   * holder. What is held already is only looked at.
   */
  take(servers: readonly SqlServer[]): Promise<void>
  /** Server process ids of the sessions that hold locks of this run. */
  ownSessions(): number[]
  /** Giving back what is not held changes nothing. */
  release(): Promise<void>
}

interface Held {
  server: SqlServer
  session: SqlSession
}

export const createServerLocks = (run: RunId): ServerLocks => {
  const held = new Map<string, Held>()

  const closeOne = async (key: string): Promise<void> => {
    const one = held.get(key)
    held.delete(key)
    await one?.session.close().catch(() => undefined)
  }

  const takeOne = async (key: string, server: SqlServer): Promise<void> => {
    const mine = held.get(key)
    if (mine !== undefined && (await stillHeld(mine.session))) return
    await closeOne(key)
    const session = await server.session({ programName: programNameOf(run) })
    try {
      if (!(await isExclusive(session.execute(takeLock)))) throw await lockedBy(server)
    } catch (error) {
      await session.close().catch(() => undefined)
      throw error
    }
    held.set(key, { server, session })
  }

  const release = async (): Promise<void> => {
    for (const key of [...held.keys()]) await closeOne(key)
  }

  return {
    async take(servers) {
      const before = new Set(held.keys())
      try {
        for (const [key, server] of inLockOrder(servers)) await takeOne(key, server)
      } catch (error) {
        for (const key of [...held.keys()]) if (!before.has(key)) await closeOne(key)
        throw error
      }
    },
    ownSessions: () => [...held.values()].map((one) => one.session.spid),
    release,
  }
}

/** Two connections may lead to one server: it is locked once. The order is the same for every Keyturn. */
const inLockOrder = (servers: readonly SqlServer[]): [string, SqlServer][] => {
  const byName = new Map<string, SqlServer>()
  for (const server of servers) byName.set(server.identity.serverName.toUpperCase(), server)
  return [...byName].sort(([one], [other]) => (one < other ? -1 : 1))
}

const stillHeld = (session: SqlSession): Promise<boolean> =>
  isExclusive(session.execute(readLock)).catch(() => false)

const isExclusive = async (answer: Promise<{ resultSets: SqlRow[][] }>): Promise<boolean> =>
  (await answer).resultSets.at(-1)?.[0]?.mode === 'Exclusive'

const lockedBy = async (server: SqlServer): Promise<KeyturnError> =>
  new KeyturnError('run-target-locked', { target: server.ref.name, holder: await holderOf(server) })

const holderOf = async (server: SqlServer): Promise<string> => {
  const [row] = await server.query(readLockHolder).catch(() => [])
  if (row === undefined) return notVisible
  const said = [row.program_name, `on ${row.host_name ?? 'an unnamed computer'}`, `login ${row.login_name}`]
  return said.map(String).join(', ')
}
