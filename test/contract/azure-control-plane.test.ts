import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { KeyVaultManagementClient, type VaultCreateOrUpdateParameters } from '@azure/arm-keyvault'
import { ManagementLockClient } from '@azure/arm-locks'
import { MonitorClient } from '@azure/arm-monitor'
import { ResourceManagementClient } from '@azure/arm-resources'
import { SubscriptionClient } from '@azure/arm-resources-subscriptions'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noRetries, refusal, startStage, type Stage, type Who } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end())
afterEach(() => stage.calm())

const options = () => ({ agent: stage.agent, ...noRetries })
const quick = { updateIntervalInMs: 5 }
const clients = (who?: Who) => {
  const credential = stage.credential(who)
  const { subscriptionId } = stage.facts
  return {
    vault: new KeyVaultManagementClient(credential, subscriptionId, options()),
    roles: new AuthorizationManagementClient(credential, subscriptionId, options()),
    locks: new ManagementLockClient(credential, subscriptionId, options()).managementLocks,
    groups: new ResourceManagementClient(credential, subscriptionId, options()),
    monitor: new MonitorClient(credential, subscriptionId, options()),
    subscriptions: new SubscriptionClient(credential, options()),
  }
}
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const weu = 'ktr-rg-weu'
const vaultId = (name: string) =>
  `/subscriptions/${stage.facts.subscriptionId}/resourceGroups/${weu}/providers/Microsoft.KeyVault/vaults/${name}`
const roleId = (id: string) =>
  `/subscriptions/${stage.facts.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${id}`
const ENCRYPTION_USER = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
const ekm = () => stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.objectId ?? ''
const wanted = (
  properties: Partial<VaultCreateOrUpdateParameters['properties']> = {},
): VaultCreateOrUpdateParameters => ({
  location: 'West Europe',
  tags: { run: '1' },
  properties: {
    tenantId: stage.facts.tenantId,
    sku: { family: 'A', name: 'premium' },
    enableRbacAuthorization: true,
    enablePurgeProtection: true,
    softDeleteRetentionInDays: 30,
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [{ value: '203.0.113.10' }] },
    ...properties,
  },
})

describe('subscriptions and groups', () => {
  it('shows tenant, subscription, its regions and its groups', async () => {
    const { subscriptions, groups } = clients()
    expect(await all(subscriptions.tenants.list())).toMatchObject([{ tenantId: stage.facts.tenantId }])
    expect(await all(subscriptions.subscriptions.list())).toMatchObject([{ displayName: 'ktr-subscription' }])
    const [weuRegion] = await all(subscriptions.subscriptions.listLocations(stage.facts.subscriptionId))
    expect(weuRegion).toMatchObject({
      name: 'westeurope',
      metadata: { pairedRegion: [{ name: 'northeurope' }] },
    })
    expect((await all(groups.resourceGroups.list())).map(({ name }) => name)).toEqual([weu, 'ktr-rg-neu'])
    expect(await all(clients('ktr-ekm-sql01').subscriptions.subscriptions.list())).toHaveLength(1)
    expect((await groups.providers.get('Microsoft.KeyVault')).registrationState).toBe('Registered')
    expect((await groups.providers.get('Microsoft.Network')).registrationState).toBe('NotRegistered')
    expect((await groups.providers.register('Microsoft.Network')).registrationState).toBe('Registered')
  })

  it('makes a group and deletes it with what is in it', async () => {
    const { groups, vault } = clients()
    await groups.resourceGroups.createOrUpdate('ktr-rg-new', { location: 'westeurope', tags: { a: 'b' } })
    expect(await refusal(groups.resourceGroups.createOrUpdate('ktr-rg-new', { location: 'eastus' }))).toBe(
      '409 InvalidResourceGroupLocation',
    )
    expect((await groups.resourceGroups.checkExistence('ktr-rg-new')).body).toBe(true)
    await vault.vaults.createOrUpdate('ktr-rg-new', 'ktr-vault-short', wanted(), quick)
    await groups.resourceGroups.delete('ktr-rg-new', quick)
    expect(await refusal(groups.resourceGroups.get('ktr-rg-new'))).toBe('404 ResourceGroupNotFound')
    expect((await vault.vaults.getDeleted('ktr-vault-short', 'westeurope')).properties?.vaultId).toContain(
      'ktr-rg-new',
    )
  })
})

describe('a vault', () => {
  it('is made with what was said, after its name has been registered', async () => {
    const { vault } = clients()
    expect(
      await vault.vaults.checkNameAvailability({ name: 'ktr-vault-new', type: 'Microsoft.KeyVault/vaults' }),
    ).toEqual({ nameAvailable: true })
    await stage.azure.order({ do: 'settings', change: { dnsDelayMs: 200 } })
    const states: (string | undefined)[] = []
    const made = await vault.vaults.createOrUpdate(weu, 'ktr-vault-new', wanted(), {
      ...quick,
      onResponse: ({ parsedBody }) => {
        states.push(
          (parsedBody as { properties?: { provisioningState?: string } })?.properties?.provisioningState,
        )
      },
    })
    expect(states).toContain('RegisteringDns')
    expect(made.properties).toMatchObject({
      vaultUri: 'https://ktr-vault-new.vault.azure.net/',
      provisioningState: 'Succeeded',
      enableRbacAuthorization: true,
      enablePurgeProtection: true,
      softDeleteRetentionInDays: 30,
      networkAcls: {
        bypass: 'AzureServices',
        defaultAction: 'Deny',
        ipRules: [{ value: '203.0.113.10/32' }],
      },
    })
    expect(
      (await vault.vaults.checkNameAvailability({ name: 'ktr-vault-new', type: 'Microsoft.KeyVault/vaults' }))
        .reason,
    ).toBe('AlreadyExists')
    const names = (await all(vault.vaults.listBySubscription())).map(({ name }) => name ?? '')
    // What the other tests here leave is passed over; the soft-deleted one must not be in the list.
    const others = ['kept', 'acl', 'default', 'older'].map((end) => `ktr-vault-${end}`)
    expect(names.filter((name) => !others.includes(name))).toEqual([
      'ktr-vault-weu',
      'ktr-vault-old',
      'ktr-vault-new',
    ])
    expect((await all(vault.vaults.list())).map(({ name }) => name)).toEqual(names)
    expect(await all(vault.vaults.listByResourceGroup('ktr-rg-neu'))).toHaveLength(1)
  })

  it('keeps what cannot be undone, and changes the rest', async () => {
    const { vault } = clients()
    await vault.vaults.createOrUpdate(weu, 'ktr-vault-kept', wanted(), quick)
    const attempt = (properties: Partial<VaultCreateOrUpdateParameters['properties']>) =>
      refusal(vault.vaults.createOrUpdate(weu, 'ktr-vault-kept', wanted(properties), quick))
    expect(await attempt({ enablePurgeProtection: false })).toBe('400 BadRequest')
    expect(await attempt({ enableSoftDelete: false })).toBe('400 BadRequest')
    expect(await attempt({ softDeleteRetentionInDays: 31 })).toBe('400 BadRequest')
    expect(await attempt({ networkAcls: { ipRules: [{ value: '192.168.1.1' }] } })).toBe('400 BadRequest')
    const changed = await vault.vaults.update(weu, 'ktr-vault-kept', {
      properties: { publicNetworkAccess: 'Disabled' },
    })
    expect(changed.properties).toMatchObject({ publicNetworkAccess: 'Disabled', enablePurgeProtection: true })
  })

  it('loses its access policies when a PUT leaves them out; add and remove keep the others', async () => {
    const { vault } = clients()
    const permissions = { keys: ['get', 'wrapKey', 'unwrapKey'] }
    const policy = { tenantId: stage.facts.tenantId, objectId: ekm(), permissions }
    const policies = { enableRbacAuthorization: false, accessPolicies: [policy] }
    await vault.vaults.createOrUpdate(weu, 'ktr-vault-acl', wanted(policies), quick)
    const added = await vault.vaults.updateAccessPolicy(weu, 'ktr-vault-acl', 'add', {
      properties: {
        accessPolicies: [{ ...policy, objectId: stage.facts.user.objectId, permissions: { keys: ['list'] } }],
      },
    })
    expect(added.properties.accessPolicies.map(({ objectId }) => objectId)).toEqual([
      ekm(),
      stage.facts.user.objectId,
    ])
    const removed = await vault.vaults.updateAccessPolicy(weu, 'ktr-vault-acl', 'remove', {
      properties: { accessPolicies: [{ ...policy, permissions: { keys: ['get', 'unwrapKey'] } }] },
    })
    expect(removed.properties.accessPolicies[0]?.permissions.keys).toEqual(['wrapKey'])
    await vault.vaults.createOrUpdate(weu, 'ktr-vault-acl', wanted({ enableRbacAuthorization: false }), quick)
    expect((await vault.vaults.get(weu, 'ktr-vault-acl')).properties.accessPolicies).toEqual([])
  })

  it('comes back after deletion without its role assignments, and goes for good when purged', async () => {
    const { vault, roles } = clients()
    const body = wanted()
    delete body.properties.enablePurgeProtection
    await vault.vaults.createOrUpdate(weu, 'ktr-vault-temp', body, quick)
    const scope = vaultId('ktr-vault-temp').slice(1)
    await roles.roleAssignments.create(scope, 'aaaaaaaa-0000-4000-8000-000000000001', {
      roleDefinitionId: roleId(ENCRYPTION_USER),
      principalId: ekm(),
    })
    await vault.vaults.delete(weu, 'ktr-vault-temp')
    expect((await all(vault.vaults.listDeleted())).map(({ name }) => name)).toContain('ktr-vault-temp')
    expect(await refusal(vault.vaults.createOrUpdate(weu, 'ktr-vault-temp', body, quick))).toBe(
      '409 VaultAlreadyExists',
    )
    await vault.vaults.createOrUpdate(weu, 'ktr-vault-temp', wanted({ createMode: 'recover' }), quick)
    const here = (await all(roles.roleAssignments.listForScope(scope))).filter(
      (each) => each.scope === `/${scope}`,
    )
    expect(here).toEqual([])
    await vault.vaults.delete(weu, 'ktr-vault-temp')
    await vault.vaults.purgeDeleted('ktr-vault-temp', 'westeurope', quick)
    expect(await refusal(vault.vaults.getDeleted('ktr-vault-temp', 'westeurope'))).toBe(
      '404 DeletedVaultNotFound',
    )
  })

  it('without a word about RBAC is made with it, as the newest API version says', async () => {
    const { vault } = clients()
    const body = wanted()
    delete body.properties.enableRbacAuthorization
    const made = await vault.vaults.createOrUpdate(weu, 'ktr-vault-default', body, quick)
    expect(made.properties.enableRbacAuthorization).toBe(true)
    const older = new KeyVaultManagementClient(stage.credential(), stage.facts.subscriptionId, {
      ...options(),
      apiVersion: '2024-11-01',
    })
    const policies = { ...body, properties: { ...body.properties, accessPolicies: [] } }
    const before = await older.vaults.createOrUpdate(weu, 'ktr-vault-older', policies, quick)
    expect(before.properties.enableRbacAuthorization).toBe(false)
  })
})

describe('managed HSMs', () => {
  it('show whether they are active', async () => {
    const { vault } = clients()
    const found = await all(vault.managedHsms.listBySubscription())
    expect(
      found.map(({ name, properties }) => [name, properties?.securityDomainProperties?.activationStatus]),
    ).toEqual([
      ['ktr-hsm-weu', 'Active'],
      ['ktr-hsm-new', 'NotActivated'],
    ])
    expect((await vault.managedHsms.get(weu, 'ktr-hsm-weu')).properties?.hsmUri).toBe(
      'https://ktr-hsm-weu.managedhsm.azure.net/',
    )
  })
})

describe('rights', () => {
  it('the caller sees what it may do', async () => {
    const mine = await all(clients().roles.permissions.listForResourceGroup(weu))
    expect(mine).toMatchObject([{ actions: ['*'], notActions: [] }])
    const theirs = await all(
      clients('ktr-reader').roles.permissions.listForResource(
        weu,
        'Microsoft.KeyVault',
        '',
        'vaults',
        'ktr-vault-weu',
      ),
    )
    expect(theirs).toMatchObject([{ actions: ['*/read'] }])
  })

  it('definitions are found by name, assignments by principal', async () => {
    const { roles } = clients()
    const scope = vaultId('ktr-vault-weu').slice(1)
    const filter = "roleName eq 'Key Vault Crypto Service Encryption User'"
    const [definition] = await all(roles.roleDefinitions.list(scope, { filter }))
    expect(definition?.name).toBe(ENCRYPTION_USER)
    expect(definition?.permissions?.[0]?.dataActions).toContain('Microsoft.KeyVault/vaults/keys/wrap/action')
    const assigned = await all(
      roles.roleAssignments.listForScope(scope, { filter: `principalId eq '${ekm()}'` }),
    )
    expect(assigned.map(({ roleDefinitionId }) => roleDefinitionId?.split('/').at(-1))).toEqual([
      ENCRYPTION_USER,
    ])
  })

  it('a role works after its delay, and stops working after its removal', async () => {
    const { roles } = clients()
    const keys = stage.keys('ktr-vault-weu', 'ktr-reader')
    const reader = stage.facts.applications.find(({ name }) => name === 'ktr-reader')?.objectId ?? ''
    await stage.azure.order({ do: 'settings', change: { rbacDelayMs: 3_600_000 } })
    const scope = vaultId('ktr-vault-weu').slice(1)
    const name = 'aaaaaaaa-0000-4000-8000-000000000002'
    await roles.roleAssignments.create(scope, name, {
      roleDefinitionId: roleId(ENCRYPTION_USER),
      principalId: reader,
      principalType: 'ServicePrincipal',
    })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByRbac')
    await stage.azure.order({ do: 'clock', seconds: 3700 })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('kept')
    await roles.roleAssignments.delete(scope, name)
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('kept')
    await stage.azure.order({ do: 'clock', seconds: 7400 })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByRbac')
  })

  it('a principal that the directory does not know yet needs its type', async () => {
    const { roles } = clients()
    const body = {
      roleDefinitionId: roleId(ENCRYPTION_USER),
      principalId: 'bbbbbbbb-0000-4000-8000-000000000001',
    }
    const scope = vaultId('ktr-vault-weu').slice(1)
    const name = 'aaaaaaaa-0000-4000-8000-000000000003'
    expect(await refusal(roles.roleAssignments.create(scope, name, body))).toBe('400 PrincipalNotFound')
    const typed = { ...body, principalType: 'ServicePrincipal' as const }
    expect((await roles.roleAssignments.create(`/${scope}`, name, typed)).principalId).toBe(body.principalId)
  })

  it('a scope may be one key', async () => {
    const { roles } = clients()
    const reader = stage.facts.applications.find(({ name }) => name === 'ktr-reader')?.objectId ?? ''
    await roles.roleAssignments.create(
      `${vaultId('ktr-vault-weu').slice(1)}/keys/ktr-backup-sql01`,
      'aaaaaaaa-0000-4000-8000-000000000004',
      { roleDefinitionId: roleId(ENCRYPTION_USER), principalId: reader, principalType: 'ServicePrincipal' },
    )
    const keys = stage.keys('ktr-vault-weu', 'ktr-reader')
    expect(await refusal(keys.getKey('ktr-backup-sql01'))).toBe('kept')
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByRbac')
  })
})

describe('locks and diagnostic settings', () => {
  it('a lock is inherited and holds the vault, not its keys', async () => {
    const { locks, vault } = clients()
    await locks.createOrUpdateAtResourceGroupLevel(weu, 'ktr-group', {
      level: 'ReadOnly',
      notes: 'for a while',
    })
    expect(await refusal(vault.vaults.update(weu, 'ktr-vault-weu', { tags: {} }))).toBe('409 ScopeLocked')
    expect(await refusal(stage.keys('ktr-vault-weu').createEcKey('ktr-free', { hsm: true }))).toBe('kept')
    const seen = await all(
      locks.listAtResourceLevel(weu, 'Microsoft.KeyVault', '', 'vaults', 'ktr-vault-weu'),
    )
    expect(seen.map(({ name, level }) => [name, level])).toEqual([
      ['ktr-no-delete', 'CanNotDelete'],
      ['ktr-group', 'ReadOnly'],
    ])
    await locks.deleteAtResourceGroupLevel(weu, 'ktr-group')
    await locks.createOrUpdateByScope(vaultId('ktr-vault-weu').slice(1), 'ktr-second', {
      level: 'CanNotDelete',
    })
    await locks.createOrUpdateAtResourceLevel(
      weu,
      'Microsoft.KeyVault',
      '',
      'vaults',
      'ktr-vault-weu',
      'ktr-third',
      {
        level: 'CanNotDelete',
      },
    )
    expect(await all(locks.listByScope(vaultId('ktr-vault-weu').slice(1)))).toHaveLength(3)
    expect(
      await refusal(
        clients('ktr-reader').locks.deleteByScope(vaultId('ktr-vault-weu').slice(1), 'ktr-third'),
      ),
    ).toBe('403 AuthorizationFailed')
  })

  it('a diagnostic setting is kept as it was sent, and needs a destination', async () => {
    const { monitor } = clients()
    const scope = vaultId('ktr-vault-weu').slice(1)
    const setting = { logs: [{ category: 'AuditEvent', enabled: true }] }
    expect(await refusal(monitor.diagnosticSettings.createOrUpdate(scope, 'ktr-own', setting))).toBe(
      '400 BadRequest',
    )
    await monitor.diagnosticSettings.createOrUpdate(scope, 'ktr-own', {
      ...setting,
      storageAccountId: `${vaultId('x')}/none`,
    })
    const found = await all(monitor.diagnosticSettings.list(scope))
    expect(found.map(({ name }) => name)).toEqual(['ktr-audit', 'ktr-own'])
    await monitor.diagnosticSettings.delete(scope, 'ktr-own')
    expect(await refusal(monitor.diagnosticSettings.get(scope, 'ktr-own'))).toBe('404 ResourceNotFound')
  })
})

describe('what is not simulated', () => {
  it('says so', async () => {
    const { vault, groups } = clients()
    expect(await refusal(vault.secrets.get(weu, 'ktr-vault-weu', 'x'))).toBe('501 NotSimulated')
    expect(await refusal(all(groups.resources.list()))).toBe('501 NotSimulated')
  })
})
