import type { KeyturnError } from '../../shared/errors/problem.ts'
import type { ChannelName, ReplyOf, RequestOf } from '../../shared/ipc/contract.ts'
import { ownOrigin } from '../../electron/ipc/router.ts'
import type { Program } from '../../electron/program.ts'

export type Ask = <Name extends ChannelName>(name: Name, request: RequestOf<Name>) => Promise<ReplyOf<Name>>

/** Asks main as the window does: through the router, as the main frame of our own origin. */
export const askOf =
  (program: Program): Ask =>
  async (name, request) => {
    const answer = await program.dispatch({ isMainFrame: true, origin: ownOrigin }, name, request)
    if (answer.ok) return answer.value as never
    throw new AskRefused(name, answer.problem)
  }

/** The problem that the window would show. */
export class AskRefused extends Error {
  readonly problem: KeyturnError['problem']

  constructor(channel: string, problem: KeyturnError['problem']) {
    super(
      `${channel}: ${problem.code}: ${problem.title} ${JSON.stringify(problem.fields ?? problem.vendor ?? '')}`,
    )
    this.problem = problem
  }
}
