import { randomUUID } from 'node:crypto'
import { removeAccount } from './arm/storage-accounts.ts'
import type { BlobStore } from './blob/store.ts'
import type { DeviceCodes } from './entra/device-code.ts'
import { openNetwork } from './arm/vault-shape.ts'
import { putAssignment, seededVault, seededVaultId } from './estate.ts'
import { APPLICATIONS } from './estate-ids.ts'
import { agedVersion } from './estate-keys.ts'
import { newKey, replaceVersion, versionOf } from './keyvault/keys.ts'
import { AzureOrder } from './orders.ts'
import { roleNamed } from './rbac/roles.ts'
import type {
  AuditEntry,
  Key,
  KeyVersion,
  NetworkRules,
  Principal,
  RoleAssignment,
  StorageAccount,
  Vault,
} from './state/model.ts'
import { withoutGaps } from './settings.ts'
import type { World } from './world.ts'

export interface OrderAnswer {
  entries?: AuditEntry[]
  subscriptionId?: string
  vaults?: string[]
}

/** Throws an Error whose text says what there is not. */
export const runOrder = async (
  world: World,
  devices: DeviceCodes,
  blobs: BlobStore,
  given: AzureOrder,
): Promise<OrderAnswer> => {
  const order = AzureOrder.parse(given)
  switch (order.do) {
    case 'settings':
      world.set(withoutGaps(order.change))
      return {}
    case 'clock':
      world.set({ clockOffsetMs: Math.round(order.days * 86_400_000 + order.seconds * 1000) })
      return {}
    case 'fault':
      world.faults.add(order.fault)
      return {}
    case 'clearFaults':
      world.faults.clear()
      return {}
    case 'deviceSignIn':
      devices.answer(order.userCode, order.user === null ? null : principalNamed(world, order.user))
      return {}
    case 'loseStorage':
      await removeAccount({ world, blobs }, accountNamed(world, order.account))
      return {}
    case 'audit':
      return { entries: auditOf(world, order) }
    default:
      return world.store.change(() => changeState(world, order))
  }
}

type Changing = Exclude<
  ReturnType<typeof AzureOrder.parse>,
  { do: 'settings' | 'clock' | 'fault' | 'clearFaults' | 'deviceSignIn' | 'audit' | 'loseStorage' }
>

const changeState = (world: World, order: Changing): OrderAnswer => {
  switch (order.do) {
    case 'grantRole': {
      const principal = principalNamed(world, order.principal)
      putAssignment(world, principal.id, roleNamed(order.role), order.scope)
      return {}
    }
    case 'revokeRole':
      for (const { id } of assignmentsMeant(world, order)) world.assignments.delete(id)
      return {}
    case 'keyVersion': {
      const key = keyNamed(world, order.vault, order.key)
      const version = versionOf(key, order.version ?? '')
      const seconds = Math.floor(world.now('vault') / 1000)
      const { enabled = version.enabled, exp = version.exp, nbf = version.nbf } = order
      world.keys.put(replaceVersion(key, { ...version, enabled, exp, nbf, updated: seconds }))
      return {}
    }
    case 'deleteKey': {
      const key = keyNamed(world, order.vault, order.key)
      if (order.purge) world.keys.delete(key.id)
      else world.keys.put({ ...key, deleted: deletion(world, retentionOf(world, order.vault)) })
      return {}
    }
    case 'loseVault': {
      const vault = vaultNamed(world, order.vault)
      for (const { id, holder } of world.keys.all()) if (holder === vault.id) world.keys.delete(id)
      world.vaults.delete(vault.id)
      return {}
    }
    case 'expireSecret': {
      const application = world.applications
        .all()
        .find(({ displayName, appId }) => [displayName, appId].includes(order.application))
      if (application === undefined) throw new Error(`there is no application ${order.application}`)
      const end = world.now('entra') - 1000
      const passwords = application.passwords.map((each) =>
        order.keyId === undefined || each.keyId === order.keyId ? { ...each, end } : each,
      )
      world.applications.put({ ...application, passwords })
      return {}
    }
    case 'enablePrincipal':
      world.principals.put({ ...principalNamed(world, order.principal), enabled: order.enabled })
      return {}
    case 'revokeSessions': {
      const principal = principalNamed(world, order.principal)
      world.principals.put({ ...principal, sessionsValidFrom: world.wireNow('entra') + 1 })
      return {}
    }
    case 'network': {
      const vault = vaultNamed(world, order.vault)
      const known = vault.network ?? openNetwork
      const network: NetworkRules = {
        ...known,
        bypass: order.bypass ?? known.bypass,
        defaultAction: order.defaultAction ?? known.defaultAction,
        ipRules: order.addresses?.map((value) => ({ value })) ?? known.ipRules,
      }
      world.vaults.put({ ...vault, network, publicAccess: order.publicAccess ?? vault.publicAccess })
      return {}
    }
    case 'storage': {
      const account = accountNamed(world, order.account)
      const known = account.network ?? {
        bypass: 'AzureServices',
        defaultAction: 'Allow',
        ipRules: [],
        virtualNetworkRules: [],
      }
      world.storageAccounts.put({
        ...account,
        network: { ...known, defaultAction: order.defaultAction ?? known.defaultAction },
        publicAccess: order.publicAccess ?? account.publicAccess,
        sharedKeyAccess: order.sharedKeyAccess ?? account.sharedKeyAccess,
      })
      return {}
    }
    case 'immutability': {
      const account = accountNamed(world, order.account)
      const id = `${account.id}/${order.container}`
      const known = world.storageContainers.get(id)
      world.storageContainers.put({
        ...(known ?? { id, account: account.id, name: order.container, made: true }),
        immutability: order.days === null ? null : { days: order.days, locked: order.locked },
      })
      return {}
    }
    case 'hsmActivated': {
      const hsm = world.hsms.get(order.hsm.toLowerCase())
      if (hsm === undefined) throw new Error(`there is no managed HSM ${order.hsm}`)
      world.hsms.put({ ...hsm, activated: order.activated })
      return {}
    }
    case 'addSubscription': {
      const id = randomUUID()
      world.subscriptions.put({
        id,
        displayName: order.displayName,
        state: 'Enabled',
        providers: [
          'Microsoft.KeyVault',
          'Microsoft.Authorization',
          'Microsoft.Resources',
          'Microsoft.Insights',
          'Microsoft.Storage',
        ],
      })
      putAssignment(world, APPLICATIONS.operator.objectId, roleNamed('Owner'), `/subscriptions/${id}`)
      return { subscriptionId: id }
    }
    case 'populate':
      return { vaults: populate(world, order) }
  }
}

const principalNamed = (world: World, name: string): Principal => {
  const found = world.principals
    .all()
    .find(({ id, appId, displayName, userPrincipalName }) =>
      [id, appId, displayName, userPrincipalName].includes(name),
    )
  if (found === undefined) throw new Error(`there is no principal ${name}`)
  return found
}

const assignmentsMeant = (
  world: World,
  order: { principal: string; role?: string | undefined; scope?: string | undefined },
): RoleAssignment[] => {
  const { id } = principalNamed(world, order.principal)
  const role = order.role === undefined ? null : roleNamed(order.role)
  const end = order.scope?.toLowerCase() ?? ''
  return world.assignments
    .all()
    .filter(
      (each) => each.principalId === id && (role === null || each.role === role) && each.scope.endsWith(end),
    )
}

const accountNamed = (world: World, name: string): StorageAccount => {
  const found = world.storageAccounts.get(name)
  if (found === undefined) throw new Error(`there is no storage account ${name}`)
  return found
}

const vaultNamed = (world: World, name: string): Vault => {
  const found = world.vaults.get(name.toLowerCase())
  if (found === undefined) throw new Error(`there is no vault ${name}`)
  return found
}

/** `vault` may also be `hsm:NAME`. */
const keyNamed = (world: World, vault: string, key: string): Key => {
  const found = world.keys.get(`${vault}/${key}`.toLowerCase())
  if (found === undefined) throw new Error(`there is no key ${key} in ${vault}`)
  return found
}

const retentionOf = (world: World, vault: string): number =>
  (world.vaults.get(vault.toLowerCase()) ?? world.hsms.get(vault.toLowerCase().replace(/^hsm:/, '')))
    ?.retentionDays ?? 90

const deletion = (world: World, days: number): Key['deleted'] => {
  const at = world.now('vault')
  return { at, purgeAt: at + days * 86_400_000, visibleAt: at, purging: false }
}

const auditOf = (
  world: World,
  { vault, key, after }: { vault?: string | undefined; key?: string | undefined; after?: string | undefined },
): AuditEntry[] =>
  world
    .auditEntries()
    .filter(
      (entry) =>
        (vault === undefined || entry.holder === vault.toLowerCase()) &&
        (key === undefined || entry.key?.toLowerCase() === key.toLowerCase()) &&
        (after === undefined || entry.id > after),
    )

const POOL = 8

const populate = (world: World, order: { vaults: number; keys: number; versions: number }): string[] => {
  const names: string[] = []
  for (let at = 0; at < order.vaults; at++) {
    const name = `ktr-scale-${String(at + 1).padStart(2, '0')}`
    names.push(name)
    world.vaults.put(seededVault(world, name, { sku: 'standard', created: world.now() }))
    putAssignment(
      world,
      APPLICATIONS.operator.objectId,
      roleNamed('Key Vault Crypto Officer'),
      seededVaultId(name),
    )
    for (let key = 0; key < order.keys; key++) putScaleKey(world, name, key, order.versions)
  }
  return names
}

const putScaleKey = (world: World, vault: string, at: number, versions: number): void => {
  const name = `ktr-key-${String(at + 1).padStart(4, '0')}`
  const version = (index: number): KeyVersion =>
    agedVersion(world, versions - index, {
      size: 2048,
      keyOps: ['wrapKey', 'unwrapKey'],
      material: { kind: 'pool', index: (at + index) % POOL },
    })
  const made = Array.from({ length: versions }, (_, index) => version(index))
  world.keys.put(newKey(vault, name, made))
}
