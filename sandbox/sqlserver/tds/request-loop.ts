/** Runs a session's requests one at a time, and attentions while they run. */
import { ProtocolError } from './bytes.ts'
import type { ServerError, TdsSession } from './contract.ts'
import { faultPlace } from './fault.ts'
import { MessageWriter } from './message-writer.ts'
import type { Message } from './packets.ts'
import { PacketStatus, PacketType } from './packets.ts'
import { readBatch, readRpcs, readTransactionRequests } from './requests.ts'
import { ResponseSink } from './response-sink.ts'
import { attentionDone, resetDone } from './tokens.ts'
import { UnknownTypeError } from './types.ts'
import type { Wire } from './wire.ts'

/** Clients wait for an answer before they ask again; a few waiting requests are tolerated, no pile of them. */
const MAX_WAITING = 16
const MAX_WAITING_BYTES = 16 * 1024 * 1024

export interface RequestLoopOptions {
  session: TdsSession
  state: { database: string }
  serverName: string
  spid: number
  packetBytes: number
  wire: Wire
  log: (line: string) => void
}

interface Running {
  abort: AbortController
  attention: boolean
}

export class RequestLoop {
  #options: RequestLoopOptions
  #loginDatabase: string
  #waiting: (Message | 'attention')[] = []
  #running: Running | null = null
  #working = false
  #stopped = false

  constructor(options: RequestLoopOptions) {
    this.#options = options
    this.#loginDatabase = options.state.database
  }

  add(message: Message): void {
    this.#push(message)
  }

  /** Stops the running request; with none running it is acknowledged all the same, since it may have come late. */
  attention(): void {
    if (this.#running) {
      this.#running.attention = true
      this.#running.abort.abort()
    } else this.#push('attention')
  }

  /** The connection is gone. */
  stop(): void {
    this.#stopped = true
    this.#waiting = []
    this.#running?.abort.abort()
  }

  #push(item: Message | 'attention'): void {
    if (this.#stopped) return
    this.#waiting.push(item)
    const bytes = this.#waiting.reduce(
      (sum, each) => sum + (each === 'attention' ? 0 : each.payload.length),
      0,
    )
    if (this.#waiting.length > MAX_WAITING || bytes > MAX_WAITING_BYTES) {
      throw new ProtocolError('too many requests at once')
    }
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      if (item === 'attention') await this.#acknowledgeAttention()
      else await this.#answer(item)
    }
    this.#working = false
  }

  #writer(): MessageWriter {
    const { wire, spid, packetBytes } = this.#options
    return new MessageWriter((packet) => wire.send(packet), spid, packetBytes)
  }

  /** Always a message of its own: tedious waits out its cancel timeout when it comes inside the answer. */
  async #acknowledgeAttention(): Promise<void> {
    const writer = this.#writer()
    void writer.append(attentionDone())
    await writer.end()
  }

  async #answer(message: Message): Promise<void> {
    const running: Running = { abort: new AbortController(), attention: false }
    this.#running = running
    const { signal } = running.abort
    const { serverName, state, wire, log } = this.#options
    const sink = new ResponseSink(this.#writer(), {
      serverName,
      session: state,
      aborted: () => signal.aborted,
    })
    try {
      if ((message.status & PacketStatus.ignore) !== 0) sink.markFailed()
      else await this.#run(message, sink, signal)
    } catch (error) {
      if (error instanceof ProtocolError) {
        log(`dropped: ${error.message}`)
        wire.destroy()
      } else if (!signal.aborted) {
        log(`the engine failed: ${faultPlace(error)}`)
        await sink.error(ENGINE_FAULT)
      }
    }
    await sink.end()
    this.#running = null
    if (sink.fatal) {
      this.stop()
      wire.end()
    } else if (running.attention) await this.#acknowledgeAttention()
  }

  async #run(message: Message, sink: ResponseSink, signal: AbortSignal): Promise<void> {
    const { session, state } = this.#options
    const resetBits = PacketStatus.reset | PacketStatus.resetKeepTransaction
    if ((message.firstStatus & resetBits) !== 0) {
      await session.reset((message.firstStatus & PacketStatus.resetKeepTransaction) !== 0)
      state.database = this.#loginDatabase
      await sink.token(resetDone())
    }
    switch (message.type) {
      case PacketType.batch:
        return session.batch(readBatch(message.payload), sink, signal)
      case PacketType.rpc:
        return this.#runCalls(message.payload, sink, signal)
      case PacketType.transactionManager:
        return this.#runTransaction(message.payload, sink)
      case PacketType.bulkLoad:
        return sink.error(notSimulated('Bulk load'))
      default:
        throw new ProtocolError(`message type ${message.type} after login`)
    }
  }

  async #runCalls(payload: Buffer, sink: ResponseSink, signal: AbortSignal): Promise<void> {
    let calls
    try {
      calls = readRpcs(payload)
    } catch (error) {
      if (!(error instanceof UnknownTypeError)) throw error
      return sink.error(notSimulated(`A parameter of ${error.message}`))
    }
    for (const { procedure, params } of calls) {
      if (signal.aborted || sink.fatal) return
      sink.beginCall(params.map((param) => param.name))
      await this.#options.session.rpc(procedure, params, sink, signal)
      await sink.endCall()
    }
  }

  async #runTransaction(payload: Buffer, sink: ResponseSink): Promise<void> {
    const requests = readTransactionRequests(payload)
    if (requests === null) return sink.error(notSimulated('Distributed transactions'))
    for (const { kind, name } of requests) {
      await this.#options.session.transactionManager(kind, name, sink)
    }
  }
}

const ENGINE_FAULT: ServerError = {
  number: 50000,
  state: 1,
  severity: 20,
  message: 'The simulated server stopped this session because of a fault of its own.',
}

function notSimulated(what: string): ServerError {
  return { number: 50000, state: 1, severity: 16, message: `${what}: not simulated by this server.` }
}
