import { problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { ConnectionCheck } from '../../shared/ipc/schemas.ts'
import type { Clock } from '../ports/clock.ts'

export type CheckAnswer = readonly [ConnectionCheck['state'], string]

/** Checks of a connection test in order; after the first failure the rest are `not-reached`. */
export interface Trial {
  readonly checks: ConnectionCheck[]
  readonly problem: Problem | null
  check(name: string, work: () => Promise<CheckAnswer>): Promise<void>
  /** A question whose refusal (`refusals`, by code) is an answer too: the connection is there. */
  fact(name: string, refusals: ReadonlySet<string>, work: () => Promise<CheckAnswer>): Promise<void>
}

export const beginTrial = (clock: Clock): Trial => {
  const checks: ConnectionCheck[] = []
  let problem: Problem | null = null
  const check: Trial['check'] = async (name, work) => {
    const at = clock.now().toISOString()
    if (problem !== null) {
      checks.push({ name, state: 'not-reached', detail: 'A check before this one failed', at })
      return
    }
    try {
      const [state, detail] = await work()
      checks.push({ name, state, detail, at })
    } catch (error) {
      problem = problemOf(error)
      checks.push({ name, state: 'failed', detail: problem.title, at })
    }
  }
  return {
    checks,
    get problem() {
      return problem
    },
    check,
    fact: (name, refusals, work) =>
      check(name, async () => {
        try {
          return await work()
        } catch (error) {
          const { code, title } = problemOf(error)
          if (refusals.has(code)) return ['failed', title]
          throw error
        }
      }),
  }
}
