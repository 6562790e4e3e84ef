import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId } from '../../shared/model/ids.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import { readRunSessions, readSessionRight } from './server-lock-sql.ts'
import { programNameOf } from './server-locks.ts'

export interface WaitOptions {
  /** How long to wait for statements of an earlier attempt, in milliseconds. */
  mostMs: number
  /** Between two looks, in milliseconds. */
  pauseMs: number
  monotonicMs(): number
  pause(ms: number): Promise<void>
  /** Server process ids that belong to this attempt. */
  own: readonly number[]
  /** What is being waited for, while it is. */
  say(message: string): void
  /** What stays with the run. */
  note(message: string): void
  signal: AbortSignal
}

/**
 * Before anything is sent again: waits until the server shows no session of an earlier attempt of this run, because a
 * statement may still be at work there. `run-target-locked` names it when the time is over. Where the login may not
 * see sessions, that is said, and the lock alone has to do.
 */
export const waitForOldSessions = async (
  server: SqlServer,
  run: RunId,
  options: WaitOptions,
): Promise<void> => {
  const until = options.monotonicMs() + options.mostMs
  await sayWhatIsNotVisible(server, options)
  for (;;) {
    const [first] = await oldSessions(server, run, options.own)
    if (first === undefined) return
    const what = sessionWords(first)
    if (options.monotonicMs() >= until || options.signal.aborted) {
      throw new KeyturnError('run-target-locked', { target: server.ref.name, holder: what })
    }
    options.say(`Waiting for ${what} on ${server.ref.name} to end`)
    await options.pause(options.pauseMs)
  }
}

const sayWhatIsNotVisible = async (server: SqlServer, { note }: WaitOptions): Promise<void> => {
  const [right] = await server.query(readSessionRight)
  if (Number(right?.sees_all) === 1) return
  note(
    `Sessions of an earlier attempt are not visible with this login on ${server.ref.name}; the lock decides`,
  )
}

export interface OldSession {
  spid: number
  command: string | null
}

export const sessionWords = ({ spid, command }: OldSession): string =>
  `session ${spid} of an earlier attempt of this run${command === null ? '' : ` (${command})`}`

/** Sessions of an earlier attempt that the server still shows to this login. */
export const oldSessions = async (
  server: SqlServer,
  run: RunId,
  own: readonly number[],
): Promise<OldSession[]> => {
  const rows = await server.query(readRunSessions)
  return rows
    .filter((row) => row.program_name === programNameOf(run) && !own.includes(Number(row.session_id)))
    .map((row) => ({
      spid: Number(row.session_id),
      command: typeof row.command === 'string' ? row.command : null,
    }))
}
