import { z } from 'zod'
import { describe, notSimulated, type Reply } from '../http.ts'
import { storageArmId, type StorageAccount } from '../state/model.ts'
import { newStorageKey } from '../storage-keys.ts'
import type { World } from '../world.ts'
import { allow, armList, isAllowed, ok, parseArm, refuseLocked, type ArmContext } from './context.ts'
import { badRequest, refuseArm, resourceNotFound } from './errors.ts'
import {
  AccountBody,
  changedBy,
  checkedKind,
  isAccountName,
  NEW_ACCOUNT,
  storageRegion,
} from './storage-body.ts'
import { answerBlobServices } from './storage-containers.ts'
import { groupOf, subscriptionOf } from './subscriptions.ts'

const TYPE = 'Microsoft.Storage/storageAccounts'
const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

export interface AccountPlace {
  subscription: string
  group: string
  name: string
}

export const accountShape = (account: StorageAccount): Record<string, unknown> => ({
  id: storageArmId(account),
  name: account.name,
  type: TYPE,
  location: account.location,
  tags: account.tags,
  kind: account.kind,
  sku: { name: account.sku, tier: account.sku.split('_')[0] },
  properties: {
    provisioningState: 'Succeeded',
    creationTime: time(account.created),
    primaryLocation: account.location,
    statusOfPrimary: 'available',
    accessTier: account.accessTier,
    minimumTlsVersion: account.minimumTls,
    allowBlobPublicAccess: account.blobPublicAccess,
    allowSharedKeyAccess: account.sharedKeyAccess,
    supportsHttpsTrafficOnly: account.httpsOnly,
    publicNetworkAccess: account.publicAccess,
    networkAcls: account.network ?? {
      bypass: 'AzureServices',
      defaultAction: 'Allow',
      ipRules: [],
      virtualNetworkRules: [],
    },
    primaryEndpoints: { blob: `https://${account.name}.blob.core.windows.net/` },
    keyCreationTime: Object.fromEntries(account.keys.map(({ name, created }) => [name, time(created)])),
    encryption: {
      keySource: 'Microsoft.Storage',
      services: { blob: { enabled: true, keyType: 'Account' } },
    },
  },
})

export const liveAccount = (world: World, place: AccountPlace): StorageAccount | null => {
  const account = world.storageAccounts.get(place.name.toLowerCase())
  const here =
    account?.subscription === place.subscription.toLowerCase() &&
    account.group.toLowerCase() === place.group.toLowerCase()
  return here ? account : null
}

const action = (what: string): string => `${TYPE}/${what}`

/** `…/storageAccounts/{name}[/listKeys | /regenerateKey | /blobServices/…]` */
export const answerStorageAccount = async (
  context: ArmContext,
  place: AccountPlace,
  rest: readonly string[],
): Promise<Reply> => {
  const { request, world } = context
  const id = storageArmId(place)
  subscriptionOf(context, place.subscription)
  groupOf(context, place.subscription, place.group)
  const found = (): StorageAccount => liveAccount(world, place) ?? resourceNotFound(id)
  switch (`${request.method} ${rest[0]?.toLowerCase() ?? ''}`) {
    case 'GET ':
      allow(context, action('read'), id)
      return ok(accountShape(found()))
    case 'PUT ':
      allow(context, action('write'), id)
      refuseLocked(context, id, 'write')
      return putAccount(context, place)
    case 'PATCH ':
      allow(context, action('write'), id)
      refuseLocked(context, id, 'write')
      return patchAccount(context, found())
    case 'DELETE ':
      allow(context, action('delete'), id)
      return deleteAccount(context, place)
    case 'POST listkeys':
      allow(context, action('listKeys/action'), id)
      // A ReadOnly lock also stops what hands out keys, since they allow writing.
      refuseLocked(context, id, 'write')
      return ok({ keys: keysShape(found()) })
    case 'POST regeneratekey':
      allow(context, action('regenerateKey/action'), id)
      refuseLocked(context, id, 'write')
      return regenerateKey(context, found())
  }
  if (rest[0]?.toLowerCase() === 'blobservices') return answerBlobServices(context, found(), rest.slice(1))
  return notSimulated(describe(request))
}

const keysShape = ({ keys }: StorageAccount): unknown[] =>
  keys.map(({ name, value, created }) => ({
    keyName: name,
    value,
    permissions: 'FULL',
    creationTime: time(created),
  }))

const putAccount = async (context: ArmContext, place: AccountPlace): Promise<Reply> => {
  const { world, caller } = context
  const subscription = subscriptionOf(context, place.subscription)
  if (!subscription.providers.includes('Microsoft.Storage'))
    refuseArm(
      409,
      'MissingSubscriptionRegistration',
      "The subscription is not registered to use namespace 'Microsoft.Storage'. See https://aka.ms/rps-not-found for how to register subscriptions.",
    )
  if (!isAccountName(place.name)) refuseArm(400, 'AccountNameInvalid', invalidName(place.name))
  const body = parseArm(AccountBody, context.body())
  const region = storageRegion(body.location)
  const known = liveAccount(world, place)
  if (known === null && world.storageAccounts.get(place.name))
    refuseArm(409, 'StorageAccountAlreadyTaken', `The storage account named ${place.name} is already taken.`)
  if (known !== null && known.location !== region)
    refuseArm(
      409,
      'InvalidResourceLocation',
      `The resource '${place.name}' already exists in location '${known.location}'.`,
    )
  if (known === null && !body.sku) badRequest('The property "sku" is required.')
  if (known === null && !body.kind) badRequest('The property "kind" is required.')
  const kind = known?.kind ?? checkedKind(body.kind ?? '')
  const now = world.now('arm')
  const made: StorageAccount = {
    id: place.name,
    name: place.name,
    subscription: subscription.id,
    group: known?.group ?? place.group,
    location: region,
    tags: body.tags ?? known?.tags ?? {},
    kind,
    ...changedBy(body, known ?? NEW_ACCOUNT),
    versioning: known?.versioning ?? false,
    softDeleteDays: known?.softDeleteDays ?? null,
    keys: known?.keys ?? [
      { name: 'key1', value: newStorageKey(), created: now },
      { name: 'key2', value: newStorageKey(), created: now },
    ],
    created: known?.created ?? now,
    createdBy: known?.createdBy ?? caller.objectId,
  }
  world.store.change(() => world.storageAccounts.put(made))
  await context.blobs.accountsChanged()
  return known === null ? underWay(context, made) : ok(accountShape(made))
}

const invalidName = (name: string): string =>
  `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`

const patchAccount = (context: ArmContext, account: StorageAccount): Reply => {
  const body = parseArm(AccountBody, context.body())
  const changed: StorageAccount = {
    ...account,
    ...changedBy(body, account),
    tags: body.tags ?? account.tags,
  }
  context.world.store.change(() => context.world.storageAccounts.put(changed))
  return ok(accountShape(changed))
}

/** 202 with an address that answers the account; ours is ready at once. */
const underWay = ({ request }: ArmContext, { subscription, location, name }: StorageAccount): Reply => {
  const version = request.query.get('api-version') ?? ''
  const address = `https://${request.host}/subscriptions/${subscription}/providers/Microsoft.Storage/locations/${location}/asyncoperations/${Buffer.from(name).toString('hex')}?monitor=true&api-version=${version}`
  return { status: 202, headers: { location: address, 'retry-after': '0' } }
}

export const operationEnd = (context: ArmContext, operation: string): Reply => {
  const account = context.world.storageAccounts.get(Buffer.from(operation, 'hex').toString())
  return account
    ? ok(accountShape(account))
    : refuseArm(404, 'OperationNotFound', `There is no operation ${operation}.`)
}

const deleteAccount = async (context: ArmContext, place: AccountPlace): Promise<Reply> => {
  const { world } = context
  const account = liveAccount(world, place)
  if (account === null) return { status: 204 }
  refuseLocked(context, storageArmId(account), 'delete')
  await removeAccount(context, account)
  return { status: 200 }
}

/** With everything in it, for good. */
export const removeAccount = async (
  { world, blobs }: Pick<ArmContext, 'world' | 'blobs'>,
  account: StorageAccount,
): Promise<void> => {
  for (const { name } of await blobs.containers(account)) await blobs.deleteContainer(account, name)
  const scope = storageArmId(account).toLowerCase()
  world.store.change(() => {
    for (const each of world.assignments.all())
      if (each.scope === scope || each.scope.startsWith(`${scope}/`)) world.assignments.delete(each.id)
    for (const each of world.storageContainers.all())
      if (each.account === account.id) world.storageContainers.delete(each.id)
    world.storageAccounts.delete(account.id)
  })
  await blobs.accountsChanged()
}

const regenerateKey = async (context: ArmContext, account: StorageAccount): Promise<Reply> => {
  const { world } = context
  const { keyName } = parseArm(z.looseObject({ keyName: z.string() }), context.body())
  if (!account.keys.some(({ name }) => name === keyName))
    return badRequest(`The key '${keyName}' is none of this account: key1 or key2.`)
  const created = world.now('arm')
  const changed: StorageAccount = {
    ...account,
    keys: account.keys.map((key) =>
      key.name === keyName ? { ...key, value: newStorageKey(), created } : key,
    ),
  }
  world.store.change(() => world.storageAccounts.put(changed))
  await context.blobs.accountsChanged()
  return ok({ keys: keysShape(changed) })
}

export const listAccounts = (context: ArmContext, subscription: string, group: string | null): Reply => {
  const { world } = context
  subscriptionOf(context, subscription)
  if (group !== null) groupOf(context, subscription, group)
  const accounts = world.storageAccounts
    .all()
    .filter(
      (account) =>
        account.subscription === subscription.toLowerCase() &&
        (group === null || account.group.toLowerCase() === group.toLowerCase()) &&
        isAllowed(context, action('read'), storageArmId(account)),
    )
  return armList(context, accounts.map(accountShape))
}

export const checkAccountName = (context: ArmContext): Reply => {
  const { name } = parseArm(z.looseObject({ name: z.string(), type: z.string().nullish() }), context.body())
  if (!isAccountName(name))
    return ok({ nameAvailable: false, reason: 'AccountNameInvalid', message: invalidName(name) })
  if (context.world.storageAccounts.get(name))
    return ok({
      nameAvailable: false,
      reason: 'AlreadyExists',
      message: `The storage account named ${name} is already taken.`,
    })
  return ok({ nameAvailable: true })
}
