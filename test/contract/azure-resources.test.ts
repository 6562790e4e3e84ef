/** Resources, rights and the directory through the product's ports, over the real clients against simulated Azure. */
import { describe, expect, it } from 'vitest'
import { VAULTS } from '../../sandbox/azure/estate-ids.ts'
import { azureHouse, codeOf, goodVaultHost, openControl } from './azure-house.ts'
import { azureRefOfTests, clientSecret } from './azure-program.ts'

const house = azureHouse()
const { application, stageOf } = house

describe('resources', () => {
  it('reads subscriptions, regions, groups, vaults, HSMs and deleted vaults', async () => {
    const control = await openControl(stageOf())
    const { subscriptionId } = house.simulator.facts()
    expect((await control.subscriptions()).map(({ id }) => id)).toContain(subscriptionId)
    expect((await control.regions()).find(({ name }) => name === 'westeurope')?.geography).toBe('Europe')
    expect((await control.resourceGroups()).map(({ name }) => name)).toContain('ktr-rg-weu')
    expect(await control.resourceGroup('ktr-no-such')).toBeNull()
    const vaults = await control.vaults()
    expect(vaults.find(({ name }) => name === VAULTS.good)).toMatchObject({
      host: goodVaultHost,
      tier: 'premium',
      rights: 'roles',
      purgeProtection: true,
      group: 'ktr-rg-weu',
    })
    expect(vaults.find(({ name }) => name === VAULTS.wrong)).toMatchObject({
      rights: 'access-policies',
      purgeProtection: false,
      retentionDays: 7,
    })
    expect((await control.deletedVaults()).map(({ name }) => name)).toContain(VAULTS.gone)
    expect(await control.vaultName(VAULTS.good)).toMatchObject({ free: false, why: 'taken' })
    const hsms = await control.managedHsms()
    expect(hsms.map(({ name, activation }) => [name, activation]).sort()).toEqual([
      ['ktr-hsm-new', 'not-activated'],
      ['ktr-hsm-weu', 'active'],
    ])
  })

  it('makes a group and a vault with its model of rights in words, changes it, locks and logs it', async () => {
    const control = await openControl(stageOf())
    const group = await control.createResourceGroup({ name: 'ktr-rg-new', region: 'westeurope' })
    expect(group.region).toBe('westeurope')
    const network = {
      publicAccess: true,
      otherwise: 'deny',
      trustedServices: true,
      addresses: ['203.0.113.10/32'],
      subnets: [],
    } as const
    const vault = await control.createVault({
      name: 'ktr-vault-new',
      group: 'ktr-rg-new',
      region: 'westeurope',
      tier: 'standard',
      rights: 'access-policies',
      retentionDays: 90,
      purgeProtection: false,
      network,
      accessPolicies: [],
    })
    expect(vault).toMatchObject({
      rights: 'access-policies',
      retentionDays: 90,
      purgeProtection: false,
      network,
    })
    const changed = await control.changeVault('ktr-rg-new', 'ktr-vault-new', {
      purgeProtection: true,
      rights: 'roles',
    })
    expect(changed).toMatchObject({ rights: 'roles', purgeProtection: true, network })
    await control.putLock({
      scope: vault.id,
      name: 'keyturn-no-delete',
      level: 'CanNotDelete',
      notes: 'keys',
    })
    expect((await control.locks(vault.id)).map(({ name, level }) => [name, level])).toEqual([
      ['keyturn-no-delete', 'CanNotDelete'],
    ])
    await control.removeLock(vault.id, 'keyturn-no-delete')
    await control.removeLock(vault.id, 'keyturn-no-delete')
    expect(await control.locks(vault.id)).toEqual([])
  })

  it('gives a role once, finds it, and takes it away; another id for the same is said', async () => {
    const control = await openControl(stageOf())
    const scope = (await control.vault('ktr-rg-weu', VAULTS.good))?.id ?? ''
    const roles = await control.roles(scope)
    const role = roles.find(({ name }) => name === 'Key Vault Crypto Service Encryption User')
    expect(role?.permissions.flatMap(({ dataActions }) => dataActions)).toContain(
      'Microsoft.KeyVault/vaults/keys/wrap/action',
    )
    const request = {
      name: 'aaaaaaaa-1111-4222-8333-444444444444',
      scope,
      roleId: role?.roleId ?? '',
      principalId: application('ktr-reader').objectId,
      principalType: 'ServicePrincipal',
    } as const
    const made = await control.assignRole(request)
    expect((await control.assignRole(request)).id).toBe(made.id)
    const other = { ...request, name: 'bbbbbbbb-1111-4222-8333-444444444444' }
    expect(await codeOf(control.assignRole(other))).toBe('azure-role-exists')
    const held = await control.roleAssignments(scope, request.principalId)
    expect(held.map(({ id }) => id)).toContain(made.id)
    await control.removeRoleAssignment(made.id)
    await control.removeRoleAssignment(made.id)
    expect((await control.roleAssignments(scope, request.principalId)).map(({ id }) => id)).not.toContain(
      made.id,
    )
  })

  it('says what the operator may do, at any scope', async () => {
    const control = await openControl(stageOf())
    const scope = `/subscriptions/${house.simulator.facts().subscriptionId}`
    expect((await control.ownPermissions(scope)).flatMap(({ actions }) => actions)).toContain('*')
    const vault = (await control.vault('ktr-rg-weu', VAULTS.good))?.id ?? ''
    expect((await control.ownPermissions(vault)).flatMap(({ dataActions }) => dataActions).join()).toContain(
      'keys',
    )
  })

  it.each([
    '/subscriptions/11111111-2222-3333-4444-555555555555',
    'subscriptions/x',
    '/subscriptions/$own/../../other',
    '/subscriptions/$own/resourceGroups/a?b',
    '/subscriptions/$own//providers',
  ])('sends nothing for the scope %s', async (given) => {
    const control = await openControl(stageOf())
    const scope = given.replace('$own', house.simulator.facts().subscriptionId)
    expect(await codeOf(control.locks(scope))).toBe('azure-name')
    expect(await codeOf(control.ownPermissions(scope))).toBe('azure-name')
  })
})

describe('the directory', () => {
  it('makes an application with its mark, a service principal, a secret once shown, and takes them away', async () => {
    const directory = await stageOf().azure.directories.open(azureRefOfTests)
    const mark = 'dirm2345'
    expect(await directory.markedApplication(mark)).toBeNull()
    const made = await directory.createApplication({ name: "ktr-sp-o'neil", mark })
    expect(await directory.markedApplication(mark)).toEqual(made)
    expect((await directory.applications("ktr-sp-o'")).map(({ name }) => name)).toEqual([made.name])
    const principal = await directory.createServicePrincipal(made.clientId)
    expect((await directory.createServicePrincipal(made.clientId)).objectId).toBe(principal.objectId)
    const expires = new Date(Date.now() + 30 * 86_400_000).toISOString()
    const secret = await directory.addSecret(made.objectId, { name: `keyturn ${mark}`, expires })
    expect(secret.value.use((bytes) => bytes.toString('utf8'))).toMatch(/^.{20,}$/)
    secret.value.wipe()
    const [kept] = (await directory.application(made.clientId))?.secrets ?? []
    expect(kept).toMatchObject({ keyId: secret.keyId, name: `keyturn ${mark}` })
    expect(JSON.stringify(kept)).not.toContain('secretText')
    await directory.removeSecret(made.objectId, secret.keyId)
    await directory.removeSecret(made.objectId, secret.keyId)
    expect((await directory.application(made.clientId))?.secrets).toEqual([])
    await directory.removeApplication(made.objectId)
    await directory.removeApplication(made.objectId)
    expect(await directory.application(made.clientId)).toBeNull()
  })

  it('refuses a secret of more than 24 months in the directory’s own words', async () => {
    const directory = await stageOf().azure.directories.open(azureRefOfTests)
    const made = await directory.createApplication({ name: 'ktr-long', mark: 'long2345' })
    const expires = new Date(Date.now() + 1000 * 86_400_000).toISOString()
    expect(await codeOf(directory.addSecret(made.objectId, { name: 'x', expires }))).toBe('directory-refused')
  })

  it('says what right is missing', async () => {
    const { clientId, secret } = application('ktr-ekm-sql01')
    const directory = await stageOf({ signIn: clientSecret(clientId), secret }).azure.directories.open(
      azureRefOfTests,
    )
    expect(await codeOf(directory.applications(''))).toBe('directory-no-permission')
  })
})
