import { KeyturnError } from '../../shared/errors/problem.ts'
import type { ShellProgram } from './shell.ts'

/** What the page that prints may ask, and nothing else: its data, and to say that it stands. */
const allowed: ReadonlySet<unknown> = new Set(['print.content', 'print.ready'])

/** A page that does not stand after this time is given up, in milliseconds. */
const longestWait = 30_000

export interface PrintDoor extends Pick<ShellProgram, 'dispatch' | 'scheme'> {
  /** Resolves when the page says that it stands. `print-failed` when it got no data, or not in time. */
  ready(): Promise<void>
}

/** The door of a window that only prints. It goes through the program's own router, with two channels open. */
export const openPrintDoor = (program: Pick<ShellProgram, 'dispatch'>): PrintDoor => {
  const stands = Promise.withResolvers<undefined>()
  stands.promise.catch(() => undefined)
  return {
    scheme: () => 'light',
    dispatch: async (sender, channel, request) => {
      if (!allowed.has(channel)) return { ok: false, problem: new KeyturnError('ipc-refused').problem }
      const answer = await program.dispatch(sender, channel, request)
      if (!answer.ok) stands.reject(new KeyturnError('print-failed'))
      else if (channel === 'print.ready') stands.resolve(undefined)
      return answer
    },
    ready: async () => {
      const timer = setTimeout(() => stands.reject(new KeyturnError('print-failed')), longestWait)
      try {
        await stands.promise
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
