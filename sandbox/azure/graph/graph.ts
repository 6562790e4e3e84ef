import { checkAccessToken, type Caller } from '../entra/access-token.ts'
import { audiencesOf, type KnownHost } from '../hosts.ts'
import { decoded, describe, jsonBody, notSimulated, refuse, type AzureRequest, type Reply } from '../http.ts'
import type { Application, Principal } from '../state/model.ts'
import type { World } from '../world.ts'
import {
  changeApplication,
  createApplication,
  createServicePrincipal,
  deleteApplication,
} from './applications.ts'
import { badRequest, graphError, missing, refuseGraph } from './errors.ts'
import { addPassword, removePassword } from './passwords.ts'
import { filtered, listReply, selected } from './queries.ts'
import { applicationShape, organizationShape, principalShape } from './shapes.ts'

const READERS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
]
const WRITERS = ['Application.ReadWrite.All', 'Directory.ReadWrite.All']

/** Microsoft Graph v1.0, as far as applications and their secrets go. */
export const answerGraph = async (world: World, request: AzureRequest, host: KnownHost): Promise<Reply> => {
  const check = await checkAccessToken(
    world,
    request.headers.authorization,
    audiencesOf(host),
    world.wireNow('graph'),
  )
  if (!check.ok)
    return graphError(
      401,
      'InvalidAuthenticationToken',
      check.problem === 'missing'
        ? 'Access token is empty.'
        : `Access token validation failure: ${check.problem}.`,
    )
  const { caller } = check
  if (!request.path.startsWith('/v1.0/')) return notSimulated(describe(request))
  const path = decoded(request.path.slice('/v1.0/'.length)).replace(/\/$/, '')
  const body = (): Record<string, unknown> => jsonBody(request, (why) => graphError(400, 'BadRequest', why))
  const [collection = '', ...rest] = path.split('/')
  const [kind = ''] = collection.split('(')
  switch (kind) {
    case 'organization':
      if (request.method !== 'GET' || rest.length > 0) break
      return listReply(request, 'organization', [organizationShape(world)])
    case 'me':
      if (request.method !== 'GET' || rest.length > 0) break
      return caller.principal.kind === 'user'
        ? { status: 200, body: selected(request, principalShape(world, caller.principal)) }
        : badRequest('/me request is only valid with delegated authentication flow.')
    case 'applications':
      return applications(world, caller, request, collection, rest, body)
    case 'servicePrincipals':
      return servicePrincipals(world, caller, request, collection, rest, body)
    case 'directoryObjects':
      if (request.method !== 'POST' || rest.join('/') !== 'getByIds') break
      return byIds(world, caller, request, body())
  }
  return notSimulated(describe(request))
}

const need = ({ principal }: Caller, anyOf: readonly string[]): void => {
  if (!principal.graphRoles.some((each) => anyOf.includes(each)))
    refuseGraph(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
}

/** `applications/{id}` and `applications(appId='{appId}')`. */
const named = <T extends { id: string; appId: string | null }>(
  all: readonly T[],
  collection: string,
  id: string | undefined,
): T => {
  const [, appId] = /\(appId='([^']+)'\)$/.exec(collection) ?? []
  const wanted = (appId ?? id ?? '').toLowerCase()
  return all.find((each) => (appId === undefined ? each.id : each.appId) === wanted) ?? missing(wanted)
}

const applications = (
  world: World,
  caller: Caller,
  request: AzureRequest,
  collection: string,
  rest: readonly string[],
  body: () => Record<string, unknown>,
): Reply => {
  need(caller, request.method === 'GET' ? READERS : WRITERS)
  const all = world.applications.all()
  const isOne = collection.includes('(')
  const [id, action] = isOne ? [undefined, rest[0]] : rest
  const one = (): Application => named(all, collection, id)
  if (!isOne && id === undefined) {
    if (request.method === 'GET')
      return listReply(request, 'applications', filtered(request, all).map(applicationShape))
    if (request.method === 'POST') return createApplication(world, body())
    return refuse(notSimulated(describe(request)))
  }
  switch (`${request.method} ${action ?? ''}`) {
    case 'GET ':
      return { status: 200, body: selected(request, applicationShape(one())) }
    case 'PATCH ':
      return changeApplication(world, one(), body())
    case 'DELETE ':
      return deleteApplication(world, one())
    case 'POST addPassword':
      return addPassword(world, one(), body())
    case 'POST removePassword':
      return removePassword(world, one(), body())
  }
  return notSimulated(describe(request))
}

const servicePrincipals = (
  world: World,
  caller: Caller,
  request: AzureRequest,
  collection: string,
  rest: readonly string[],
  body: () => Record<string, unknown>,
): Reply => {
  need(caller, request.method === 'GET' ? READERS : WRITERS)
  const all = world.principals.all().filter(({ kind }) => kind !== 'user')
  const isOne = collection.includes('(')
  const [id, action] = isOne ? [undefined, rest[0]] : rest
  if (action !== undefined) return notSimulated(describe(request))
  if (!isOne && id === undefined) {
    if (request.method === 'GET')
      return listReply(
        request,
        'servicePrincipals',
        filtered(request, all).map((each) => principalShape(world, each)),
      )
    if (request.method === 'POST') return createServicePrincipal(world, body())
    return notSimulated(describe(request))
  }
  const one = named(all, collection, id)
  if (request.method === 'GET') return { status: 200, body: selected(request, principalShape(world, one)) }
  if (request.method !== 'DELETE') return notSimulated(describe(request))
  world.store.change(() => world.principals.delete(one.id))
  return { status: 204 }
}

/** Names for the object ids of role assignments. */
const byIds = (
  world: World,
  caller: Caller,
  request: AzureRequest,
  { ids }: Record<string, unknown>,
): Reply => {
  need(caller, ['Directory.Read.All', 'Directory.ReadWrite.All'])
  if (!Array.isArray(ids) || ids.length > 1000)
    return badRequest("Invalid value specified for property 'ids'.")
  const found = ids
    .map((id) => world.principals.get(String(id).toLowerCase()))
    .filter((each): each is Principal => each !== undefined)
  return listReply(
    request,
    'directoryObjects',
    found.map((each) => principalShape(world, each)),
  )
}
