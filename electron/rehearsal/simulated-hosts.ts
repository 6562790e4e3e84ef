import type { HostCall } from '../../shared/model/host-calls.ts'
import type { AnswersOf, PowerShellHosts } from '../ports/powershell-host.ts'
import { answersOf } from '../scripts/powershell/answers.ts'

/** Sends calls to the simulated host of one server and gives its replies as they came. */
export type AskSimulatedHost = (instance: string, calls: readonly HostCall[]) => Promise<unknown>

/** The simulated Windows hosts of a rehearsal: the same calls, as values, without a PowerShell. */
export const simulatedHosts = (ask: AskSimulatedHost): PowerShellHosts => ({
  reachOf: () => ({ reachable: true, how: 'simulated' }),
  run: async (server, calls) =>
    answersOf(calls, await ask(server.ref.name, calls), server.identity.machineName) as AnswersOf<
      typeof calls
    >,
})
