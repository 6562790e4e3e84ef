import type { KeyturnError } from '../../../shared/errors/problem.ts'
import type { ChildExit } from '../../platform/child-process.ts'
import { packMessage, unpackMessage } from '../../platform/frames.ts'
import type { FramedChild, StartFramedChild } from '../../platform/framed-child.ts'
import type { HsmCallOptions } from '../../ports/hsm.ts'
import { hsmError, plainError, type Named } from './errors.ts'
import { operations, replySchema, type Gives, type Operation, type Takes } from './messages.ts'

/** How many requests are on their way at once: the next is there when the module is done, and a queue stays ours. */
const ahead = 8
export const defaultLimitMs = 30_000
export const keyMakingLimitMs = 300_000
/** How long the end of a killed process is awaited: one that is stuck in a driver ends when the driver lets it. */
export const longestEndMs = 2_000
const slow = new Set<Operation>(['generateRsa', 'generateEc', 'generateAes'])

interface Waiting {
  id: number
  op: Operation
  takes: object
  options: HsmCallOptions
  resolve(gives: unknown): void
  reject(error: KeyturnError): void
}

/** One running process of a module. Requests are answered in the order they came. */
export interface Link {
  readonly pid: number
  /** The process is gone; or it was killed and does not end, as while it is stuck in a driver. */
  readonly ended: Promise<void>
  ask<Op extends Operation>(op: Op, takes: Takes<Op>, options?: HsmCallOptions): Promise<Gives<Op>>
  /** Ends the process; what waits is refused. Repeating it is harmless. */
  end(): Promise<void>
}

export interface LinkOptions {
  start: StartFramedChild
  entry: string
  environment: Readonly<Record<string, string>>
  named: Named
  /** A failure that says the session is lost. */
  onLost(): void
  /** The process ended without being asked to. */
  onCrash(): void
}

export const openLink = async (options: LinkOptions): Promise<Link> => {
  const { named } = options
  /** Sent and not answered, oldest first; only the first has begun. */
  const sent: Waiting[] = []
  const queue: Waiting[] = []
  let nextId = 1
  let over = false
  let refused = false
  /** Why the process is being ended, and by which request. */
  let because: { first: Waiting; error: KeyturnError } | null = null
  let timer: NodeJS.Timeout | undefined
  const finished = Promise.withResolvers<void>()

  const child: FramedChild = await options.start({
    entry: options.entry,
    environment: options.environment,
    onFrame: (payload) => answered(payload),
  })

  const endBecause = (first: Waiting, error: KeyturnError): void => {
    if (over) return
    because = { first, error }
    over = true
    void child.kill()
    clearTimeout(timer)
    timer = setTimeout(() => refuseAll({ code: null, signal: 'SIGKILL' }), longestEndMs)
  }
  const refuseAll = (exit: ChildExit): void => {
    if (refused) return
    refused = true
    over = true
    clearTimeout(timer)
    finished.resolve()
    options.onLost()
    const begun = sent.shift()
    if (begun !== undefined)
      begun.reject(begun === because?.first ? because.error : crashError(begun, exit, named))
    for (const waiting of [...sent.splice(0), ...queue.splice(0)])
      waiting.reject(
        waiting === because?.first ? because.error : plainError('hsm-not-begun', waiting.op, named),
      )
  }
  const watchFirst = (): void => {
    clearTimeout(timer)
    const [first] = sent
    if (first === undefined) return
    const limit = first.options.timeoutMs ?? (slow.has(first.op) ? keyMakingLimitMs : defaultLimitMs)
    timer = setTimeout(
      () =>
        endBecause(
          first,
          plainError('hsm-module-hangs', first.op, named, { seconds: String(Math.round(limit / 1_000)) }),
        ),
      limit,
    )
  }
  const pump = (): void => {
    while (!over && sent.length < ahead) {
      const next = queue.shift()
      if (next === undefined) return
      sent.push(next)
      if (sent.length === 1) watchFirst()
      child.send(packMessage({ id: next.id, op: next.op, takes: next.takes }))
      wipeOwn(next)
    }
  }
  const answered = (payload: Buffer): void => {
    const first = sent[0]
    if (first === undefined || over) return
    let gives: unknown
    try {
      const reply = replySchema.parse(unpackMessage(payload))
      if (reply.id !== first.id) throw new RangeError('an answer to another request')
      if ('failure' in reply) {
        sent.shift()
        watchFirst()
        if (reply.failure.lost) options.onLost()
        first.reject(hsmError(reply.failure, first.op, named))
        return pump()
      }
      gives = operations[first.op].gives.parse(reply.gives)
    } catch {
      return endBecause(first, plainError('hsm-module-lies', first.op, named, { why: 'it has another form' }))
    }
    sent.shift()
    watchFirst()
    first.resolve(gives)
    pump()
  }

  void child.exited.then((exit) => {
    if (because === null) options.onCrash()
    refuseAll(exit)
  })

  return {
    pid: child.pid,
    ended: finished.promise,
    ask: <Op extends Operation>(op: Op, takes: Takes<Op>, asked: HsmCallOptions = {}) =>
      new Promise<Gives<Op>>((resolve, reject) => {
        const { signal } = asked
        const refused = signal?.aborted === true ? 'hsm-cancelled' : over ? 'hsm-not-begun' : null
        if (refused !== null) {
          wipeOwn({ op, takes })
          return reject(plainError(refused, op, named))
        }
        const cancel = (): void => {
          const error = plainError('hsm-cancelled', op, named)
          const at = queue.indexOf(waiting)
          if (at < 0) return endBecause(waiting, error)
          queue.splice(at, 1)
          waiting.reject(error)
        }
        const done = (): void => {
          signal?.removeEventListener('abort', cancel)
          wipeOwn(waiting)
        }
        const waiting: Waiting = {
          id: nextId++,
          op,
          takes,
          options: asked,
          resolve: (gives) => (done(), resolve(gives as Gives<Op>)),
          reject: (error) => (done(), reject(error)),
        }
        signal?.addEventListener('abort', cancel, { once: true })
        queue.push(waiting)
        pump()
      }),
    end: async () => {
      const first = sent[0] ?? nobody
      endBecause(first, plainError('hsm-closed', first.op, named))
      await finished.promise
    },
  }
}

const nobody: Waiting = {
  id: 0,
  op: 'facts',
  takes: {},
  options: {},
  resolve: () => undefined,
  reject: () => undefined,
}

/** What holds secrets was copied for the request: the caller wipes its own. */
const wipeOwn = ({ op, takes }: Pick<Waiting, 'op' | 'takes'>): void => {
  if (op !== 'logIn' && op !== 'importSecret') return
  for (const part of Object.values(takes)) if (part instanceof Uint8Array) part.fill(0)
}

const crashError = ({ op }: Waiting, { code, signal }: ChildExit, named: Named): KeyturnError =>
  hsmError(
    { code: 'hsm-module-crashed', params: {}, vendor: null },
    op,
    named,
    signal ?? (code === null ? null : `exit code ${code}`),
  )
