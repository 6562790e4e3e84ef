import { z } from 'zod'
import { regionOf, REGIONS } from '../regions.ts'
import { isInForce, rolesAt } from '../rbac/decide.ts'
import type { ResourceGroup, Subscription } from '../state/model.ts'
import type { Reply } from '../http.ts'
import {
  accepted,
  allow,
  armList,
  isAllowed,
  ok,
  parseArm,
  refuseLocked,
  type ArmContext,
} from './context.ts'
import { badRequest, refuseArm } from './errors.ts'
import { removeAccount } from './storage-accounts.ts'
import { softDelete } from './vault-life.ts'

const PROVIDERS = [
  'Microsoft.KeyVault',
  'Microsoft.Authorization',
  'Microsoft.Resources',
  'Microsoft.Insights',
  'Microsoft.Storage',
  'Microsoft.Network',
]

export const subscriptionOf = ({ world }: ArmContext, id: string): Subscription =>
  world.subscriptions.get(id.toLowerCase()) ??
  refuseArm(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`)

export const groupOf = ({ world }: ArmContext, subscription: string, name: string): ResourceGroup =>
  world.groups.get(groupKey(subscription, name)) ??
  refuseArm(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`)

export const groupKey = (subscription: string, name: string): string =>
  `/subscriptions/${subscription}/resourcegroups/${name}`.toLowerCase()

const Tags = z.record(z.string(), z.string())

const groupShape = (group: ResourceGroup): Record<string, unknown> => ({
  id: `/subscriptions/${group.subscription}/resourceGroups/${group.name}`,
  name: group.name,
  type: 'Microsoft.Resources/resourceGroups',
  location: group.location,
  tags: group.tags,
  properties: { provisioningState: 'Succeeded' },
})

const subscriptionShape = ({ world }: ArmContext, each: Subscription): Record<string, unknown> => ({
  id: `/subscriptions/${each.id}`,
  subscriptionId: each.id,
  tenantId: world.tenant.id,
  displayName: each.displayName,
  state: each.state,
  authorizationSource: 'RoleBased',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
})

/** Only subscriptions in which the caller has a role somewhere. */
export const listSubscriptions = (context: ArmContext): Reply => {
  const { world, caller } = context
  const now = world.now('arm')
  const mine = world.assignments
    .all()
    .filter((each) => each.principalId === caller.objectId && isInForce(each, now))
  const seen = world.subscriptions
    .all()
    .filter(({ id }) =>
      mine.some(({ scope }) => scope === `/subscriptions/${id}` || scope.startsWith(`/subscriptions/${id}/`)),
    )
  return armList(
    context,
    seen.map((each) => subscriptionShape(context, each)),
  )
}

export const getSubscription = (context: ArmContext, id: string): Reply => {
  allow(context, 'Microsoft.Resources/subscriptions/read', `/subscriptions/${id}`)
  return ok(subscriptionShape(context, subscriptionOf(context, id)))
}

export const listTenants = (context: ArmContext): Reply => {
  const { tenant } = context.world
  return armList(context, [
    {
      id: `/tenants/${tenant.id}`,
      tenantId: tenant.id,
      displayName: tenant.name,
      defaultDomain: tenant.domain,
      domains: [tenant.domain],
      tenantCategory: 'Home',
      tenantType: 'AAD',
    },
  ])
}

export const listLocations = (context: ArmContext, subscription: string): Reply => {
  subscriptionOf(context, subscription)
  return armList(
    context,
    REGIONS.map((region) => ({
      id: `/subscriptions/${subscription}/locations/${region.name}`,
      name: region.name,
      type: 'Region',
      displayName: region.displayName,
      regionalDisplayName: region.displayName,
      metadata: {
        regionType: 'Physical',
        regionCategory: 'Recommended',
        geography: region.geography,
        geographyGroup: region.geography,
        pairedRegion: [
          { name: region.paired, id: `/subscriptions/${subscription}/locations/${region.paired}` },
        ],
      },
    })),
  )
}

export const provider = (
  context: ArmContext,
  subscription: string,
  name: string,
  register: boolean,
): Reply => {
  const known = subscriptionOf(context, subscription)
  const namespace = PROVIDERS.find((each) => each.toLowerCase() === name.toLowerCase())
  if (namespace === undefined)
    return refuseArm(404, 'InvalidResourceNamespace', `The resource namespace '${name}' is invalid.`)
  if (register) {
    allow(context, `${namespace}/register/action`, `/subscriptions/${subscription}`)
    context.world.store.change(() =>
      context.world.subscriptions.put({ ...known, providers: [...new Set([...known.providers, namespace])] }),
    )
  }
  const registered = register || known.providers.includes(namespace)
  return ok({
    id: `/subscriptions/${subscription}/providers/${namespace}`,
    namespace,
    registrationState: registered ? 'Registered' : 'NotRegistered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: [],
  })
}

export const listGroups = (context: ArmContext, subscription: string): Reply => {
  const { world, caller } = context
  subscriptionOf(context, subscription)
  const groups = world.groups
    .all()
    .filter(
      ({ id, subscription: own }) =>
        own === subscription.toLowerCase() &&
        (isAllowed(context, 'Microsoft.Resources/subscriptions/resourceGroups/read', id) ||
          rolesAt(world, caller.objectId, id).length > 0),
    )
  return armList(context, groups.map(groupShape))
}

const locationOf = (body: Record<string, unknown>): string =>
  typeof body['location'] === 'string'
    ? body['location']
    : refuseArm(400, 'LocationRequired', 'The location property is required for this definition.')

export const resourceGroup = (
  context: ArmContext,
  subscription: string,
  name: string,
): Reply | Promise<Reply> => {
  const { world, request } = context
  const id = `/subscriptions/${subscription}/resourceGroups/${name}`
  const action = 'Microsoft.Resources/subscriptions/resourceGroups'
  subscriptionOf(context, subscription)
  switch (request.method) {
    case 'HEAD':
      return { status: world.groups.get(groupKey(subscription, name)) ? 204 : 404 }
    case 'GET':
      allow(context, `${action}/read`, id)
      return ok(groupShape(groupOf(context, subscription, name)))
    case 'PUT':
      allow(context, `${action}/write`, id)
      refuseLocked(context, id, 'write')
      return putGroup(context, subscription, name)
    case 'DELETE':
      allow(context, `${action}/delete`, id)
      return deleteGroup(context, subscription, name)
    default:
      return badRequest(`${request.method} is not supported for resource groups here.`)
  }
}

const putGroup = (context: ArmContext, subscription: string, name: string): Reply => {
  const { world } = context
  if (!/^[-\w.()]{1,90}$/.test(name) || name.endsWith('.'))
    refuseArm(400, 'InvalidResourceGroup', `The provided resource group name '${name}' is not valid.`)
  const body = context.body()
  const location = locationOf(body)
  const region = regionOf(location)
  if (region === undefined)
    return refuseArm(
      400,
      'LocationNotAvailableForResourceGroup',
      `The provided location '${location}' is not available for resource group. List of available regions is '${REGIONS.map((each) => each.name).join(',')}'.`,
    )
  const known = world.groups.get(groupKey(subscription, name))
  if (known && known.location !== region.name)
    return refuseArm(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${region.name}'. The Resource group already exists in location '${known.location}'.`,
    )
  const tags = parseArm(Tags, body['tags'] ?? {})
  const made: ResourceGroup = {
    id: groupKey(subscription, name),
    subscription: subscription.toLowerCase(),
    name: known?.name ?? name,
    location: region.name,
    tags,
    created: known?.created ?? world.now('arm'),
  }
  world.store.change(() => world.groups.put(made))
  return { status: known ? 200 : 201, body: groupShape(made) }
}

const deleteGroup = async (context: ArmContext, subscription: string, name: string): Promise<Reply> => {
  const { world } = context
  const group = groupOf(context, subscription, name)
  refuseLocked(context, group.id, 'delete')
  const inside = world.vaults
    .all()
    .filter((vault) => vault.deleted === null && groupKey(vault.subscription, vault.group) === group.id)
  for (const account of world.storageAccounts.all())
    if (groupKey(account.subscription, account.group) === group.id) await removeAccount(context, account)
  world.store.change(() => {
    for (const vault of inside) softDelete(world, vault)
    world.groups.delete(group.id)
  })
  return accepted(context, subscription, group.location)
}
