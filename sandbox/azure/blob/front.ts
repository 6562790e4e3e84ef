import { request as send } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { checkAccessToken } from '../entra/access-token.ts'
import type { Fault } from '../faults.ts'
import { audiencesOf, authorityOf, type KnownHost } from '../hosts.ts'
import { notSimulated, type AzureRequest } from '../http.ts'
import { addressAllowed } from '../keyvault/authorise.ts'
import { assignmentFor } from '../rbac/decide.ts'
import { storageArmId, type StorageAccount } from '../state/model.ts'
import type { World } from '../world.ts'
import { upstreamOptions, type OwnRequests, type Upstream } from './own-requests.ts'
import { partsOf, wantedRight } from './rights.ts'
import {
  authenticationFailed,
  authorizationFailure,
  immutable,
  keysNotPermitted,
  permissionMismatch,
  sendRefusal,
  type StorageRefusal,
} from './storage-error.ts'

/** One request to a blob host; its body was not read yet. */
export interface BlobCall {
  incoming: IncomingMessage
  response: ServerResponse
  /** With an empty body. */
  request: AzureRequest
  host: KnownHost
  faults: readonly Fault[]
}
export type BlobDoor = (call: BlobCall) => Promise<void>

/**
 * Stands before Azurite: what an account of Azure refuses and Azurite does not know (accounts that are gone, firewall,
 * shared keys turned off, roles, immutability) is refused here; everything else goes on as it came, bytes and headers,
 * so that signatures are verified by Azurite alone.
 */
export const makeBlobDoor =
  (world: World, upstream: Upstream, own: OwnRequests): BlobDoor =>
  async (call) => {
    const { request, response, host } = call
    const fault = call.faults.map(faultAnswer).find((each) => each !== null)
    if (fault === 'drop') return void call.incoming.socket.destroy()
    const account = world.storageAccounts.get(host.name)
    if (account === undefined) return noSuchHost(response, request.host)
    const refusal = fault ?? (await refused(world, account, call, own))
    if (refusal !== null) {
      call.incoming.resume()
      return sendRefusal(response, request.method, refusal)
    }
    const port = await upstream.port().catch((thrown: unknown) => {
      call.incoming.resume()
      notThere(response, thrown)
      return null
    })
    if (port !== null) await passOn(port, upstream, call)
  }

const faultAnswer = (fault: Fault): StorageRefusal | 'drop' | null => {
  switch (fault.kind) {
    case 'drop':
      return fault.when === 'before' ? 'drop' : null
    case 'throttle':
      return {
        status: 503,
        code: 'ServerBusy',
        message: 'The server is currently unable to receive requests. Please retry your request.',
        ...(fault.retryAfter === null ? {} : { headers: { 'retry-after': String(fault.retryAfter) } }),
      }
    case 'fail':
      return { status: fault.status, code: fault.code, message: fault.message }
    case 'slow':
    case 'kill':
    case 'cae':
      return null
  }
}

/** The name of an account that is not there does not resolve; here the client hears that. */
const noSuchHost = (response: ServerResponse, host: string): void =>
  sayNotSimulated(response, `the host ${host}; its name would not resolve`)

/** A packaged program carries no Azurite. */
const notThere = (response: ServerResponse, thrown: unknown): void =>
  sayNotSimulated(
    response,
    `blobs, where Azurite does not run (${thrown instanceof Error ? thrown.message : String(thrown)})`,
  )

const sayNotSimulated = (response: ServerResponse, what: string): void => {
  const body = JSON.stringify(notSimulated(what).body)
  response.writeHead(501, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const refused = async (
  world: World,
  account: StorageAccount,
  { request, host }: BlobCall,
  own: OwnRequests,
): Promise<StorageRefusal | null> => {
  if (!networkLetsIn(world, account)) return authorizationFailure
  const authorization = request.headers.authorization ?? ''
  const isBearer = /^bearer /i.test(authorization)
  const signedBy = request.query.get('skoid')
  const byKey = /^sharedkey/i.test(authorization) || (request.query.has('sig') && signedBy === null)
  if (byKey && !account.sharedKeyAccess) return keysNotPermitted
  if (!byKey && !isBearer && signedBy === null) return unauthenticated(world, host)
  const principal = isBearer ? await callerOf(world, authorization, host) : signedBy
  if (principal !== null && typeof principal !== 'string') return principal
  if (principal !== null && !mayDo(world, account, principal, request)) return permissionMismatch
  return (await isImmutable(world, account, request, own)) ? immutable : null
}

const networkLetsIn = (world: World, { publicAccess, network }: StorageAccount): boolean =>
  publicAccess !== 'Disabled' &&
  (network?.defaultAction !== 'Deny' || addressAllowed(network, world.settings().clientAddress))

const unauthenticated = (world: World, host: KnownHost): StorageRefusal => ({
  status: 401,
  code: 'NoAuthenticationInformation',
  message:
    'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
  headers: {
    'www-authenticate': `Bearer authorization_uri=https://${authorityOf(host.cloud)}/${world.tenant.id}/oauth2/authorize resource_id=https://storage.azure.com`,
  },
})

const callerOf = async (
  world: World,
  authorization: string,
  host: KnownHost,
): Promise<string | StorageRefusal> => {
  const check = await checkAccessToken(world, authorization, audiencesOf(host), world.wireNow())
  if (check.ok) return check.caller.objectId
  return {
    status: 401,
    code: 'InvalidAuthenticationInfo',
    message:
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    headers: unauthenticated(world, host).headers ?? {},
  }
}

const mayDo = (world: World, account: StorageAccount, principal: string, request: AzureRequest): boolean => {
  const { action, kind, container } = wantedRight(request)
  const id = storageArmId(account)
  const resource = container === null ? id : `${id}/blobServices/default/containers/${container}`
  return assignmentFor(world, principal, action, resource.toLowerCase(), kind) !== undefined
}

/** A container with a policy takes new blobs, and neither overwrites nor deletes those that are there. */
const isImmutable = async (
  world: World,
  account: StorageAccount,
  { method, path, query }: AzureRequest,
  own: OwnRequests,
): Promise<boolean> => {
  const { container, blob } = partsOf(path)
  const policy = world.storageContainers.get(`${account.id}/${container ?? ''}`)?.immutability
  if (!policy || blob === null) return false
  const overwrites = method === 'PUT' && [null, 'blocklist', 'page'].includes(query.get('comp'))
  return (method === 'DELETE' || overwrites) && own.blobExists(account, path)
}

/** Azurite has other words than Azure for a signature that does not verify or is out of its time. */
const isWrongSignature = ({ headers, query }: AzureRequest, answer: IncomingMessage): boolean => {
  const code = answer.headers['x-ms-error-code']
  return /^sharedkey/i.test(headers.authorization ?? '')
    ? code === 'InvalidAuthenticationInfo'
    : query.has('sig') && code === 'AuthorizationFailure'
}

/** Bytes and headers as they came, both ways; whatever breaks on the way breaks the client's connection. */
const passOn = async (
  port: number,
  upstream: Upstream,
  { incoming, response, host, request, faults }: BlobCall,
): Promise<void> => {
  const loseAnswer = faults.some((each) => each.kind === 'drop' && each.when === 'after')
  const ends = faults.some((each) => each.kind === 'kill' && each.when === 'after')
  await new Promise<void>((resolve) => {
    const broken = (): void => {
      incoming.socket.destroy()
      resolve()
    }
    const sent = send(
      {
        ...upstreamOptions(port, upstream, request.host),
        method: request.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: `${host.name}.blob.core.windows.net` },
      },
      (answer) => {
        if (ends) process.kill(process.pid, 'SIGKILL')
        if (loseAnswer) {
          answer.resume()
          return broken()
        }
        if (isWrongSignature(request, answer)) {
          answer.resume()
          sendRefusal(response, request.method, authenticationFailed)
          return resolve()
        }
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(response)
        answer.on('error', broken)
        response.on('close', resolve)
      },
    )
    sent.on('error', broken)
    // A client that is gone before its last byte must not leave half a request that looks whole.
    incoming.on('close', () => {
      if (!incoming.complete) sent.destroy()
    })
    incoming.pipe(sent)
  })
}
