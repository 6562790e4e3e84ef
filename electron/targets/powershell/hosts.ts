import { hostname } from 'node:os'
import { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { HostCall } from '../../../shared/model/host-calls.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { AnswersOf, HostReach, PowerShellHosts } from '../../ports/powershell-host.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { hostScript, repliesMark } from '../../scripts/powershell/script.ts'
import { answersOf } from '../../scripts/powershell/answers.ts'
import { fitsCommandLine, startPowerShell, type Ended, type StartPowerShell } from './process.ts'

export interface LocalHostOptions {
  platform?: NodeJS.Platform
  computer?: string
  start?: StartPowerShell
}

const defaultTimeoutMs = 120_000

/** As Windows itself names the computer, and the scripts ask for it: a host name of DNS may be longer. */
const ownName = (): string => process.env['COMPUTERNAME'] ?? hostname()

/** Hosts as this computer reaches them: its own, where it runs Windows; no other. */
export const localHosts = (options: LocalHostOptions = {}): PowerShellHosts => {
  const { platform = process.platform, computer = ownName(), start = startPowerShell } = options
  const reachOf = (server: SqlServer): HostReach => {
    if (platform !== 'win32')
      return {
        reachable: false,
        because: 'This computer does not run Windows, so it has no Windows PowerShell',
      }
    const { machineName } = server.identity
    if (machineName.toUpperCase() !== computer.toUpperCase())
      return {
        reachable: false,
        because: `The server says that it runs on ${machineName}; this computer is ${computer}. Keyturn runs nothing on other computers`,
      }
    return { reachable: true, how: 'this-computer' }
  }
  return {
    reachOf,
    run: async (server, calls, { signal, timeoutMs = defaultTimeoutMs } = {}) => {
      const reach = reachOf(server)
      if (!reach.reachable)
        throw new KeyturnError('host-not-reachable', { target: server.ref.name, because: reach.because })
      const host = server.identity.machineName
      const answers: unknown[] = []
      for (const part of partsThatFit(calls, computer)) {
        const ended = await start(part.text, { timeoutMs, signal })
        answers.push(...answersOf(part.calls, repliesOf(ended, part.calls, host, timeoutMs), host))
      }
      return answers as AnswersOf<typeof calls>
    },
  }
}

interface Part {
  calls: HostCall[]
  text: string
}

/** A command line is of limited length: the calls go in as few starts as it allows. */
const partsThatFit = (calls: readonly HostCall[], computer: string): Part[] => {
  const textOf = (some: readonly HostCall[]): string =>
    displayScript(hostScript(some, { title: 'Calls of Keyturn', mark: 'keyturn', computer }))
  const parts: Part[] = []
  for (const call of calls) {
    const last = parts.at(-1)
    const together = last === undefined ? null : textOf([...last.calls, call])
    if (last !== undefined && together !== null && fitsCommandLine(together)) {
      last.calls.push(call)
      last.text = together
    } else parts.push({ calls: [call], text: textOf([call]) })
  }
  return parts
}

const result = z.object({ keyturn: z.literal(1), replies: z.unknown() })

const repliesOf = (
  { how, output }: Ended,
  calls: readonly HostCall[],
  host: string,
  timeoutMs: number,
): unknown => {
  switch (how) {
    case 'not-started':
      throw new KeyturnError('host-not-started')
    case 'too-long':
      throw new KeyturnError('host-timeout', { host, seconds: Math.round(timeoutMs / 1000) })
    case 'stopped':
      throw new KeyturnError('run-stopped', { who: 'A person', step: 'the work on the host' })
    case 'too-much':
      throw notUnderstood(calls, host)
    case 'ended': {
      const line = output.split(/\r?\n/).find((one) => one.startsWith(repliesMark))
      try {
        return result.parse(JSON.parse((line ?? '').slice(repliesMark.length))).replies
      } catch {
        throw notUnderstood(calls, host)
      }
    }
  }
}

const notUnderstood = (calls: readonly HostCall[], host: string): KeyturnError =>
  new KeyturnError('host-answer', { host, call: calls[0]?.call ?? 'the script' })
