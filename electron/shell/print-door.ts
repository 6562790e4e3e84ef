import { KeyturnError } from '../../shared/errors/problem.ts'
import type { PrintDocument } from '../../shared/model/print.ts'
import { ownOrigin, type Sender } from '../ipc/router.ts'
import type { ShellProgram } from './shell.ts'

/** What the page that prints may ask, and nothing else: its data, and to say that it stands. */
const allowed: ReadonlySet<unknown> = new Set(['print.content', 'print.ready'])

/** A page that does not stand after this time is given up, in milliseconds. */
const longestWait = 30_000

const isOwnPage = (sender: Sender | null): boolean =>
  sender?.isMainFrame === true && sender.origin === ownOrigin

export interface PrintDoor extends Pick<ShellProgram, 'dispatch' | 'scheme'> {
  /** Resolves when the page says that it stands. `print-failed` when it got no data, or not in time. */
  ready(): Promise<void>
}

/**
 * The door of a window that only prints. It goes through the program's own router, with two channels open. What main
 * gave for the page is answered here, once, to the page itself; the router never sees it.
 */
export const openPrintDoor = (
  program: Pick<ShellProgram, 'dispatch'>,
  given: PrintDocument | null = null,
): PrintDoor => {
  let document = given
  const stands = Promise.withResolvers<undefined>()
  stands.promise.catch(() => undefined)
  return {
    scheme: () => 'light',
    dispatch: async (sender, channel, request) => {
      if (!allowed.has(channel)) return { ok: false, problem: new KeyturnError('ipc-refused').problem }
      if (document !== null && channel === 'print.content' && isOwnPage(sender)) {
        const value = document
        document = null
        return { ok: true, value }
      }
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
