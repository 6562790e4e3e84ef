import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Reach } from '../../../../sandbox/sqlserver/engine/ekm/exchange.ts'
import { makeServerCertificate } from '../../../../sandbox/sqlserver/tds/certificate.ts'

export const VAULT = 'ktr-vault'
export const OTHER_VAULT = 'ktr-vault-2'
const TENANT = '6f1d3a52-0c11-4c56-9d7e-1d2b3c4d5e6f'
export const CLIENT_ID = '0f8fad5b-d9cb-469f-a165-70867728950e'
const HOSTS = [
  'login.microsoftonline.com',
  `${VAULT}.vault.azure.net`,
  `${OTHER_VAULT}.vault.azure.net`,
  'ktr-hsm.managedhsm.azure.net',
]
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

let certificate: ReturnType<typeof makeServerCertificate> | undefined

interface Version {
  id: string
  enabled: boolean
  /** Shown in place of the modulus: numbers of that size take long to make, and nothing is wrapped with them here. */
  shownModulus: string | undefined
  publicKey: KeyObject
  privateKey: KeyObject
}

type Kind = 2048 | 3072 | 4096 | 'ec'
const PAIRS = new Map<Kind, { publicKey: KeyObject; privateKey: KeyObject }[]>()

/** Pairs are made once for a test file: what is tested is not the making of keys. */
function pair(bits: Kind, number: number): { publicKey: KeyObject; privateKey: KeyObject } {
  const made = PAIRS.get(bits) ?? []
  PAIRS.set(bits, made)
  while (made.length <= number)
    made.push(
      bits === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 }),
    )
  return made[number] as { publicKey: KeyObject; privateKey: KeyObject }
}

/** The part of Entra and of Key Vault that the connector asks, and nothing else; answers real ciphertexts. */
export class FakeVault {
  readonly keys = new Map<string, Version[]>()
  /** Client secrets that the directory takes. */
  readonly secrets = new Set<string>(['Yr8~first-secret.0000000000000000000000'])
  /** Data actions of the one service principal. */
  readonly allowed = new Set(['get', 'list', 'wrapkey', 'unwrapkey'])
  /** Requests as `METHOD host/path`, without secrets and tokens. */
  readonly log: string[] = []
  /** Answers these instead, in turn, to requests of the data plane that carry a token. */
  readonly forced: (number | 'drop' | 'garbage' | 'broken-off')[] = []
  /** The token endpoint too. */
  forcedLogin: number | 'no-token' | 'garbage' | undefined
  /** Requests without a token are answered without saying where one is to be had. */
  silentChallenge = false
  private readonly server
  private readonly tokens = new Set<string>()
  private readonly made = new Map<Kind, number>()
  port = 0
  /** Answers for requests that wait until `release`. */
  held: (() => void)[] | undefined

  constructor() {
    certificate ??= makeServerCertificate(HOSTS)
    const { key, cert } = certificate
    this.server = createServer({ key, cert }, (request, response) => {
      this.answer(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.port = (this.server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.held?.forEach((release) => release())
    this.server.closeAllConnections()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  /** PEM text of the authority that a client has to trust. */
  get ca(): string {
    return certificate?.ca ?? ''
  }

  readonly reach: Reach = (host) => (HOSTS.includes(host) ? { port: this.port, ca: this.ca } : undefined)

  /** A new version, the current one; gives its id. */
  addVersion(name: string, bits: Kind = 2048): string {
    const id = randomBytes(16).toString('hex')
    const made = this.made.get(bits) ?? 0
    const keys = pair(bits, made)
    this.made.set(bits, made + 1)
    const shownModulus =
      bits === 3072 || bits === 4096
        ? Buffer.concat([Buffer.from([0xff]), randomBytes(bits / 8 - 1)]).toString('base64url')
        : undefined
    const version = { id, enabled: true, shownModulus, ...keys }
    this.keys.set(name, [...(this.keys.get(name) ?? []), version])
    return id
  }

  version(name: string, id?: string): Version {
    const found = this.keys.get(name)?.find((each) => id === undefined || each.id === id)
    if (found === undefined) throw new Error(`no key ${name}`)
    return found
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const host = request.headers.host ?? ''
    const url = new URL(request.url ?? '/', `https://${host}`)
    this.log.push(`${request.method ?? ''} ${host}${url.pathname}`)
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof value === 'string' ? value : JSON.stringify(value))
    }
    if (host === 'login.microsoftonline.com') return this.login(body, send)
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    if (!this.tokens.has(token))
      return send(
        401,
        { error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' } },
        this.silentChallenge
          ? {}
          : {
              'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://vault.azure.net"`,
            },
      )
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve))
    const forced = this.forced.shift()
    if (forced === 'drop') return void response.destroy()
    if (forced === 'garbage') return send(200, 'not json')
    if (forced === 'broken-off') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"key":', () => response.destroy())
      return
    }
    if (forced !== undefined) return send(forced, { error: { code: 'Forced' } })
    this.data(url, body, send)
  }

  private login(body: string, send: (status: number, value: unknown) => void): void {
    const form = new URLSearchParams(body)
    if (typeof this.forcedLogin === 'number') return send(this.forcedLogin, { error: 'forced' })
    if (this.forcedLogin === 'garbage') return send(200, 'not json')
    if (this.forcedLogin === 'no-token') return send(200, { token_type: 'Bearer' })
    if (form.get('client_id') !== CLIENT_ID)
      return send(400, { error: 'unauthorized_client', error_description: 'AADSTS700016' })
    if (!this.secrets.has(form.get('client_secret') ?? ''))
      return send(401, { error: 'invalid_client', error_description: 'AADSTS7000222' })
    const token = randomBytes(16).toString('hex')
    this.tokens.add(token)
    send(200, { token_type: 'Bearer', expires_in: 3599, access_token: token })
  }

  /** Everything works again, as at first; the keys stay. */
  repair(): void {
    for (const action of ['get', 'list', 'wrapkey', 'unwrapkey']) this.allowed.add(action)
    for (const versions of this.keys.values()) for (const version of versions) version.enabled = true
    this.forced.length = 0
    this.forcedLogin = undefined
    this.silentChallenge = false
    this.held?.forEach((release) => release())
    this.held = undefined
    this.log.length = 0
  }

  /** Tokens that were given are worth nothing from now on. */
  revokeTokens(): void {
    this.tokens.clear()
  }

  private data(url: URL, body: string, send: (status: number, value: unknown) => void): void {
    const [, , name = '', id = '', operation] = url.pathname.split('/')
    const action = operation ?? (name === '' ? 'list' : 'get')
    if (!this.allowed.has(action)) return send(403, { error: { code: 'Forbidden' } })
    const base = `${url.origin}/keys`
    if (action === 'list')
      return send(200, {
        value: [...this.keys.keys()].map((each) => ({ kid: `${base}/${each}` })),
        nextLink: null,
      })
    const versions = this.keys.get(name)
    const version = id === '' ? versions?.at(-1) : versions?.find((each) => each.id === id)
    if (version === undefined) return send(404, { error: { code: 'KeyNotFound' } })
    const kid = `${base}/${name}/${version.id}`
    if (action === 'get') {
      const { kty, n, e, crv } = version.publicKey.export({ format: 'jwk' })
      return send(200, {
        key: { kid, kty, n: version.shownModulus ?? n, e, crv },
        attributes: { enabled: version.enabled },
      })
    }
    if (!version.enabled)
      return send(403, { error: { code: 'Forbidden', innererror: { code: 'KeyDisabled' } } })
    const { value } = JSON.parse(body) as { value: string }
    const bytes = Buffer.from(value, 'base64url')
    try {
      const result =
        action === 'wrapkey'
          ? publicEncrypt({ key: version.publicKey, ...OAEP }, bytes)
          : privateDecrypt({ key: version.privateKey, ...OAEP }, bytes)
      send(200, { kid, value: result.toString('base64url') })
    } catch {
      send(400, { error: { code: 'BadParameter' } })
    }
  }
}
