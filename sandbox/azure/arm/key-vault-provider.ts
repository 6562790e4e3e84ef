import { z } from 'zod'
import { hsmArmId } from '../keyvault/holder.ts'
import { describe, notSimulated, type Reply } from '../http.ts'
import type { Vault } from '../state/model.ts'
import { accepted, allow, armList, isAllowed, ok, parseArm, type ArmContext } from './context.ts'
import { refuseArm } from './errors.ts'
import { groupOf, subscriptionOf } from './subscriptions.ts'
import { purgeVault } from './vault-life.ts'
import { deletedVaultShape, hsmShape } from './vault-shape.ts'
import { answerVault, isVaultName, listVaults } from './vaults.ts'

/** `Microsoft.KeyVault` below a subscription, or below a resource group. */
export const answerKeyVaultProvider = (
  context: ArmContext,
  subscription: string,
  group: string | null,
  rest: readonly string[],
): Reply => {
  const { request } = context
  const [type = '', name, ...more] = rest
  const operation = `${request.method} ${type.toLowerCase()}`
  if (type.toLowerCase() === 'vaults' && name !== undefined && group !== null)
    return answerVault(context, { subscription, group, name }, more)
  if (operation === 'GET vaults' && name === undefined) return listVaults(context, subscription, group)
  if (operation === 'GET managedhsms' && more.length === 0)
    return managedHsms(context, subscription, group, name)
  if (group !== null) return notSimulated(describe(request))
  switch (operation) {
    case 'POST checknameavailability':
      return checkName(context)
    case 'GET deletedvaults':
      return listDeleted(context, subscription)
    case 'GET deletedmanagedhsms':
      subscriptionOf(context, subscription)
      return armList(context, [])
    case 'GET locations':
    case 'POST locations':
      return below(context, subscription, name ?? '', more)
  }
  return notSimulated(describe(request))
}

/** `locations/{location}/…`: deleted vaults and results of long operations. */
const below = (
  context: ArmContext,
  subscription: string,
  location: string,
  [type = '', name = '', verb]: readonly string[],
): Reply => {
  const { request } = context
  switch (`${request.method} ${type.toLowerCase()} ${verb?.toLowerCase() ?? ''}`) {
    case 'GET deletedvaults ':
      allow(context, 'Microsoft.KeyVault/locations/deletedVaults/read', `/subscriptions/${subscription}`)
      return ok(deletedVaultShape(deletedVault(context, subscription, location, name)))
    case 'POST deletedvaults purge':
      return purge(context, subscription, location, name)
    case 'GET operationresults ':
      return operationResult(context, name)
  }
  return notSimulated(describe(request))
}

const operationResult = (context: ArmContext, name: string): Reply => {
  const until = Number(Buffer.from(name, 'hex').toString())
  if (!Number.isFinite(until) || name === '')
    return refuseArm(404, 'OperationNotFound', `There is no operation ${name}.`)
  if (until <= context.world.now('arm')) return { status: 200 }
  const address = `https://${context.request.host}${context.request.path}?${context.request.query.toString()}`
  return { status: 202, headers: { location: address, 'retry-after': '0' } }
}

const deletedVault = ({ world }: ArmContext, subscription: string, location: string, name: string): Vault => {
  const vault = world.vaults.get(name.toLowerCase())
  const isThere =
    vault?.deleted !== null &&
    vault?.subscription === subscription.toLowerCase() &&
    vault.location === location.toLowerCase()
  if (vault && isThere) return vault
  return refuseArm(
    404,
    'DeletedVaultNotFound',
    `No deleted vault ${name} is in location ${location} of this subscription.`,
  )
}

const listDeleted = (context: ArmContext, subscription: string): Reply => {
  subscriptionOf(context, subscription)
  allow(context, 'Microsoft.KeyVault/deletedVaults/read', `/subscriptions/${subscription}`)
  const deleted = context.world.vaults
    .all()
    .filter((vault) => vault.deleted !== null && vault.subscription === subscription.toLowerCase())
  return armList(context, deleted.map(deletedVaultShape))
}

const purge = (context: ArmContext, subscription: string, location: string, name: string): Reply => {
  const { world } = context
  allow(context, 'Microsoft.KeyVault/locations/deletedVaults/purge/action', `/subscriptions/${subscription}`)
  const vault = deletedVault(context, subscription, location, name)
  if (vault.purgeProtection)
    return refuseArm(405, 'MethodNotAllowed', "Operation 'DeletedVaultPurge' is not allowed.")
  world.store.change(() => purgeVault(world, vault))
  return accepted(context, subscription, location)
}

const checkName = (context: ArmContext): Reply => {
  const { name } = parseArm(z.looseObject({ name: z.string(), type: z.string().nullish() }), context.body())
  if (!isVaultName(name))
    return ok({
      nameAvailable: false,
      reason: 'AccountNameInvalid',
      message:
        'The vault name must be between 3-24 alphanumeric characters, begin with a letter, end with a letter or digit, and not contain consecutive hyphens.',
    })
  if (context.world.vaults.get(name.toLowerCase()))
    return ok({
      nameAvailable: false,
      reason: 'AlreadyExists',
      message: `The vault name '${name}' is already in use.`,
    })
  return ok({ nameAvailable: true })
}

const managedHsms = (
  context: ArmContext,
  subscription: string,
  group: string | null,
  name: string | undefined,
): Reply => {
  const { world } = context
  subscriptionOf(context, subscription)
  if (group !== null) groupOf(context, subscription, group)
  const seen = world.hsms
    .all()
    .filter(
      (hsm) =>
        hsm.subscription === subscription.toLowerCase() &&
        (group === null || hsm.group.toLowerCase() === group.toLowerCase()) &&
        isAllowed(context, 'Microsoft.KeyVault/managedHSMs/read', hsmArmId(hsm)),
    )
  if (name === undefined)
    return armList(
      context,
      seen.map((hsm) => hsmShape(world, hsm)),
    )
  const found = seen.find(({ id }) => id === name.toLowerCase())
  return found
    ? ok(hsmShape(world, found))
    : refuseArm(
        404,
        'ResourceNotFound',
        `The Resource 'Microsoft.KeyVault/managedHSMs/${name}' was not found.`,
      )
}
