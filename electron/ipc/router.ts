import { KeyturnError, problemOf, type Problem } from '../../shared/errors/problem.ts'
import {
  channelNames,
  contract,
  type Answer,
  type ChannelName,
  type ParsedRequestOf,
  type ReplyOf,
} from '../../shared/ipc/contract.ts'
import type { Channel } from '../../shared/ipc/channel.ts'
import { isBounded, zeroBytes } from './request-bounds.ts'

/** Who asked, as the shell saw it at the moment of the call. Null where the frame is already gone. */
export interface Sender {
  isMainFrame: boolean
  /** Scheme and host of the frame: `keyturn://app`. */
  origin: string
}

export const ownOrigin = 'keyturn://app'

export type Handler<Name extends ChannelName> = (request: ParsedRequestOf<Name>) => Promise<ReplyOf<Name>>
export type Handlers = { readonly [Name in ChannelName]: Handler<Name> }

export interface RouterOptions {
  handlers: Handlers
  /** True while only channels marked `whileLocked` may be used. */
  isLocked: () => boolean
  /** A rule of this shell that refuses a channel whatever is asked; null: none. */
  refusal?: (channel: ChannelName) => KeyturnError | null
  /** Called for requests that were refused before they reached a handler; goes into the record. */
  onRefused: (channel: string, problem: Problem) => void
  /** Called with what a handler threw when it was not one of our own errors. */
  onFault: (channel: string, thrown: unknown) => void
}

export interface Router {
  /** Never throws: every failure is an answer. Bytes in the request are zeroed when the answer is ready. */
  dispatch(sender: Sender | null, channel: unknown, request: unknown): Promise<Answer<unknown>>
}

/**
 * The one door: sender, then channel, then form of the request, then lock, then the handler. The sender is checked
 * before anything is awaited, because a frame can navigate away meanwhile.
 */
export const createRouter = ({ handlers, isLocked, refusal, onRefused, onFault }: RouterOptions): Router => {
  assertComplete(handlers)
  const refuse = (channel: string, error: KeyturnError): Answer<unknown> => {
    onRefused(channel, error.problem)
    return { ok: false, problem: error.problem }
  }
  return {
    dispatch: async (sender, channel, request) => {
      try {
        if (!sender?.isMainFrame || sender.origin !== ownOrigin) {
          return refuse(nameOf(channel), new KeyturnError('ipc-refused'))
        }
        if (!isChannelName(channel)) {
          return refuse(nameOf(channel), new KeyturnError('ipc-payload', { where: 'channel' }))
        }
        const ruledOut = refusal?.(channel) ?? null
        if (ruledOut) return refuse(channel, ruledOut)
        if (!isBounded(request)) {
          return refuse(channel, new KeyturnError('ipc-payload', { where: `${channel}: size` }))
        }
        const row: Channel = contract[channel]
        const parsed = row.request.safeParse(request)
        if (!parsed.success) {
          const where = parsed.error.issues[0]?.path.join('.') || 'request'
          return refuse(channel, new KeyturnError('ipc-payload', { where: `${channel}: ${where}` }))
        }
        if (isLocked() && !row.whileLocked) return refuse(channel, new KeyturnError('keyring-locked'))
        return { ok: true, value: await call(handlers, channel, parsed.data) }
      } catch (thrown) {
        if (!(thrown instanceof KeyturnError)) onFault(nameOf(channel), thrown)
        return { ok: false, problem: problemOf(thrown) }
      } finally {
        zeroBytes(request)
      }
    },
  }
}

/** Two groups with one name, or a channel without a handler, is a fault of ours that must show at start. */
export const joinHandlers = (...groups: readonly Partial<Handlers>[]): Handlers => {
  const joined: Record<string, unknown> = {}
  for (const group of groups) {
    for (const [name, handler] of Object.entries(group)) {
      if (name in joined) throw new Error(`channel ${name} has two handlers`)
      joined[name] = handler
    }
  }
  assertComplete(joined)
  return joined
}

function assertComplete(handlers: object): asserts handlers is Handlers {
  const missing = channelNames.filter((name) => !(name in handlers))
  const unknown = Object.keys(handlers).filter((name) => !isChannelName(name))
  if (missing.length > 0) throw new Error(`channels without a handler: ${missing.join(', ')}`)
  if (unknown.length > 0) throw new Error(`handlers without a channel: ${unknown.join(', ')}`)
}

const isChannelName = (name: unknown): name is ChannelName =>
  typeof name === 'string' && Object.hasOwn(contract, name)

/** The schema of the same row has just parsed the request, which the type system can't follow across the table. */
const call = (handlers: Handlers, name: ChannelName, request: unknown): Promise<unknown> =>
  (handlers[name] as (request: unknown) => Promise<unknown>)(request)

/** For the record: `String()` of what a page sends can throw. */
const nameOf = (channel: unknown): string =>
  typeof channel === 'string' ? channel.slice(0, 64) : 'not a name'
