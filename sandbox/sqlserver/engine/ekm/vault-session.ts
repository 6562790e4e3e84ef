import { RequestAborted } from '../errors.ts'
import { CODES, ConnectorFailure, httpCode, troubleOf } from './failure.ts'
import type { FailureStage } from './failure.ts'
import { described } from './described.ts'
import { TransportFailure, exchange } from './exchange.ts'
import type { Answer, Exchange, Reach } from './exchange.ts'
import { asksAgain, generationOf } from './library.ts'

/** Oldest that today's service and its simulators answer alike. */
const API = 'api-version=7.4'
const CLIENT_ID = 32
/** A token is not used in its last moments. */
const MARGIN = 60_000
const TRIES = 3
/** What the simulated Azure answers for a name that no resource of it has; no vault answers that. */
const NO_SUCH_HOST = 501

export interface ConnectorTools {
  reach: Reach
  now: () => Date
  /** Rest between two tries of a request, in milliseconds. */
  pause: number
}

/**
 * What the connector holds for one credential from its first use until the service restarts: the secret as it was then,
 * and a token. It never logs, and its failures carry numbers only.
 */
export class VaultSession {
  /** `https://name.vault.azure.net` */
  readonly vault: string
  private readonly version: string
  private readonly clientId: string
  private readonly secret: Buffer
  private readonly tools: ConnectorTools
  private token: { text: string; until: number } | undefined

  /** `secret`: client id without hyphens, then the client secret; it is wiped by `close`. Throws 2050. */
  constructor(version: string, identity: string, secret: Buffer, tools: ConnectorTools) {
    const text = secret.toString('utf8')
    if (text.length <= CLIENT_ID) throw new ConnectorFailure(CODES.secretTooShort, 'session')
    this.version = version
    this.vault = `https://${vaultHost(identity)}`
    this.clientId = guidOf(text.slice(0, CLIENT_ID))
    this.secret = Buffer.from(text.slice(CLIENT_ID), 'utf8')
    this.tools = tools
  }

  close(): void {
    this.secret.fill(0)
    this.token = undefined
  }

  /** Resolves when there is a token; throws what keeps the connector from a session with the vault. */
  async signIn(signal: AbortSignal): Promise<void> {
    await this.tokenFor(signal)
  }

  /** GET or, with a body, POST below the vault. `notReadable`: the code for an answer that is no JSON object. */
  async ask(
    path: string,
    body: Readonly<Record<string, string>> | undefined,
    notReadable: number,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const mark = path.includes('?') ? '&' : '?'
    const url = this.url(`${this.vault}${path}${mark}${API}`, 'session')
    const request = jsonRequest(url, { accept: 'application/json' }, body)
    const asked = async (): Promise<Answer> => {
      const authorization = `Bearer ${await this.tokenFor(signal)}`
      return this.patiently({ ...request, headers: { ...request.headers, authorization } }, 'key', signal)
    }
    let answer = await asked()
    if (answer.status === 401) {
      // A token that the vault no longer takes is asked for again, once.
      this.token = undefined
      answer = await asked()
    }
    this.assertNoTrouble(request, answer, 'key')
    return objectIn(answer.body) ?? fail(notReadable, 'key', described(request, answer))
  }

  private async tokenFor(signal: AbortSignal): Promise<string> {
    const now = this.tools.now().getTime()
    if (this.token !== undefined && this.token.until > now) return this.token.text
    const { authority, resource } = await this.challenge(signal)
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: this.clientId,
      client_secret: this.secret.toString('utf8'),
      scope: `${resource}/.default`,
    })
    const request: Exchange = {
      method: 'POST',
      url: this.url(`${authority}/oauth2/v2.0/token`, 'session'),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
    }
    const answer = await this.patiently(request, 'session', signal)
    if (answer.status === 400 || answer.status === 401 || answer.status === 403)
      fail(CODES.badCredentials, 'session', described(request, answer))
    this.assertNoTrouble(request, answer, 'session')
    // An answer with a token in it is not described.
    const reply = objectIn(answer.body) ?? fail(CODES.tokenNotReadable, 'session')
    const { access_token: text, expires_in: seconds } = reply
    if (typeof text !== 'string' || text === '') return fail(CODES.noToken, 'session')
    this.token = { text, until: now + Math.max(0, Number(seconds ?? 0)) * 1000 - MARGIN }
    return text
  }

  /** The vault says which directory its tokens come from. */
  private async challenge(signal: AbortSignal): Promise<{ authority: string; resource: string }> {
    const request = jsonRequest(this.url(`${this.vault}/keys?maxresults=1&${API}`, 'session'), {}, undefined)
    const answer = await this.patiently(request, 'session', signal)
    if (answer.status !== 401) this.assertNoTrouble(request, answer, 'session')
    const header = String(answer.headers['www-authenticate'] ?? '')
    const found = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]+)"`).exec(header)?.[1]
    const [authority, resource] = [found('authorization'), found('resource')]
    if (authority === undefined || resource === undefined)
      return fail(CODES.challenge, 'session', described(request, answer))
    return { authority: authority.replace(/\/$/, ''), resource: resource.replace(/\/$/, '') }
  }

  private async patiently(order: Exchange, stage: FailureStage, signal: AbortSignal): Promise<Answer> {
    const tries = asksAgain(this.version) ? TRIES : 1
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.once(order, stage, signal)
      if (attempt >= tries || (answer.status !== 429 && answer.status < 500)) return answer
      await rest(this.tools.pause, signal)
    }
  }

  private async once(order: Exchange, stage: FailureStage, signal: AbortSignal): Promise<Answer> {
    try {
      const answer = await exchange(this.tools.reach, order, signal)
      if (answer.status === NO_SUCH_HOST) throw new TransportFailure('resolve')
      return answer
    } catch (error) {
      if (signal.aborted) throw new RequestAborted()
      if (!(error instanceof TransportFailure)) throw error
      const { part } = error
      const code = part === 'resolve' ? CODES.hostNotResolved : httpCode(part, this.generation)
      return fail(code, stage, `${order.method} ${order.url.origin}${order.url.pathname}: ${BROKE[part]}`)
    }
  }

  private assertNoTrouble(request: Exchange, answer: Answer, stage: FailureStage): void {
    const trouble = troubleOf(answer.status)
    if (trouble !== undefined) fail(httpCode(trouble, this.generation), stage, described(request, answer))
  }

  get generation(): 1 | 2 {
    return generationOf(this.version)
  }

  /** An IDENTITY that is no host name makes no URL: nothing has that name. */
  private url(text: string, stage: FailureStage): URL {
    if (!URL.canParse(text))
      fail(CODES.hostNotResolved, stage, 'the identity of the credential is no host name')
    return new URL(text)
  }
}

const BROKE = {
  resolve: 'the host name has no address',
  send: 'no connection',
  status: 'the connection ended before an answer',
  body: 'the answer broke off',
} as const

function fail(code: number, stage: FailureStage, detail?: string): never {
  throw new ConnectorFailure(code, stage, detail)
}

/** In the public cloud the name of the vault, elsewhere and for a managed HSM its whole host name. */
const vaultHost = (identity: string): string =>
  (identity.includes('.') ? identity : `${identity}.vault.azure.net`).toLowerCase()

/** Hyphens in their places; what is no number of 32 digits goes out as it is, and the directory refuses it. */
const guidOf = (text: string): string =>
  /^[0-9a-f]{32}$/i.test(text) ? text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : text

function jsonRequest(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, string>> | undefined,
): Exchange {
  return body === undefined
    ? { method: 'GET', url, headers, body: undefined }
    : {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
  if (signal.aborted) throw new RequestAborted()
}
