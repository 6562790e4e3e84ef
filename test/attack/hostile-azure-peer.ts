import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import { makeServerCertificate } from '../../sandbox/common/server-certificate.ts'
import { azureStage, clientSecret, type AzureStage, type StageWish } from '../contract/azure-program.ts'
import { DivertAgent } from '../contract/azure-sandbox.ts'

/** An Azure that says exactly what it is told to say. Shares no code with the sandbox but the certificate's. */
export interface HostilePeer {
  /** Everything that was asked of any host, in order. */
  heard: HeardRequest[]
  /** What is answered instead of the honest answer; null: the honest one. */
  lie: (request: HeardRequest) => Lie | null
  /** Replies that were begun and are not over. */
  open(): number
  stage(wish?: Partial<StageWish>): AzureStage
  close(): Promise<void>
}

export interface HeardRequest {
  method: string
  host: string
  /** With its query. */
  path: string
  /** Empty: none. */
  token: string
  body: string
}

export interface Lie {
  status?: number
  headers?: Record<string, string>
  /** An object is sent as JSON. */
  body?: string | object
  /** After the body: `stall` sends nothing more and stays, `cut` ends the connection, `flood` never stops sending. */
  then?: 'stall' | 'cut' | 'flood'
}

export const tenantId = '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001'
export const subscriptionId = '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001'
export const clientId = 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001'
const objectId = 'b7d3c1a0-1111-4a52-9b0d-4e1f0c5d2002'
export const otherTenant = '11111111-2222-4333-8444-555555555555'
/** Random middles that no honest text has. */
export const secretCanary = 'Kt7-entra~hJ4vQ9xw2M-client-secret'
export const tokenCanary = 'c2lnbmF0dXJlLWNhbmFyeS1oSjR2UTl4dzJN'
export const vaultHost = 'ktr-vault-weu.vault.azure.net'
export const blobHost = 'ktrbackups01.blob.core.windows.net'
export const authority = 'login.microsoftonline.com'
export const control = 'management.azure.com'
export const directory = 'graph.microsoft.com'
/** One that the product's own list of hosts knows, and one that it does not. */
export const foreignVault = 'thief.vault.azure.net'
export const foreignHost = 'thief.example'

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** The audience says for which host it was asked. */
export const tokenFor = (audience: string, tid = tenantId): string =>
  [
    base64({ alg: 'RS256', typ: 'JWT' }),
    base64({ aud: audience, oid: objectId, tid, appid: clientId, idtyp: 'app' }),
    tokenCanary,
  ].join('.')
export const audienceOf = (token: string): string => {
  const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return (payload as { aud: string }).aud
}

export const challenge = (
  tenant = tenantId,
  { resource = 'https://vault.azure.net', at = authority } = {},
): Lie => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer authorization="https://${at}/${tenant}", resource="${resource}"` },
  body: { error: { code: 'Unauthorized', message: 'Request is missing a token.' } },
})

export const keyBody = (name: string, version = 'a'.repeat(32), host = vaultHost): object => ({
  key: {
    kid: `https://${host}/keys/${name}/${version}`,
    kty: 'RSA',
    key_ops: ['wrapKey', 'unwrapKey'],
    n: Buffer.alloc(256, 0xaf).toString('base64url'),
    e: 'AQAB',
  },
  attributes: { enabled: true, created: 1_767_225_600, updated: 1_767_225_600 },
})

/** What a token for each host is asked for. */
export const audiences: Readonly<Record<string, string>> = {
  [vaultHost]: 'https://vault.azure.net',
  [control]: `https://${control}`,
  [directory]: `https://${directory}`,
}

/** After every attack, whatever it was about: no host heard a token or a secret that is not for it. */
export const expectNothingLeaked = (heard: readonly HeardRequest[]): void => {
  for (const { host, token, body, path } of heard) {
    expect([authority, control, directory, vaultHost], `${host}${path}`).toContain(host)
    if (token !== '') expect(audienceOf(token), host).toBe(audiences[host])
    const hasSecret = body.includes(encodeURIComponent(secretCanary)) || body.includes(secretCanary)
    if (hasSecret)
      expect({ host, path: /\/token$/.test(path.split('?')[0] ?? '') }).toEqual({
        host: authority,
        path: true,
      })
  }
}

/** Code and text of the refusal, which is one of ours and quotes neither token nor secret. */
export const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  let answered: unknown
  try {
    answered = await work
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KeyturnError)
    const problem = problemOf(thrown)
    const told = JSON.stringify(problem)
    for (const canary of [tokenCanary, secretCanary]) expect(told).not.toContain(canary)
    return problem.code
  }
  return `accepted: ${JSON.stringify(answered)}`
}

/** What an Azure without anything in it answers. */
const honest = ({ host, path, token, body, method }: HeardRequest): Lie => {
  if (host === authority) {
    if (path.includes('/discovery/instance')) {
      const tenant_discovery_endpoint = `https://${host}/${tenantId}/v2.0/.well-known/openid-configuration`
      return { body: { tenant_discovery_endpoint, metadata: [] } }
    }
    if (path.includes('openid-configuration')) return { body: openIdOf(authority) }
    const scope = new URLSearchParams(body).get('scope') ?? ''
    const asked = scope.split(' ').find((one) => one.endsWith('/.default')) ?? ''
    const access_token = tokenFor(asked.replace(/\/+\.default$/, ''))
    return { body: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token } }
  }
  if (host.endsWith('.vault.azure.net')) {
    if (token === '') return challenge()
    const [, name] = /^\/keys\/([^/?]+)/.exec(path) ?? []
    if (name === undefined) return { body: { value: [], nextLink: null } }
    const [, version] = /^\/keys\/[^/?]+\/([0-9a-f]{32})/.exec(path) ?? []
    return method === 'GET' && path.includes('/versions')
      ? { body: { value: [] } }
      : { body: keyBody(name, version) }
  }
  if (host === control && new RegExp(`^/subscriptions/${subscriptionId}\\?`).test(path))
    return { body: { id: `/subscriptions/${subscriptionId}`, subscriptionId, tenantId, displayName: 'x' } }
  return { body: { value: [] } }
}

export const openIdOf = (host: string, issuer = authority): object => ({
  token_endpoint: `https://${host}/${tenantId}/oauth2/v2.0/token`,
  authorization_endpoint: `https://${host}/${tenantId}/oauth2/v2.0/authorize`,
  device_authorization_endpoint: `https://${host}/${tenantId}/oauth2/v2.0/devicecode`,
  jwks_uri: `https://${host}/${tenantId}/discovery/v2.0/keys`,
  issuer: `https://${issuer}/${tenantId}/v2.0`,
})

export const startHostilePeer = async (): Promise<HostilePeer> => {
  const certificate = makeServerCertificate([
    authority,
    control,
    directory,
    '*.vault.azure.net',
    blobHost,
    foreignHost,
  ])
  const replies = new Set<ServerResponse>()
  const stages: AzureStage[] = []
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (incoming, response) => {
    replies.add(response)
    response.on('close', () => replies.delete(response))
    response.on('error', () => undefined)
    void hear(incoming).then((request) => {
      peer.heard.push(request)
      answer(response, peer.lie(request) ?? honest(request))
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const simulated = { host: '127.0.0.1', port, caPem: certificate.ca }
  const peer: HostilePeer = {
    heard: [],
    lie: () => null,
    open: () => replies.size,
    stage: (wish = {}) => {
      const stage = azureStage({
        facts: { ...simulated, tenantId, subscriptionId },
        signIn: clientSecret(clientId),
        secret: secretCanary,
        host: vaultHost,
        // Every host leads here, also those that the agent of a rehearsal would refuse: what leaks is heard.
        means: (usual) => ({ ...usual, agent: new DivertAgent(simulated) }),
        ...wish,
      })
      stages.push(stage)
      return stage
    },
    close: () =>
      new Promise((resolve) => {
        for (const stage of stages) stage.azure.closeAll()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return peer
}

const hear = async (incoming: IncomingMessage): Promise<HeardRequest> => {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return {
    method: incoming.method ?? '',
    host: (incoming.headers.host ?? '').toLowerCase().replace(/:\d+$/, ''),
    path: incoming.url ?? '',
    token: (incoming.headers.authorization ?? '').replace(/^\S+\s+/, ''),
    body: Buffer.concat(parts).toString(),
  }
}

const answer = (response: ServerResponse, { status = 200, headers = {}, body = '', then }: Lie): void => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const length = then === undefined ? { 'content-length': String(Buffer.byteLength(text)) } : {}
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...length, ...headers })
  if (then === undefined) return void response.end(text)
  response.write(text === '' ? ' ' : text, () => {
    if (then === 'cut') response.destroy()
  })
  if (then !== 'flood') return
  const chunk = Buffer.alloc(262_144, 0x20)
  const pump = (): void => {
    while (!response.destroyed && response.write(chunk)) continue
  }
  response.on('drain', pump)
  pump()
}
