import { z } from 'zod'
import { vaultArmId } from '../keyvault/holder.ts'
import { describe, notSimulated, type Reply } from '../http.ts'
import type { Vault } from '../state/model.ts'
import { allow, armList, isAllowed, ok, parseArm, refuseLocked, type ArmContext } from './context.ts'
import { badRequest, refuseArm, resourceNotFound } from './errors.ts'
import { groupOf, subscriptionOf } from './subscriptions.ts'
import {
  checkedRegion,
  Policies,
  policiesOf,
  settingsOf,
  VaultBody,
  type VaultProperties,
} from './vault-body.ts'
import { softDelete } from './vault-life.ts'
import { endpointShape, vaultShape } from './vault-shape.ts'

const RBAC_BY_DEFAULT_FROM = '2026-02-01'
const NAME = /^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/
const action = (what: string): string => `Microsoft.KeyVault/vaults/${what}`

export interface VaultPlace {
  subscription: string
  group: string
  name: string
}

/** Null where none of this name is in this group, or a soft-deleted one. */
export const liveVault = ({ world }: ArmContext, place: VaultPlace): Vault | null => {
  const vault = world.vaults.get(place.name.toLowerCase())
  const here =
    vault?.deleted === null &&
    vault.subscription === place.subscription.toLowerCase() &&
    vault.group.toLowerCase() === place.group.toLowerCase()
  return here ? vault : null
}

/** `…/vaults/{name}[/accessPolicies/{kind} | /privateEndpointConnections]` */
export const answerVault = (context: ArmContext, place: VaultPlace, rest: readonly string[]): Reply => {
  const { request, world } = context
  const id = vaultArmId(place)
  subscriptionOf(context, place.subscription)
  const found = (): Vault => liveVault(context, place) ?? resourceNotFound(id)
  switch (`${request.method} ${rest[0]?.toLowerCase() ?? ''}`) {
    case 'GET ':
      allow(context, action('read'), id)
      groupOf(context, place.subscription, place.group)
      return ok(vaultShape(world, found()))
    case 'PUT ':
      allow(context, action('write'), id)
      refuseLocked(context, id, 'write')
      return putVault(context, place)
    case 'PATCH ':
      allow(context, action('write'), id)
      refuseLocked(context, id, 'write')
      return patchVault(context, found())
    case 'DELETE ':
      allow(context, action('delete'), id)
      return deleteVault(context, place)
    case 'PUT accesspolicies':
      allow(context, action('accessPolicies/write'), id)
      refuseLocked(context, id, 'write')
      return changePolicies(context, found(), rest[1] ?? '')
    case 'GET privateendpointconnections':
      allow(context, action('privateEndpointConnections/read'), id)
      return armList(
        context,
        found().privateEndpoints.map((each) => endpointShape(found(), each)),
      )
  }
  return notSimulated(describe(request))
}

export const listVaults = (context: ArmContext, subscription: string, group: string | null): Reply => {
  const { world } = context
  subscriptionOf(context, subscription)
  if (group !== null) groupOf(context, subscription, group)
  const vaults = world.vaults
    .all()
    .filter(
      (vault) =>
        vault.deleted === null &&
        vault.subscription === subscription.toLowerCase() &&
        (group === null || vault.group.toLowerCase() === group.toLowerCase()) &&
        isAllowed(context, action('read'), vaultArmId(vault)),
    )
  return armList(
    context,
    vaults.map((vault) => vaultShape(world, vault)),
  )
}

const nameTaken = (name: string): never =>
  refuseArm(
    409,
    'VaultAlreadyExists',
    `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`,
  )

export const isVaultName = (name: string): boolean => NAME.test(name)

const putVault = (context: ArmContext, place: VaultPlace): Reply => {
  const { world, caller } = context
  const subscription = subscriptionOf(context, place.subscription)
  groupOf(context, place.subscription, place.group)
  if (!subscription.providers.includes('Microsoft.KeyVault'))
    refuseArm(
      409,
      'MissingSubscriptionRegistration',
      "The subscription is not registered to use namespace 'Microsoft.KeyVault'. See https://aka.ms/rps-not-found for how to register subscriptions.",
    )
  if (!isVaultName(place.name))
    refuseArm(
      400,
      'VaultNameNotValid',
      `The vault name '${place.name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`,
    )
  const { location, tags, properties } = parseArm(VaultBody, context.body())
  const region = checkedRegion(location)
  if (!properties) return badRequest('The property "properties" is required.')
  const known = liveVault(context, place)
  const taken = world.vaults.get(place.name.toLowerCase())
  if (properties.createMode === 'recover') return recoverVault(context, place, region, taken)
  if (taken && known === null) return nameTaken(place.name)
  if (known && known.location !== region)
    refuseArm(
      409,
      'InvalidResourceLocation',
      `The resource '${place.name}' already exists in location '${known.location}'.`,
    )
  checkTenant(context, properties)
  if (!properties.sku) badRequest('The property "sku" is required.')
  const settings = settingsOf(properties, known)
  const rbac = settings.rbac ?? known?.rbac ?? rbacByDefault(context)
  // Without the list, those that were there are gone.
  const accessPolicies = settings.accessPolicies ?? []
  if (!rbac && !properties.accessPolicies && known === null)
    badRequest('The property "accessPolicies" is required where "enableRbacAuthorization" is false.')
  if (known && known.rbac !== rbac) allowModelChange(context, known)
  const now = world.now('arm')
  const made: Vault = {
    id: place.name.toLowerCase(),
    name: known?.name ?? place.name,
    subscription: subscription.id,
    group: known?.group ?? place.group,
    location: region,
    sku: 'standard',
    retentionDays: known?.retentionDays ?? 90,
    purgeProtection: known?.purgeProtection ?? false,
    publicAccess: known?.publicAccess ?? 'Enabled',
    network: known?.network ?? null,
    privateEndpoints: known?.privateEndpoints ?? [],
    created: known?.created ?? now,
    createdBy: known?.createdBy ?? caller.objectId,
    resolvesAt: known?.resolvesAt ?? now + world.settings().dnsDelayMs,
    deleted: null,
    ...settings,
    tags: tags ?? {},
    rbac,
    accessPolicies,
  }
  world.store.change(() => world.vaults.put(made))
  return { status: known ? 200 : 201, body: vaultShape(world, made) }
}

const checkTenant = ({ world }: ArmContext, { tenantId }: VaultProperties): void => {
  if (!tenantId) badRequest('The property "tenantId" is required.')
  else if (tenantId.toLowerCase() !== world.tenant.id)
    badRequest(`The tenant ${tenantId} is not the one of the subscription.`)
}

const rbacByDefault = ({ request }: ArmContext): boolean =>
  (request.query.get('api-version') ?? '') >= RBAC_BY_DEFAULT_FROM

/** Who may change roles may change what decides about rights. */
const allowModelChange = (context: ArmContext, vault: Vault): void =>
  void allow(context, 'Microsoft.Authorization/roleAssignments/write', vaultArmId(vault))

const recoverVault = (
  context: ArmContext,
  place: VaultPlace,
  region: string,
  taken: Vault | undefined,
): Reply => {
  const { world } = context
  if (taken && taken.deleted === null) return nameTaken(place.name)
  const isThatOne =
    taken?.location === region &&
    taken.subscription === place.subscription.toLowerCase() &&
    taken.group.toLowerCase() === place.group.toLowerCase()
  if (!taken || !isThatOne)
    return refuseArm(
      404,
      'DeletedVaultNotFound',
      `No deleted vault ${place.name} is in this resource group and region.`,
    )
  const recovered: Vault = {
    ...taken,
    deleted: null,
    resolvesAt: world.now('arm') + world.settings().dnsDelayMs,
  }
  world.store.change(() => world.vaults.put(recovered))
  return { status: 201, body: vaultShape(world, recovered) }
}

const patchVault = (context: ArmContext, known: Vault): Reply => {
  const { world } = context
  const { tags, properties } = parseArm(VaultBody, context.body())
  const settings = properties ? settingsOf(properties, known) : {}
  if (settings.rbac !== undefined && settings.rbac !== known.rbac) allowModelChange(context, known)
  const changed: Vault = { ...known, ...settings, tags: tags ?? known.tags }
  world.store.change(() => world.vaults.put(changed))
  return ok(vaultShape(world, changed))
}

const deleteVault = (context: ArmContext, place: VaultPlace): Reply => {
  const { world } = context
  const vault = liveVault(context, place)
  if (vault === null) return { status: 204 }
  refuseLocked(context, vaultArmId(vault), 'delete')
  world.store.change(() => softDelete(world, vault))
  return { status: 200 }
}

const PolicyBody = z.looseObject({ properties: z.looseObject({ accessPolicies: Policies }) })

const changePolicies = (context: ArmContext, vault: Vault, kind: string): Reply => {
  const { world } = context
  const said = policiesOf(parseArm(PolicyBody, context.body()).properties.accessPolicies)
  const isSaid = (each: Vault['accessPolicies'][number]): boolean =>
    said.some(
      ({ objectId, applicationId }) => objectId === each.objectId && applicationId === each.applicationId,
    )
  const others = vault.accessPolicies.filter((each) => !isSaid(each))
  const added = said.map((each) => {
    const known = vault.accessPolicies.find(
      ({ objectId, applicationId }) => objectId === each.objectId && applicationId === each.applicationId,
    )
    const keys = [...new Set([...(known?.permissions.keys ?? []), ...(each.permissions.keys ?? [])])]
    return { ...each, permissions: { ...known?.permissions, ...each.permissions, keys } }
  })
  const removed = vault.accessPolicies.flatMap((each) => {
    const minus = said.find(({ objectId }) => objectId === each.objectId)?.permissions.keys
    if (minus === undefined) return [each]
    const keys = (each.permissions.keys ?? []).filter((name) => !minus.includes(name))
    return keys.length === 0 ? [] : [{ ...each, permissions: { ...each.permissions, keys } }]
  })
  const accessPolicies =
    kind === 'add'
      ? [...others, ...added]
      : kind === 'replace'
        ? said
        : kind === 'remove'
          ? removed
          : badRequest(`${kind} is none of add, replace, remove.`)
  world.store.change(() => world.vaults.put({ ...vault, accessPolicies }))
  return ok({
    id: `${vaultArmId(vault)}/accessPolicies/`,
    type: 'Microsoft.KeyVault/vaults/accessPolicies',
    properties: { accessPolicies },
  })
}
