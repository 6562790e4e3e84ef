import { checkAccessToken, type TokenProblem } from '../entra/access-token.ts'
import { audiencesOf, authorityOf, type KnownHost } from '../hosts.ts'
import { decoded, describe, notSimulated, type AzureRequest, type Reply } from '../http.ts'
import type { BlobStore } from '../blob/store.ts'
import type { World } from '../world.ts'
import { allow, armList, bodyReader, isAllowed, type ArmContext } from './context.ts'
import { answerDiagnostics } from './diagnostics.ts'
import { armError, refuseArm, resourceNotFound } from './errors.ts'
import { answerKeyVaultProvider } from './key-vault-provider.ts'
import { answerLocks } from './locks.ts'
import { answerPermissions, answerRoleAssignments, answerRoleDefinitions } from './roles.ts'
import { storageArmId } from '../state/model.ts'
import { liveAccount } from './storage-accounts.ts'
import { answerStorageProvider } from './storage-provider.ts'
import {
  getSubscription,
  groupOf,
  listGroups,
  listLocations,
  listSubscriptions,
  listTenants,
  provider,
  resourceGroup,
  subscriptionOf,
} from './subscriptions.ts'
import { settleVaults } from './vault-life.ts'
import { liveVault } from './vaults.ts'
import { vaultArmId } from '../keyvault/holder.ts'

/** Azure Resource Manager: subscriptions, groups, vaults, roles, locks, diagnostic settings. */
export const answerArm = async (
  world: World,
  blobs: BlobStore,
  request: AzureRequest,
  host: KnownHost,
): Promise<Reply> => {
  const check = await checkAccessToken(
    world,
    request.headers.authorization,
    audiencesOf(host),
    world.wireNow('arm'),
  )
  if (!check.ok) return refusedToken(world, host, check.problem)
  settleVaults(world)
  if (!/^\d{4}-\d\d-\d\d(-preview)?$/.test(request.query.get('api-version') ?? ''))
    return armError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    )
  const path = plainPath(request.path)
  const context: ArmContext = { world, blobs, caller: check.caller, request, path, body: bodyReader(request) }
  return extension(context) ?? resource(context)
}

const refusedToken = (world: World, host: KnownHost, problem: TokenProblem): Reply => {
  const [code, message] =
    problem === 'missing'
      ? ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."]
      : problem === 'expired'
        ? ['ExpiredAuthenticationToken', 'The access token expiry is earlier than the current time.']
        : problem === 'tenant'
          ? ['InvalidAuthenticationTokenTenant', 'The access token is from the wrong issuer.']
          : ['InvalidAuthenticationToken', `The access token is invalid: ${problem}.`]
  return armError(401, code, message, {
    'www-authenticate': `Bearer authorization_uri="https://${authorityOf(host.cloud)}/${world.tenant.id}", error="invalid_token", error_description="${message}"`,
  })
}

/** Clients send doubled slashes and `%2F` inside of scopes. */
const plainPath = (path: string): string => {
  const plain = path.split('/').map(decoded).join('/')
  return plain.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
}

const EXTENSION =
  /^(.*)\/providers\/(Microsoft\.Authorization\/(?:roleAssignments|roleDefinitions|permissions|locks)|Microsoft\.Insights\/diagnosticSettings)(?:\/([^/]+))?$/i

/** What hangs on another resource: its scope comes first in the path. */
const extension = (context: ArmContext): Reply | null => {
  const [, scope = '', type = '', name] = EXTENSION.exec(context.path) ?? []
  if (type === '') return null
  switch (type.toLowerCase()) {
    case 'microsoft.authorization/roleassignments':
      return answerRoleAssignments(context, knownScope(context, scope), name)
    case 'microsoft.authorization/roledefinitions':
      return answerRoleDefinitions(context, scope, name)
    case 'microsoft.authorization/permissions':
      return answerPermissions(context, knownScope(context, scope))
    case 'microsoft.authorization/locks':
      return answerLocks(context, knownScope(context, scope), name)
    default:
      return answerDiagnostics(context, knownScope(context, scope), name)
  }
}

/** A subscription, group or vault that is there, or something below it. */
const knownScope = (context: ArmContext, scope: string): string => {
  const [, subscription, , group, , rest] =
    /^\/subscriptions\/([^/]+)(\/resourcegroups\/([^/]+)(\/providers\/(.+))?)?$/i.exec(scope) ?? []
  if (subscription === undefined)
    return refuseArm(404, 'NotFound', `The scope '${scope}' is none that this simulator knows.`)
  subscriptionOf(context, subscription)
  if (group !== undefined) groupOf(context, subscription, group)
  const [, account] = /^Microsoft\.Storage\/storageAccounts\/([^/]+)/i.exec(rest ?? '') ?? []
  if (account !== undefined && group !== undefined) {
    const place = { subscription, group, name: account }
    return liveAccount(context.world, place) === null ? resourceNotFound(storageArmId(place)) : scope
  }
  const [, name] = /^Microsoft\.KeyVault\/vaults\/([^/]+)/i.exec(rest ?? '') ?? []
  if (name === undefined || group === undefined) return scope
  const place = { subscription, group, name }
  return liveVault(context, place) === null ? resourceNotFound(vaultArmId(place)) : scope
}

const resource = (context: ArmContext): Reply | Promise<Reply> => {
  const { request, path } = context
  const parts = path.split('/').slice(1)
  const [top = '', subscription, kind = '', name, ...rest] = parts
  const lower = (text: string | undefined): string => text?.toLowerCase() ?? ''
  const isGet = request.method === 'GET'
  if (isGet && lower(top) === 'tenants' && parts.length === 1) return listTenants(context)
  if (lower(top) !== 'subscriptions') return notSimulated(describe(request))
  if (subscription === undefined) return isGet ? listSubscriptions(context) : notSimulated(describe(request))
  switch (lower(kind)) {
    case '':
      return isGet ? getSubscription(context, subscription) : notSimulated(describe(request))
    case 'locations':
      if (isGet && name === undefined) return listLocations(context, subscription)
      break
    case 'resources':
      if (isGet && name === undefined) return listResources(context, subscription)
      break
    case 'resourcegroups': {
      if (name === undefined)
        return isGet ? listGroups(context, subscription) : notSimulated(describe(request))
      if (rest.length === 0)
        return ['GET', 'PUT', 'HEAD', 'DELETE'].includes(request.method)
          ? resourceGroup(context, subscription, name)
          : notSimulated(describe(request))
      if (lower(rest[0]) === 'providers' && lower(rest[1]) === 'microsoft.keyvault')
        return answerKeyVaultProvider(context, subscription, name, rest.slice(2))
      if (lower(rest[0]) === 'providers' && lower(rest[1]) === 'microsoft.storage')
        return answerStorageProvider(context, subscription, name, rest.slice(2))
      break
    }
    case 'providers': {
      if (lower(name) === 'microsoft.keyvault' && rest.length > 0 && lower(rest[0]) !== 'register')
        return answerKeyVaultProvider(context, subscription, null, rest)
      if (lower(name) === 'microsoft.storage' && rest.length > 0 && lower(rest[0]) !== 'register')
        return answerStorageProvider(context, subscription, null, rest)
      if (name !== undefined && isGet && rest.length === 0)
        return provider(context, subscription, name, false)
      if (name !== undefined && request.method === 'POST' && rest.join().toLowerCase() === 'register')
        return provider(context, subscription, name, true)
      break
    }
  }
  return notSimulated(describe(request))
}

/** `…/resources?$filter=resourceType eq 'Microsoft.KeyVault/vaults'`, which is how the client lists all vaults. */
const listResources = (context: ArmContext, subscription: string): Reply => {
  const filter = context.request.query.get('$filter') ?? ''
  if (!/^resourceType eq 'Microsoft\.KeyVault\/vaults'$/i.test(filter))
    return notSimulated(`resources with $filter=${filter}`)
  subscriptionOf(context, subscription)
  allow(context, 'Microsoft.Resources/subscriptions/resources/read', `/subscriptions/${subscription}`)
  const vaults = context.world.vaults
    .all()
    .filter(
      (vault) =>
        vault.deleted === null &&
        vault.subscription === subscription.toLowerCase() &&
        isAllowed(context, 'Microsoft.KeyVault/vaults/read', vaultArmId(vault)),
    )
  return armList(
    context,
    vaults.map((vault) => ({
      id: vaultArmId(vault),
      name: vault.name,
      type: 'Microsoft.KeyVault/vaults',
      location: vault.location,
      tags: vault.tags,
    })),
  )
}
