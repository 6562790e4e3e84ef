import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId, TargetId } from '../../shared/model/ids.ts'
import type { Plan, PlanTarget } from '../../shared/model/plan.ts'
import { systemRandom } from '../platform/random.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { SqlServer, SqlSession } from '../ports/sql-server.ts'
import type { EngineDeps } from './engine-deps.ts'
import { canonicalJson } from './canonical.ts'
import { waitForOldSessions, type WaitOptions } from './old-sessions.ts'
import { createServerLocks, programNameOf, type ServerLocks } from './server-locks.ts'
import { throwAwayHoles, throwAwayPassword } from './throw-away.ts'

/** What a run holds while it is undecided: connections, locks on the servers, opened secrets. */
export interface Resources {
  readonly secrets: ReadonlyMap<string, SecretBytes>
  serverOf(target: TargetId): SqlServer
  /** Opens each target and compares its identity with the plan; takes no lock. Enough for reading. */
  open(): Promise<void>
  /** Server process ids of the sessions that hold this run's locks. */
  ownSessions(): number[]
  /** Opens each target, compares its identity with the plan, takes its lock. */
  attach(): Promise<void>
  /** The same, but first waits for what an earlier attempt may still be doing there. */
  attachAgain(options: Pick<WaitOptions, 'say' | 'note' | 'signal'>): Promise<void>
  /** Makes sure that the lock of one target is still held, right before something is sent to it. */
  assureLock(target: TargetId): Promise<void>
  /**
   * A connection of the run's own. The one that the step before gave back is used again: with many short steps a login
   * for each statement would cost more than the statements.
   */
  borrowSession(target: TargetId): Promise<SqlSession>
  /** Only of a step that went well: what a failed one left in its session is not known. */
  giveBackSession(target: TargetId, session: SqlSession): Promise<void>
  /** Before the run waits for a person: a connection must not grow old in between. */
  closeResting(): Promise<void>
  /** Copies the plan's secrets under the run. Not needed where the plan has none. */
  seal(): Promise<void>
  /**
   * `run-needs-unlock` while the keyring is locked and they are not in memory. Throw-away passwords are made here, in
   * memory only: after a crash there is another one, so a step that uses one is begun from its start.
   */
  openSecrets(): Promise<void>
  wipeSecrets(): void
  release(): Promise<void>
}

export const createResources = (plan: Plan, deps: EngineDeps): Resources => {
  const run: RunId = plan.runId
  const servers = new Map<TargetId, SqlServer>()
  const locks: ServerLocks = createServerLocks(run)
  const resting = new Map<TargetId, SqlSession>()
  let secrets = new Map<string, SecretBytes>()

  const openServers = async (): Promise<void> => {
    for (const target of plan.targets) {
      const server = await deps.servers.open(target.ref)
      compareIdentity(target, server)
      servers.set(target.ref.id, server)
    }
  }

  const serverOf = (target: TargetId): SqlServer => {
    const server = servers.get(target)
    if (server === undefined) throw new KeyturnError('internal')
    return server
  }

  const closeResting = async (): Promise<void> => {
    const sessions = [...resting.values()]
    resting.clear()
    for (const session of sessions) await session.close().catch(() => undefined)
  }

  const wipeSecrets = (): void => {
    for (const secret of secrets.values()) secret.wipe()
    secrets = new Map()
  }

  return {
    get secrets() {
      return secrets
    },
    serverOf,
    open: openServers,
    ownSessions: () => locks.ownSessions(),
    async attach() {
      await openServers()
      await locks.take([...servers.values()])
    },
    async attachAgain({ say, note, signal }) {
      await openServers()
      for (const server of servers.values()) {
        await waitForOldSessions(server, run, {
          mostMs: deps.oldSessionWaitMs,
          pauseMs: 1_000,
          monotonicMs: () => deps.clock.monotonicMs(),
          pause: deps.pause,
          own: locks.ownSessions(),
          say,
          note,
          signal,
        })
      }
      await locks.take([...servers.values()])
    },
    assureLock: (target) => locks.take([serverOf(target)]),
    async borrowSession(target) {
      const rested = resting.get(target)
      resting.delete(target)
      if (rested?.alive) return rested
      return serverOf(target).session({ programName: programNameOf(run) })
    },
    async giveBackSession(target, session) {
      if (resting.has(target)) await session.close().catch(() => undefined)
      else resting.set(target, session)
    },
    closeResting,
    async seal() {
      if (plan.secrets.length === 0) return
      await deps.keyring.sealRun(
        run,
        plan.secrets.map(({ hole, handle, purpose, target }) => ({
          name: hole,
          id: handle,
          binding: { purpose, target: target.id },
        })),
      )
    },
    async openSecrets() {
      const isOpen = (hole: string): boolean => secrets.get(hole)?.wiped === false
      if (!plan.secrets.every(({ hole }) => isOpen(hole))) {
        if (deps.keyring.status().state !== 'unlocked') throw new KeyturnError('run-needs-unlock', { run })
        wipeSecrets()
        secrets = await deps.keyring.openRun(run)
      }
      for (const hole of throwAwayHoles(plan)) {
        if (!isOpen(hole)) secrets.set(hole, throwAwayPassword(deps.random ?? systemRandom))
      }
    },
    wipeSecrets,
    release: async () => {
      await closeResting()
      await locks.release()
    },
  }
}

/** The connection compares with what it remembers; this compares with what the plan was made for. */
const compareIdentity = (target: PlanTarget, server: SqlServer): void => {
  const planned = target.identity
  if (typeof planned !== 'object' || planned === null || Array.isArray(planned)) return
  const expected = new Map(Object.entries(planned))
  for (const [field, value] of Object.entries(server.identity)) {
    const was: unknown = expected.get(field)
    if (was !== undefined && canonicalJson(was) !== canonicalJson(value)) {
      throw new KeyturnError('sql-identity-changed', {
        target: target.ref.name,
        what: `${field} was ${String(was)}, is ${String(value)}`,
      })
    }
  }
}
