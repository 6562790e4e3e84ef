import { KeyturnError } from '../../../shared/errors/problem.ts'
import type {
  AzureControl,
  AzureWaitOptions,
  NewVault,
  VaultChange,
  VaultNameAnswer,
  VaultSettings,
} from '../../ports/azure-control.ts'
import { until } from './call.ts'
import type { ControlClients } from './control-clients.ts'
import { checkedGroup, checkedVaultName, checkedWord } from './control-names.ts'
import { deletedVaultOf, groupIn, hsmOf, networkFor, policyFor, vaultOf } from './control-values.ts'
import { orNull, textOf } from './values.ts'

type Vaults = Pick<
  AzureControl,
  | 'vaults'
  | 'vault'
  | 'vaultName'
  | 'createVault'
  | 'changeVault'
  | 'changeAccessPolicy'
  | 'deleteVault'
  | 'deletedVaults'
  | 'recoverVault'
  | 'managedHsms'
  | 'managedHsm'
>

const read = 'Microsoft.KeyVault/vaults/read'
const write = 'Microsoft.KeyVault/vaults/write'
const usualWaitMs = 300_000

/** Key vaults and managed HSMs as resources. */
export const vaultsOf = (clients: ControlClients): Vaults => {
  const { ask, one, list, vaults, signedIn } = clients
  const { name: target, tenantId } = signedIn.connection
  const named = (group: string, name: string): void => {
    checkedGroup(group, target)
    checkedVaultName(name, target)
  }
  const get = async (
    group: string,
    name: string,
    options: Parameters<AzureControl['vault']>[2],
  ): Promise<VaultSettings | null> => {
    named(group, name)
    const asked = { what: `reading the vault ${name}`, permission: read }
    const found = await orNull(
      one(asked, options, (given) => vaults.vaults.get(group, name, given)),
      ['azure-not-found'],
    )
    return found === null ? null : vaultOf(found)
  }
  const whenReady = (
    group: string,
    name: string,
    what: string,
    options: AzureWaitOptions = {},
  ): Promise<VaultSettings> =>
    until(
      {
        service: 'arm',
        target,
        host: signedIn.hosts.control,
        what,
        permission: read,
        principal: signedIn.who,
        repeatable: true,
      },
      signedIn.means,
      { timeoutMs: usualWaitMs, ...options },
      async (signal) => {
        const found = await get(group, name, { signal })
        return found !== null && found.provisioning !== 'RegisteringDns' && found.host !== '' ? found : null
      },
      2_000,
    )

  return {
    vaults: async (options) => {
      const found = await list({ what: 'listing vaults', permission: read }, options, (given) =>
        vaults.vaults.listBySubscription(given),
      )
      return found.map(vaultOf)
    },
    vault: get,
    vaultName: async (name, options) => {
      checkedVaultName(name, target)
      const asked = { what: `asking whether ${name} is free`, permission: read }
      const answer = await ask(asked, options, (given) =>
        vaults.vaults.checkNameAvailability({ name, type: 'Microsoft.KeyVault/vaults' }, given),
      )
      return nameAnswer(answer.nameAvailable, textOf(answer.reason), textOf(answer.message))
    },
    createVault: async (request, options) => {
      named(request.group, request.name)
      checkedWord(request.region, 'The region', target)
      checkDays(request.retentionDays, target)
      const what = `creating the vault ${request.name}`
      const wanted = newVault(request, tenantId)
      await ask({ what, permission: write, key: request.name }, options, async (given) => {
        await vaults.vaults.createOrUpdate(request.group, request.name, wanted, given).submitted()
      })
      return whenReady(request.group, request.name, what, options)
    },
    changeVault: async (group, name, change, options) => {
      named(group, name)
      const asked = { what: `changing the vault ${name}`, permission: write, key: name }
      const properties = changed(change)
      const parameters = {
        properties,
        ...(change.tags === undefined ? {} : { tags: { ...change.tags } }),
      }
      return vaultOf(
        await one(asked, options, (given) => vaults.vaults.update(group, name, parameters, given)),
      )
    },
    changeAccessPolicy: async (group, name, { how, policy }, options) => {
      named(group, name)
      const asked = { what: `changing the access policies of ${name}`, permission: write, key: name }
      const parameters = { properties: { accessPolicies: [policyFor(policy)] } }
      await ask(asked, options, (given) =>
        vaults.vaults.updateAccessPolicy(group, name, how, parameters as never, given),
      )
    },
    deleteVault: async (group, name, options) => {
      named(group, name)
      const permission = 'Microsoft.KeyVault/vaults/delete'
      await orNull(
        ask({ what: `deleting the vault ${name}`, permission, key: name }, options, (given) =>
          vaults.vaults.delete(group, name, given),
        ),
        ['azure-not-found'],
      )
    },
    deletedVaults: async (options) => {
      const asked = { what: 'listing deleted vaults', permission: 'Microsoft.KeyVault/deletedVaults/read' }
      const found = await list(asked, options, (given) => vaults.vaults.listDeleted(given))
      return found.map(deletedVaultOf)
    },
    recoverVault: async (deleted, options) => {
      const group = groupIn(deleted.vaultId)
      named(group, deleted.name)
      checkedWord(deleted.region, 'The region', target)
      const what = `recovering the vault ${deleted.name}`
      const wanted = {
        location: deleted.region,
        properties: { tenantId, sku: { family: 'A', name: 'standard' }, createMode: 'recover' },
      } as const
      await ask({ what, permission: write, key: deleted.name }, options, async (given) => {
        await vaults.vaults.createOrUpdate(group, deleted.name, wanted as never, given).submitted()
      })
      return whenReady(group, deleted.name, what, options)
    },
    managedHsms: async (options) => {
      const asked = { what: 'listing managed HSMs', permission: 'Microsoft.KeyVault/managedHSMs/read' }
      const found = await list(asked, options, (given) => vaults.managedHsms.listBySubscription(given))
      return found.map(hsmOf)
    },
    managedHsm: async (group, name, options) => {
      named(group, name)
      const asked = { what: `reading the HSM ${name}`, permission: 'Microsoft.KeyVault/managedHSMs/read' }
      const found = await orNull(
        one(asked, options, (given) => vaults.managedHsms.get(group, name, given)),
        ['azure-not-found'],
      )
      return found === null ? null : hsmOf(found)
    },
  }
}

const nameAnswer = (free: boolean | undefined, reason: string, text: string): VaultNameAnswer =>
  free === true
    ? { free: true }
    : { free: false, why: reason === 'AccountNameInvalid' ? 'rule' : 'taken', text }

const checkDays = (days: number, target: string): void => {
  if (Number.isInteger(days) && days >= 7 && days <= 90) return
  throw new KeyturnError('azure-name', { target, what: 'the retention is 7 to 90 days' })
}

/** The model of rights is always sent: what its absence means changed with the version of the service. */
const newVault = (request: NewVault, tenantId: string) => ({
  location: request.region,
  ...(request.tags === undefined ? {} : { tags: { ...request.tags } }),
  properties: {
    tenantId,
    sku: { family: 'A', name: request.tier } as const,
    enableRbacAuthorization: request.rights === 'roles',
    enableSoftDelete: true,
    softDeleteRetentionInDays: request.retentionDays,
    // Azure refuses the value false.
    ...(request.purgeProtection ? { enablePurgeProtection: true } : {}),
    accessPolicies: request.accessPolicies.map(policyFor) as never[],
    ...networkFor(request.network),
  },
})

const changed = (change: VaultChange) => ({
  ...(change.purgeProtection === undefined ? {} : { enablePurgeProtection: true }),
  ...(change.rights === undefined ? {} : { enableRbacAuthorization: change.rights === 'roles' }),
  ...(change.network === undefined ? {} : networkFor(change.network)),
})
