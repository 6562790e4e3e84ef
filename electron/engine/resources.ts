import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { RunId, TargetId } from '../../shared/model/ids.ts'
import type { Plan } from '../../shared/model/plan.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { systemRandom } from '../platform/random.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { HsmToken } from '../ports/hsm.ts'
import type { SqlServer, SqlSession } from '../ports/sql-server.ts'
import type { EngineDeps } from './engine-deps.ts'
import { createOpenTargets } from './open-targets.ts'
import { waitForOldSessions, type WaitOptions } from './old-sessions.ts'
import { createServerLocks, programNameOf, type ServerLocks } from './server-locks.ts'
import { throwAwayHoles, throwAwayPassword } from './throw-away.ts'

/** What a run holds while it is undecided: connections, sessions of tokens, locks on the servers, opened secrets. */
export interface Resources {
  readonly secrets: ReadonlyMap<string, SecretBytes>
  serverOf(target: TargetId): SqlServer
  /** Logged in with the PIN of the plan; once for each session that is opened. `anew`: not in the session of before. */
  tokenOf(target: TargetId, anew?: boolean): Promise<HsmToken>
  principalOf(target: TargetId): string
  /** Opens each target and compares its identity with the plan; takes no lock. Enough for reading. */
  open(): Promise<void>
  /** Server process ids of the sessions that hold this run's locks. */
  ownSessions(): number[]
  /** Opens each target, compares its identity with the plan, takes the lock of each server. */
  attach(): Promise<void>
  /** The same, but first waits for what an earlier attempt may still be doing there. */
  attachAgain(options: Pick<WaitOptions, 'say' | 'note' | 'signal'>): Promise<void>
  /** Makes sure that the lock of a server is still held, right before something is sent to it. Azure has none. */
  assureLock(target: TargetRef): Promise<void>
  /**
   * A connection of the run's own. The one that the step before gave back is used again: with many short steps a login
   * for each statement would cost more than the statements.
   */
  borrowSession(target: TargetId): Promise<SqlSession>
  /** Only of a step that went well: what a failed one left in its session is not known. */
  giveBackSession(target: TargetId, session: SqlSession): Promise<void>
  /** Before the run waits for a person: a connection must not grow old in between, nor a token stay logged in. */
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

/** No round trip where nobody is. */
const isLoggedIn = async (token: HsmToken): Promise<boolean> => {
  try {
    await token.find({ id: '00' })
    return true
  } catch (error) {
    if (['hsm-not-logged-in', 'hsm-log-in-again'].includes(problemOf(error).code)) return false
    throw error
  }
}

export const createResources = (plan: Plan, deps: EngineDeps): Resources => {
  const run: RunId = plan.runId
  const targets = createOpenTargets(plan.targets, deps)
  const locks: ServerLocks = createServerLocks(run)
  const resting = new Map<TargetId, SqlSession>()
  let secrets = new Map<string, SecretBytes>()

  const closeResting = async (): Promise<void> => {
    const sessions = [...resting.values()]
    resting.clear()
    for (const session of sessions) await session.close().catch(() => undefined)
    await targets.closeTokens()
  }

  const tokenOf = async (target: TargetId, anew = false): Promise<HsmToken> => {
    if (anew) await targets.closeToken(target)
    const hsm = await targets.hsmOf(target)
    const pin = plan.secrets.find((one) => one.purpose === 'hsm.pin' && one.target.id === target)
    if (pin === undefined) throw new KeyturnError('internal')
    const secret = secrets.get(pin.hole)
    if (secret === undefined) throw new KeyturnError('run-needs-unlock', { run })
    // Being logged in already is no attempt.
    if (!(await isLoggedIn(hsm.token))) await hsm.logIn(secret, pin)
    return hsm.token
  }

  const wipeSecrets = (): void => {
    for (const secret of secrets.values()) secret.wipe()
    secrets = new Map()
  }

  return {
    get secrets() {
      return secrets
    },
    serverOf: (target) => targets.serverOf(target),
    tokenOf,
    principalOf: (target) => targets.principalOf(target),
    open: () => targets.open(),
    ownSessions: () => locks.ownSessions(),
    async attach() {
      await targets.open()
      await locks.take(targets.servers())
    },
    async attachAgain({ say, note, signal }) {
      await targets.open()
      for (const server of targets.servers()) {
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
      await locks.take(targets.servers())
    },
    async assureLock({ id, kind }) {
      if (kind === 'sqlserver') await locks.take([targets.serverOf(id)])
    },
    async borrowSession(target) {
      const rested = resting.get(target)
      resting.delete(target)
      if (rested?.alive) return rested
      return targets.serverOf(target).session({ programName: programNameOf(run) })
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
