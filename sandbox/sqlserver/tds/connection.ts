/** One client: PRELOGIN, login, then one request after the other until the socket is gone. */
import type { Socket } from 'node:net'
import { ProtocolError } from './bytes.ts'
import type { ConnectionControl, LoginResult, ServerError, TdsEngine, TdsSession } from './contract.ts'
import { faultPlace } from './fault.ts'
import type { Login7 } from './login7.ts'
import { readLogin7 } from './login7.ts'
import { loginAccepted, loginRefused } from './login-answer.ts'
import type { Message } from './packets.ts'
import {
  INITIAL_PACKET_BYTES,
  MAX_PACKET_BYTES,
  MessageAssembler,
  PacketReader,
  PacketType,
  packetsOf,
} from './packets.ts'
import type { Encryption } from './prelogin.ts'
import { EncryptionCode, agreeEncryption, readPrelogin, writePrelogin } from './prelogin.ts'
import { RequestLoop } from './request-loop.ts'
import type { TlsContexts } from './wire.ts'
import { Wire } from './wire.ts'

/** LOGIN7 can't state more; a stranger gets no more memory than this. */
const MAX_LOGIN_BYTES = 128 * 1024
const MAX_REQUEST_BYTES = 16 * 1024 * 1024

const INTEGRATED_LOGIN_REFUSED: ServerError = {
  number: 18452,
  state: 1,
  severity: 14,
  message:
    'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.',
}

export interface ConnectionOptions {
  engine: TdsEngine
  encryption: Encryption
  contexts: TlsContexts
  spid: number
  loginTimeoutMs: number
  log: (line: string) => void
  closed: () => void
}

type Stage = 'prelogin' | 'login' | 'checking' | 'ready' | 'closing'

export class Connection implements ConnectionControl {
  readonly spid: number
  #options: ConnectionOptions
  #wire: Wire
  #stage: Stage = 'prelogin'
  #loginOnlyTls = false
  #packetBytes = INITIAL_PACKET_BYTES
  #packets = new PacketReader(() =>
    this.#stage === 'ready' ? Math.max(INITIAL_PACKET_BYTES, this.#packetBytes) : MAX_PACKET_BYTES,
  )
  #assembler = new MessageAssembler(() => (this.#stage === 'ready' ? MAX_REQUEST_BYTES : MAX_LOGIN_BYTES))
  #loginTimer: NodeJS.Timeout
  #session: TdsSession | null = null
  #requests: RequestLoop | null = null
  #gone = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.spid = options.spid
    this.#options = options
    this.#wire = new Wire(socket, options.contexts, {
      data: (chunk) => this.#received(chunk),
      failed: (reason) => this.#log(`dropped: ${reason}`),
      closed: () => this.#closed(),
    })
    this.#loginTimer = setTimeout(() => {
      this.#log('dropped: no login in time')
      this.#wire.destroy()
    }, options.loginTimeoutMs).unref()
  }

  destroy(): void {
    this.#wire.destroy()
  }

  #log(line: string): void {
    this.#options.log(`spid ${this.spid} ${line}`)
  }

  #received(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      const { packet, next } = this.#packets.take(chunk, at)
      at = next
      if (packet === null) return
      if (packet.type === PacketType.attention) {
        this.#attention()
        continue
      }
      const message = this.#assembler.add(packet)
      if (message === null) continue
      const encryptionChanged = this.#message(message)
      if (encryptionChanged && at < chunk.length)
        throw new ProtocolError('data before encryption was settled')
    }
  }

  #attention(): void {
    if (this.#requests === null) throw new ProtocolError('attention before login')
    this.#assembler.drop()
    this.#requests.attention()
  }

  /** Returns true when the bytes that follow travel under other encryption than these did. */
  #message(message: Message): boolean {
    switch (this.#stage) {
      case 'prelogin':
        if (message.type === PacketType.prelogin) return this.#prelogin(message.payload)
        // Old clients skip PRELOGIN. A server that requires encryption never hears their password this way.
        if (this.#options.encryption === 'required' && !this.#wire.encrypted) {
          throw new ProtocolError('login without encryption')
        }
        return this.#login(message)
      case 'login':
        return this.#login(message)
      case 'ready':
        this.#requests?.add(message)
        return false
      case 'checking':
        throw new ProtocolError('a request before the login answer')
      case 'closing':
        return false
    }
  }

  #prelogin(payload: Buffer): boolean {
    const { engine, encryption: policy } = this.#options
    const asked = readPrelogin(payload)
    const agreed = this.#wire.strict ? EncryptionCode.notSupported : agreeEncryption(policy, asked.encryption)
    const answer = writePrelogin(engine.programVersion, agreed, asked.asksFedAuth)
    void this.#wire.send(packetsOf(PacketType.response, this.spid, answer, INITIAL_PACKET_BYTES))
    this.#stage = 'login'
    this.#log(`prelogin: client encryption ${asked.encryption ?? 'unsaid'}, answered ${agreed}`)
    if (this.#wire.strict || agreed === EncryptionCode.notSupported) return false
    this.#loginOnlyTls = agreed === EncryptionCode.off
    this.#wire.beginTunnel()
    return true
  }

  #login(message: Message): boolean {
    if (message.type !== PacketType.login7) throw new ProtocolError(`message type ${message.type} at login`)
    const encrypted = this.#wire.encrypted
    const login = readLogin7(message.payload)
    message.payload.fill(0)
    clearTimeout(this.#loginTimer)
    this.#stage = 'checking'
    if (this.#loginOnlyTls) this.#wire.leaveTunnel()
    this.#log(`login: TDS ${login.tdsVersion}, packets of ${login.packetSize}`)
    void this.#check(login, encrypted)
    return this.#loginOnlyTls
  }

  async #check(login: Login7, encrypted: boolean): Promise<void> {
    const { engine } = this.#options
    const result = await this.#ask(login, encrypted)
    if (result === null) {
      this.#wire.destroy()
      return
    }
    if (this.#gone) {
      if (result.ok) this.#tellClosed(result.session)
      return
    }
    if (!result.ok) {
      this.#stage = 'closing'
      await this.#answerLogin(loginRefused(result.errors, engine.serverName))
      this.#wire.end()
      return
    }
    const database = result.database ?? (login.database || 'master')
    this.#session = result.session
    const answer = this.#answerLogin(loginAccepted(login, database, engine))
    this.#packetBytes = login.packetSize
    this.#requests = new RequestLoop({
      session: result.session,
      state: { database },
      serverName: engine.serverName,
      spid: this.spid,
      packetBytes: login.packetSize,
      wire: this.#wire,
      log: (line) => this.#log(line),
    })
    this.#stage = 'ready'
    await answer
  }

  /** Null when the engine failed. */
  async #ask(login: Login7, encrypted: boolean): Promise<LoginResult | null> {
    if (login.integrated) return { ok: false, errors: [INTEGRATED_LOGIN_REFUSED] }
    const { userName, password, hostName, appName, database, tdsVersion, packetSize } = login
    const request = { userName, password, hostName, appName, database, tdsVersion, packetSize, encrypted }
    try {
      return await this.#options.engine.login(request, { spid: this.spid })
    } catch (error) {
      this.#log(`login: the engine failed: ${faultPlace(error)}`)
      return null
    }
  }

  #answerLogin(tokens: Buffer): Promise<void> {
    return this.#wire.send(packetsOf(PacketType.response, this.spid, tokens, INITIAL_PACKET_BYTES))
  }

  #closed(): void {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#loginTimer)
    this.#requests?.stop()
    this.#options.closed()
    if (this.#session) this.#tellClosed(this.#session)
  }

  #tellClosed(session: TdsSession): void {
    try {
      session.closed()
    } catch (error) {
      this.#log(`the engine failed: ${faultPlace(error)}`)
    }
  }
}
