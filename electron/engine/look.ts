import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { RunLook } from '../../shared/model/plan.ts'
import type { SqlServer, SqlSession } from '../ports/sql-server.ts'
import type { CheckResult, StepContext, StepHandler } from './contract.ts'
import type { EngineDeps } from './engine-deps.ts'
import type { LiveRun } from './live-run.ts'
import { oldSessions, sessionWords, type OldSession } from './old-sessions.ts'
import { firstLeft } from './perform.ts'
import { withoutSecrets } from './redact.ts'
import { createResources, type Resources } from './resources.ts'
import { stepContext } from './walk.ts'

/** Not that of a run: a run that goes on must not wait for somebody who only looks. */
const programName = 'Keyturn look'

/**
 * Asks the target about the step at which an undecided run stands, with the same `check` that resuming begins with.
 * It takes no lock, records nothing, sends nothing that changes anything, and no PIN. What went wrong is part of the answer:
 * a target that does not answer is something to know before one decides. Connections and secrets are of its own.
 */
export const lookAtRun = async (
  live: LiveRun,
  deps: EngineDeps,
  handlers: Readonly<Record<string, StepHandler>>,
  own: readonly number[],
): Promise<RunLook> => {
  const at = firstLeft(live)
  const now = (): string => deps.clock.now().toISOString()
  if (at === null) return { step: null, target: null, at: now(), found: 'done', problem: null, note: null }
  const { target, kind } = live.planned(at)
  const answer = (rest: Pick<RunLook, 'found'> & Partial<RunLook>): RunLook => ({
    step: at + 1,
    target: target.name,
    at: now(),
    problem: null,
    note: null,
    ...rest,
  })
  const resources = createResources(live.run.plan, deps)
  const atWork = async (server: SqlServer): Promise<OldSession | undefined> =>
    (await oldSessions(server, live.run.id, own))[0]
  const sessions: SqlSession[] = []
  try {
    await resources.openSecrets()
    await resources.open()
    const busy = target.kind === 'sqlserver' ? await atWork(resources.serverOf(target.id)) : undefined
    if (busy !== undefined) return answer({ found: 'at-work', note: sessionWords(busy) })
    const handler = handlers[kind]
    if (handler === undefined) return answer({ found: 'not-read' })
    const result = await handler.check(contextOf(live, at, deps, resources, sessions))
    return answer(foundBy(result, resources))
  } catch (thrown) {
    return answer({ found: 'not-read', problem: withoutSecrets(problemOf(thrown), resources.secrets) })
  } finally {
    for (const session of sessions) await session.close().catch(() => undefined)
    resources.wipeSecrets()
    await resources.release()
  }
}

const foundBy = (result: CheckResult, { secrets }: Resources): Pick<RunLook, 'found' | 'problem'> =>
  result.state === 'needed' || result.state === 'satisfied'
    ? { found: result.state === 'needed' ? 'not-there' : 'there', problem: null }
    : { found: result.state, problem: withoutSecrets(result.problem, secrets) }

const contextOf = (
  live: LiveRun,
  at: number,
  deps: EngineDeps,
  resources: Resources,
  sessions: SqlSession[],
): StepContext => {
  const { before, attempt } = live.step(at)
  const { target } = live.planned(at)
  return stepContext(live, at, resources, deps, {
    before,
    attempt,
    // A page that opens by itself uses up no try of a PIN; the run's own session ended when it began to wait.
    hsm: () => Promise.reject(new KeyturnError('hsm-look-needs-pin', { token: target.name })),
    async session() {
      const session = await resources.serverOf(target.id).session({ programName })
      sessions.push(session)
      return session
    },
    signal: new AbortController().signal,
    progress: () => undefined,
    say: () => undefined,
  })
}
