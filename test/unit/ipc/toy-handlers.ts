import type { Handlers } from '../../../electron/ipc/router.ts'
import { createRouter, type Router, type Sender } from '../../../electron/ipc/router.ts'
import { channelNames } from '../../../shared/ipc/contract.ts'
import type { Problem } from '../../../shared/errors/problem.ts'

export const window: Sender = { isMainFrame: true, origin: 'keyturn://app' }

export interface Toy {
  router: Router
  /** What reached a handler. */
  calls: { channel: string; request: unknown }[]
  refused: { channel: string; problem: Problem }[]
  faults: { channel: string; thrown: unknown }[]
}

/** A router whose handlers write down what reached them; `own` replaces some. */
export const toyRouter = (own: Record<string, (request: never) => unknown> = {}, locked = false): Toy => {
  const calls: Toy['calls'] = []
  const refused: Toy['refused'] = []
  const faults: Toy['faults'] = []
  const handlers = Object.fromEntries(
    channelNames.map((channel) => [
      channel,
      async (request: unknown) => {
        calls.push({ channel, request: structuredClone(request) })
        return (await own[channel]?.(request as never)) ?? { done: true }
      },
    ]),
  )
  const router = createRouter({
    handlers: handlers as unknown as Handlers,
    isLocked: () => locked,
    onRefused: (channel, problem) => refused.push({ channel, problem }),
    onFault: (channel, thrown) => faults.push({ channel, thrown }),
  })
  return { router, calls, refused, faults }
}
