import { KeyturnError } from '../../shared/errors/problem.ts'
import type { AzurePrincipal } from '../../shared/model/azure.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { asTargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { AzurePorts } from '../../electron/ports/azure.ts'
import type {
  AzureControl,
  DiagnosticSetting,
  ManagedHsmState,
  OwnPermissions,
  ResourceGroup,
  ResourceLock,
  RoleAssignment,
  VaultSettings,
} from '../../electron/ports/azure-control.ts'
import type { DirectoryApplication, ServicePrincipal } from '../../electron/ports/directory.ts'
import type { VaultKey } from '../../electron/ports/key-vault.ts'
import { directoryOf, vaultOf } from './azure-fake-keys.ts'
import type { FakeVaultState } from './fake-key-vault.ts'
import { noAzure } from './no-azure.ts'

/** Azure over plain maps: enough to walk the plan of a vault, to fail anywhere, and to lie in one place at a time. */

export const azureTarget: TargetRef = {
  id: asTargetId('t-azurefake234'),
  kind: 'azure',
  name: 'ktr-subscription',
  environment: 'test',
}
export const tenantId = '11111111-1111-4111-8111-111111111111'
export const subscriptionId = '22222222-2222-4222-8222-222222222222'
export const operator: AzurePrincipal = {
  tenantId,
  objectId: '33333333-3333-4333-8333-333333333333',
  applicationId: null,
  kind: 'user',
  name: 'dba@ktr.example',
}

export const everything: OwnPermissions = [
  { actions: ['*'], notActions: [], dataActions: ['Microsoft.KeyVault/vaults/keys/*'], notDataActions: [] },
]

export interface FakeAzure {
  ports: AzurePorts
  groups: Map<string, ResourceGroup>
  vaults: Map<string, VaultSettings>
  hsms: ManagedHsmState[]
  deleted: Set<string>
  /** By host: what the vault holds, by name in lower case. */
  keys: Map<string, Pick<FakeVaultState, 'keys' | 'deleted'>>
  locks: ResourceLock[]
  logs: DiagnosticSetting[]
  assignments: RoleAssignment[]
  applications: Map<string, DirectoryApplication>
  /** By client id. */
  principals: Map<string, ServicePrincipal>
  /** Values of secrets by their key id: what Entra knows and says once. */
  secrets: Map<string, string>
  permissions: OwnPermissions
  /** How many probes are refused before a new right works. */
  slowRights: number
  /** Every change that arrived, in order. */
  changes: string[]
  /** Called before a change; throwing is a failure in which nothing happened. */
  before: (change: string) => void
  /** Called after a change; throwing is a lost answer. */
  after: (change: string) => void
}

export const fail = (code: ErrorCode, params: Record<string, string | number> = {}): KeyturnError =>
  new KeyturnError(code, {
    target: azureTarget.name,
    what: 'this',
    principal: 'x',
    permission: 'y',
    ...params,
  })

export const fakeAzure = (): FakeAzure => {
  const state = {
    groups: new Map([
      [
        'ktr-rg',
        {
          id: `/subscriptions/${subscriptionId}/resourceGroups/ktr-rg`,
          name: 'ktr-rg',
          region: 'westeurope',
          tags: {},
        },
      ],
    ]),
    vaults: new Map(),
    hsms: [],
    deleted: new Set<string>(),
    keys: new Map(),
    locks: [],
    logs: [],
    assignments: [],
    applications: new Map(),
    principals: new Map(),
    secrets: new Map(),
    permissions: everything,
    slowRights: 0,
    changes: [],
    before: () => undefined,
    after: () => undefined,
  } satisfies Omit<FakeAzure, 'ports'> as Omit<FakeAzure, 'ports'>
  const azure = state as FakeAzure
  const control = controlOf(azure)
  const directory = directoryOf(azure)
  azure.ports = {
    controls: { open: async () => control },
    directories: { open: async () => directory },
    vaults: {
      open: async () => {
        throw fail('internal')
      },
      at: async (_target, host) => vaultOf(azure, host, null),
      as: async (_target, host, { clientId, secret }) => {
        const value = secret.use((bytes) => bytes.toString('utf8'))
        const application = azure.applications.get(clientId)
        if (application?.secrets.some(({ keyId }) => azure.secrets.get(keyId) === value) !== true) {
          throw fail('azure-sign-in-secret', { account: clientId })
        }
        return vaultOf(azure, host, azure.principals.get(clientId)?.objectId ?? '')
      },
      clockOf: async () => 0,
    },
    // A test with storage brings one of its own: `fake-blob-store.ts`.
    storage: noAzure.storage,
  }
  return azure
}

export const emptyVault = (): Pick<FakeVaultState, 'keys' | 'deleted'> => ({
  keys: new Map(),
  deleted: new Map(),
})

export const change = async <Value>(azure: FakeAzure, what: string, make: () => Value): Promise<Value> => {
  azure.before(what)
  const made = make()
  azure.changes.push(what)
  azure.after(what)
  return made
}

export const within = (scope: string, place: string): boolean =>
  place.toLowerCase() === scope.toLowerCase() || place.toLowerCase().startsWith(`${scope.toLowerCase()}/`)

/** As Azure: neither the resource nor what hangs on it, such as a role or a diagnostic setting, is deleted. */
const refuseLocked = (azure: FakeAzure, id: string): void => {
  if (azure.locks.some(({ scope }) => within(scope, id))) throw fail('azure-locked')
}

const controlOf = (azure: FakeAzure): AzureControl => {
  const vaultNamed = (name: string): VaultSettings => {
    const found = azure.vaults.get(name.toLowerCase())
    if (found === undefined) throw fail('azure-not-found', { what: name })
    return found
  }
  const put = (vault: VaultSettings): VaultSettings => {
    azure.vaults.set(vault.name.toLowerCase(), vault)
    return vault
  }
  return {
    ref: azureTarget,
    identity: { tenantId, subscriptionId },
    cloud: 'public',
    principal: operator,
    subscriptions: async () => [{ id: subscriptionId, name: 'ktr-subscription', state: 'Enabled', tenantId }],
    regions: async () => [
      { name: 'westeurope', displayName: 'West Europe', geography: 'Europe', pairedRegion: 'northeurope' },
    ],
    resourceGroups: async () => [...azure.groups.values()],
    resourceGroup: async (name) => azure.groups.get(name.toLowerCase()) ?? null,
    createResourceGroup: ({ name, region, tags = {} }) =>
      change(azure, `group ${name}`, () => {
        const group = { id: `/subscriptions/${subscriptionId}/resourceGroups/${name}`, name, region, tags }
        azure.groups.set(name.toLowerCase(), group)
        return group
      }),
    vaults: async () => [...azure.vaults.values()],
    vault: async (_group, name) => azure.vaults.get(name.toLowerCase()) ?? null,
    vaultName: async (name) =>
      azure.vaults.has(name.toLowerCase()) || azure.deleted.has(name.toLowerCase())
        ? { free: false, why: 'taken', text: `The vault name '${name}' is already in use` }
        : { free: true },
    createVault: (request) =>
      change(azure, `vault ${request.name}`, () => {
        azure.keys.set(`${request.name.toLowerCase()}.vault.azure.net`, emptyVault())
        return put({
          ...request,
          id: `/subscriptions/${subscriptionId}/resourceGroups/${request.group}/providers/Microsoft.KeyVault/vaults/${request.name}`,
          host: `${request.name.toLowerCase()}.vault.azure.net`,
          tenantId,
          softDelete: true,
          privateEndpoints: [],
          tags: request.tags ?? {},
          provisioning: 'Succeeded',
        })
      }),
    changeVault: (_group, name, wanted) =>
      change(azure, `change ${name} ${Object.keys(wanted).join()}`, () => {
        const { purgeProtection = vaultNamed(name).purgeProtection, ...rest } = wanted
        return put({ ...vaultNamed(name), ...rest, purgeProtection })
      }),
    changeAccessPolicy: (_group, name, { how, policy }) =>
      change(azure, `policy ${how} ${policy.keys.join()}`, () => {
        const vault = vaultNamed(name)
        const held = vault.accessPolicies.find(({ objectId }) => objectId === policy.objectId)?.keys ?? []
        const keys =
          how === 'add'
            ? [...new Set([...held, ...policy.keys])]
            : held.filter((key) => !policy.keys.includes(key))
        const others = vault.accessPolicies.filter(({ objectId }) => objectId !== policy.objectId)
        put({ ...vault, accessPolicies: keys.length === 0 ? others : [...others, { ...policy, keys }] })
      }),
    deleteVault: (_group, name) =>
      change(azure, `delete vault ${name}`, () => {
        refuseLocked(azure, azure.vaults.get(name.toLowerCase())?.id ?? '')
        if (azure.vaults.delete(name.toLowerCase())) azure.deleted.add(name.toLowerCase())
      }),
    deletedVaults: async () =>
      [...azure.deleted].map((name) => ({
        name,
        region: 'westeurope',
        vaultId: name,
        deletedAt: '2026-11-01T00:00:00Z',
        purgeAt: '2027-01-30T00:00:00Z',
        purgeProtection: true,
        tags: {},
      })),
    recoverVault: async () => {
      throw fail('internal')
    },
    managedHsms: async () => azure.hsms,
    managedHsm: async (_group, name) => azure.hsms.find((one) => one.name === name) ?? null,
    roles: async () => [],
    roleAssignments: async (scope, principalId) =>
      azure.assignments.filter(
        (one) => within(one.scope, scope) && (principalId === null || one.principalId === principalId),
      ),
    assignRole: (request) =>
      change(azure, `role ${request.roleId} at ${request.scope}`, () => {
        const made: RoleAssignment = {
          id: `${request.scope}/providers/Microsoft.Authorization/roleAssignments/${request.name}`,
          scope: request.scope,
          roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${request.roleId}`,
          principalId: request.principalId,
          principalType: request.principalType,
        }
        azure.assignments = [...azure.assignments.filter(({ id }) => id !== made.id), made]
        return made
      }),
    removeRoleAssignment: (id) =>
      change(azure, `no role ${id}`, () => {
        refuseLocked(azure, id)
        azure.assignments = azure.assignments.filter((one) => one.id !== id)
      }),
    ownPermissions: async () => azure.permissions,
    locks: async (scope) => azure.locks.filter((lock) => within(lock.scope, scope)),
    putLock: (request) =>
      change(azure, `lock ${request.name}`, () => {
        const lock = { ...request, id: `${request.scope}/locks/${request.name}` }
        azure.locks = [...azure.locks.filter(({ id }) => id !== lock.id), lock]
        return lock
      }),
    removeLock: (scope, name) =>
      change(azure, `no lock ${name}`, () => {
        azure.locks = azure.locks.filter((lock) => lock.name !== name || lock.scope !== scope)
      }),
    diagnosticSettings: async () => azure.logs,
    putDiagnosticSetting: (scope, setting) =>
      change(azure, `log ${setting.name}`, () => {
        const made = { ...setting, id: `${scope}/${setting.name}` }
        azure.logs = [...azure.logs.filter(({ name }) => name !== setting.name), made]
        return made
      }),
    removeDiagnosticSetting: (scope, name) =>
      change(azure, `no log ${name}`, () => {
        refuseLocked(azure, scope)
        azure.logs = azure.logs.filter((one) => one.name !== name)
      }),
  }
}

/** A key of 3,072 bits in hardware that the connector takes. */
export const fakeKey = (given: Partial<VaultKey> & { name: string }): VaultKey => ({
  id: `https://fake.vault.azure.net/keys/${given.name}`,
  version: '0123456789abcdef0123456789abcdef',
  enabled: true,
  notBefore: null,
  expires: null,
  created: '2026-01-01T00:00:00Z',
  updated: null,
  tags: {},
  mark: null,
  recoveryLevel: 'Recoverable',
  recoverableDays: 90,
  exportable: false,
  hsmPlatform: '2',
  managed: false,
  type: 'RSA-HSM',
  bits: 3072,
  curve: null,
  uses: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
  publicKey: null,
  ...given,
})

/** A vault in which nothing has to be mended. */
export const goodVault = (changes: Partial<VaultSettings> = {}): VaultSettings => ({
  id: `/subscriptions/${subscriptionId}/resourceGroups/ktr-rg/providers/Microsoft.KeyVault/vaults/ktr-there`,
  name: 'ktr-there',
  group: 'ktr-rg',
  region: 'westeurope',
  host: 'ktr-there.vault.azure.net',
  tenantId,
  tier: 'premium',
  rights: 'roles',
  softDelete: true,
  retentionDays: 90,
  purgeProtection: true,
  network: { publicAccess: true, otherwise: 'allow', trustedServices: true, addresses: [], subnets: [] },
  privateEndpoints: [],
  accessPolicies: [],
  tags: {},
  provisioning: 'Succeeded',
  ...changes,
})
