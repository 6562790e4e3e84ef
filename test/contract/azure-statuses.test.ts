import { AuthorizationManagementClient } from '@azure/arm-authorization'
import { KeyVaultManagementClient, type VaultCreateOrUpdateParameters } from '@azure/arm-keyvault'
import { ManagementLockClient } from '@azure/arm-locks'
import { ResourceManagementClient } from '@azure/arm-resources'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noRetries, refusal, startStage, type Stage } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await stage.azure.order({ do: 'populate', vaults: 1, keys: 3, versions: 1 })
})
afterAll(() => stage.end())
afterEach(() => stage.calm())

/** One request by hand: what the client would never send, or would hide. */
const raw = async (url: string, init: { method?: string; token?: string; body?: unknown } = {}) => {
  const { request } = await import('node:https')
  const text = init.body === undefined ? undefined : JSON.stringify(init.body)
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const sent = request(
        url,
        {
          method: init.method ?? 'GET',
          agent: stage.agent,
          headers: {
            ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }),
            ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          },
        },
        (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (part: string) => (body += part))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(text)
    },
  )
}
const token = async (scope: string, who?: 'ktr-reader'): Promise<string> =>
  (await stage.credential(who).getToken(scope)).token
const vaultUrl = (path: string): string =>
  `https://ktr-vault-weu.vault.azure.net${path}?api-version=2025-07-01`

describe('401 of the data plane', () => {
  it('without a token: the challenge names authority and resource', async () => {
    const { status, headers, body } = await raw(vaultUrl('/keys'))
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe(
      `Bearer authorization="https://login.microsoftonline.com/${stage.facts.tenantId}", resource="https://vault.azure.net"`,
    )
    expect(JSON.parse(body)).toEqual({
      error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' },
    })
  })

  it('with a token for something else, a token of nobody, an expired one, one from the future', async () => {
    const foreign = await token('https://management.azure.com/.default')
    expect((await raw(vaultUrl('/keys'), { token: foreign })).body).toContain('AKV10022')
    expect((await raw(vaultUrl('/keys'), { token: 'a.b.c' })).body).toContain('AKV10001')
    const good = await token('https://vault.azure.net/.default')
    expect((await raw(vaultUrl('/keys'), { token: good })).status).toBe(200)
    await stage.azure.order({
      do: 'settings',
      change: { skewMs: { entra: 0, vault: 2 * 3_600_000, arm: 0 } },
    })
    expect((await raw(vaultUrl('/keys'), { token: good })).body).toContain('AKV10014')
    await stage.azure.order({ do: 'settings', change: { skewMs: { entra: 0, vault: -3_600_000, arm: 0 } } })
    const { body, headers } = await raw(vaultUrl('/keys'), { token: good })
    expect(body).toContain('AKV10015')
    expect(Date.parse(String(headers['date'])) - Date.now()).toBeLessThan(-3_500_000)
  })
})

describe('403 of the data plane', () => {
  it('ForbiddenByRbac names caller, action and resource', async () => {
    const keys = stage.keys('ktr-vault-weu', 'ktr-reader')
    await expect(keys.getKey('ktr-tde-sql01')).rejects.toThrow(/DeniedWithNoValidRBAC/)
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByRbac')
  })

  it('and comes the moment a role is taken away', async () => {
    const keys = stage.keys('ktr-vault-weu', 'ktr-ekm-sql01')
    const role = 'Key Vault Crypto Service Encryption User'
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('kept')
    await stage.azure.order({ do: 'revokeRole', principal: 'ktr-ekm-sql01', role, scope: 'ktr-vault-weu' })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByRbac')
    const scope = `/subscriptions/${stage.facts.subscriptionId}/resourceGroups/ktr-rg-weu/providers/Microsoft.KeyVault/vaults/ktr-vault-weu`
    await stage.azure.order({ do: 'grantRole', principal: 'ktr-ekm-sql01', role, scope })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('kept')
  })

  it('AccessDenied where access policies decide', async () => {
    const keys = stage.keys('ktr-vault-old')
    expect((await keys.getKey('ktr-tde-payroll')).keyType).toBe('RSA')
    expect(await refusal(keys.backupKey('ktr-tde-payroll'))).toBe('403 Forbidden AccessDenied')
    await expect(keys.backupKey('ktr-tde-payroll')).rejects.toThrow(/does not have keys backup permission/)
  })

  it('ForbiddenByFirewall, ForbiddenByConnection, and the bypass of trusted services', async () => {
    const ekm = stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.objectId ?? ''
    const keys = stage.keys('ktr-vault-weu')
    await stage.azure.order({
      do: 'settings',
      change: { clientAddress: '198.51.100.7', trustedServices: [ekm] },
    })
    expect(await refusal(keys.getKey('ktr-tde-sql01'))).toBe('403 Forbidden ForbiddenByFirewall')
    expect(await refusal(stage.keys('ktr-vault-weu', 'ktr-ekm-sql01').getKey('ktr-tde-sql01'))).toBe('kept')
    await stage.azure.order({
      do: 'settings',
      change: { clientAddress: '203.0.113.10', trustedServices: [] },
    })
    await stage.azure.order({ do: 'network', vault: 'ktr-scale-01', publicAccess: 'Disabled' })
    expect(await refusal(stage.keys('ktr-scale-01').getKey('ktr-key-0001'))).toBe(
      '403 Forbidden ForbiddenByConnection',
    )
    await stage.azure.order({ do: 'network', vault: 'ktr-scale-01', publicAccess: 'Enabled' })
  })

  it('a disabled key: the split, and the switch that makes it refuse all', async () => {
    const keys = stage.keys('ktr-scale-01')
    await stage.azure.order({ do: 'keyVersion', vault: 'ktr-scale-01', key: 'ktr-key-0002', enabled: false })
    const crypto = keys.getCryptographyClient('ktr-key-0002')
    expect(await refusal(crypto.wrapKey('RSA-OAEP-256', Buffer.from('x')))).toBe('kept')
    expect(await refusal(crypto.unwrapKey('RSA-OAEP-256', Buffer.alloc(256)))).toBe(
      '403 Forbidden KeyDisabled',
    )
    await stage.azure.order({ do: 'settings', change: { disabledKeyBlocks: 'all-operations' } })
    expect(await refusal(crypto.wrapKey('RSA-OAEP-256', Buffer.from('x')))).toBe('403 Forbidden KeyDisabled')
  })

  it('an expired and a not yet valid key: no wrapping, but unwrapping what was wrapped', async () => {
    const bearer = await token('https://vault.azure.net/.default')
    const path = 'https://ktr-scale-01.vault.azure.net/keys/ktr-key-0003//'
    const post = (use: string, value: string) =>
      raw(`${path}${use}?api-version=7.4`, {
        method: 'POST',
        token: bearer,
        body: { alg: 'RSA-OAEP', value },
      })
    const wrapped = (JSON.parse((await post('wrapkey', 'ZGVr')).body) as { value: string }).value
    const now = Math.floor(Date.now() / 1000)
    await stage.azure.order({ do: 'keyVersion', vault: 'ktr-scale-01', key: 'ktr-key-0003', exp: now - 60 })
    expect((await post('wrapkey', 'ZGVr')).body).toContain('"innererror":{"code":"KeyExpired"}')
    expect(JSON.parse((await post('unwrapkey', wrapped)).body)).toMatchObject({ value: 'ZGVr' })
    await stage.azure.order({
      do: 'keyVersion',
      vault: 'ktr-scale-01',
      key: 'ktr-key-0003',
      exp: null,
      nbf: now + 60,
    })
    expect((await post('wrapkey', 'ZGVr')).body).toContain('"innererror":{"code":"KeyNotYetValid"}')
  })

  it('purge with purge protection', async () => {
    const keys = stage.keys('ktr-vault-weu')
    await keys.createEcKey('ktr-stays', { hsm: true })
    await (await keys.beginDeleteKey('ktr-stays', { intervalInMs: 5 })).pollUntilDone()
    await stage.azure.order({
      do: 'grantRole',
      principal: 'ktr-operator',
      role: 'Key Vault Administrator',
      scope: `/subscriptions/${stage.facts.subscriptionId}`,
    })
    await expect(keys.purgeDeletedKey('ktr-stays')).rejects.toThrow(
      'Operation "purge" is not allowed because purge protection is enabled for this vault.',
    )
    expect(await refusal(keys.createEcKey('ktr-stays', { hsm: true }))).toBe(
      '409 Conflict ObjectIsDeletedButRecoverable',
    )
  })

  it('an operation that the key does not allow', async () => {
    const bearer = await token('https://vault.azure.net/.default')
    const { status, body } = await raw(
      'https://ktr-scale-01.vault.azure.net/keys/ktr-key-0001//sign?api-version=7.6',
      {
        method: 'POST',
        token: bearer,
        body: { alg: 'RS256', value: Buffer.alloc(32).toString('base64url') },
      },
    )
    expect([status, body]).toEqual([403, expect.stringContaining('KeyOperationForbidden')])
  })
})

describe('404, 409 and 400 of the data plane', () => {
  it('KeyNotFound for a key and for a version', async () => {
    const keys = stage.keys('ktr-vault-weu')
    expect(await refusal(keys.getKey('ktr-missing'))).toBe('404 KeyNotFound')
    expect(await refusal(keys.getKey('ktr-tde-sql01', { version: 'a'.repeat(32) }))).toBe('404 KeyNotFound')
    expect(await refusal(keys.getDeletedKey('ktr-tde-sql01'))).toBe('404 KeyNotFound')
  })

  it('ObjectIsBeingDeleted until a deletion is over', async () => {
    const keys = stage.keys('ktr-vault-weu')
    await stage.azure.order({ do: 'settings', change: { deleteDelayMs: 3_600_000 } })
    await keys.createEcKey('ktr-going', { hsm: true })
    const poller = await keys.beginDeleteKey('ktr-going', { intervalInMs: 5 })
    expect(poller.isDone()).toBe(false)
    expect(await refusal(keys.getDeletedKey('ktr-going'))).toBe('404 KeyNotFound')
    expect(await refusal(keys.createEcKey('ktr-going', { hsm: true }))).toBe(
      '409 Conflict ObjectIsBeingDeleted',
    )
    await stage.azure.order({ do: 'settings', change: { deleteDelayMs: 0 } })
    await stage.azure.order({ do: 'clock', seconds: 3700 })
    expect((await poller.pollUntilDone()).name).toBe('ktr-going')
  })

  it('BadParameter: names, sizes, times before 1970, tags, HSM keys of a standard vault', async () => {
    const keys = stage.keys('ktr-vault-weu')
    await keys.getKey('ktr-backup-sql01')
    const overflow = { expiresOn: new Date('2040-01-01T00:00:00Z') }
    const tags = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`t${at}`, 'x']))
    for (const attempt of [
      () => keys.createRsaKey('ktr_name'),
      () => keys.createRsaKey('ktr-size', { keySize: 1024 }),
      () => keys.createRsaKey('ktr-year-2038', overflow),
      () => keys.createRsaKey('ktr-tags', { tags }),
      () => keys.createRsaKey('ktr-ops', { keyOps: ['import', 'wrapKey'] }),
      () => stage.keys('ktr-scale-01').createRsaKey('ktr-hsm', { hsm: true }),
    ])
      expect(await refusal(attempt())).toBe('400 BadParameter')
  })

  it('Cannot decrypt backup blob: another subscription, another geography', async () => {
    const blob = (await stage.keys('ktr-scale-01').backupKey('ktr-key-0001')) ?? Buffer.alloc(0)
    const { subscriptionId = '' } = await stage.azure.order({
      do: 'addSubscription',
      displayName: 'ktr-other',
    })
    for (const [subscription, location, name] of [
      [subscriptionId, 'westeurope', 'ktr-other-sub'],
      [stage.facts.subscriptionId, 'eastus', 'ktr-other-geo'],
    ] as const) {
      await makeVault(subscription, location, name)
      const keys = stage.keys(name)
      await expect(keys.restoreKeyBackup(blob)).rejects.toThrow('Cannot decrypt backup blob.')
    }
    await makeVault(stage.facts.subscriptionId, 'northeurope', 'ktr-same-geo')
    expect((await stage.keys('ktr-same-geo').restoreKeyBackup(blob)).name).toBe('ktr-key-0001')
  })

  const makeVault = async (subscription: string, location: string, name: string): Promise<void> => {
    const options = { agent: stage.agent, ...noRetries }
    const groups = new ResourceManagementClient(stage.credential(), subscription, options).resourceGroups
    await groups.createOrUpdate(`ktr-rg-${location}`, { location })
    const vaults = new KeyVaultManagementClient(stage.credential(), subscription, options).vaults
    await vaults.createOrUpdate(`ktr-rg-${location}`, name, vaultBody(location))
    await stage.azure.order({
      do: 'grantRole',
      principal: 'ktr-operator',
      role: 'Key Vault Crypto Officer',
      scope: `/subscriptions/${subscription}`,
    })
  }
})

const vaultBody = (location: string): VaultCreateOrUpdateParameters => ({
  location,
  properties: {
    tenantId: stage.facts.tenantId,
    sku: { family: 'A', name: 'standard' },
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
  },
})

describe('429', () => {
  it('the documented limit of key creation, without Retry-After', async () => {
    const bearer = await token('https://vault.azure.net/.default')
    await stage.azure.order({ do: 'settings', change: { limits: true } })
    const create = () =>
      raw('https://ktr-scale-01.vault.azure.net/keys/ktr-many/create?api-version=7.4', {
        method: 'POST',
        token: bearer,
        body: { kty: 'EC', crv: 'P-256' },
      })
    const statuses: number[] = []
    for (let at = 0; at < 20; at++) statuses.push((await create()).status)
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200))
    const { status, headers, body } = await create()
    expect([status, headers['retry-after']]).toEqual([429, undefined])
    expect(body).toContain('Reason: VaultRequestTypeLimitReached')
    await stage.azure.order({ do: 'clock', seconds: 11 })
    expect((await create()).status).toBe(200)
  })
})

describe('statuses of Resource Manager', () => {
  const options = () => ({ agent: stage.agent, ...noRetries })
  const vaults = (who?: 'ktr-reader') =>
    new KeyVaultManagementClient(stage.credential(who), stage.facts.subscriptionId, options()).vaults
  const weu = 'ktr-rg-weu'

  it('names that are taken, soft-deleted or not valid', async () => {
    for (const [name, expected] of [
      ['ktr-vault-gone', '409 VaultAlreadyExists'],
      ['ktr-vault-old', '409 VaultAlreadyExists'],
      ['ktr--vault', '400 VaultNameNotValid'],
    ] as const)
      expect(await refusal(vaults().createOrUpdate(weu, name, vaultBody('westeurope')).pollUntilDone())).toBe(
        expected,
      )
  })

  it('regions, SKUs and groups that are not there', async () => {
    const body = vaultBody('westeurope')
    const sku = { family: 'A' as const, name: 'gold' as 'standard' }
    for (const [group, changed, expected] of [
      [weu, { ...body, location: 'moon' }, '400 RegionNotSupported'],
      [weu, { ...body, properties: { ...body.properties, sku } }, '400 SkuNotSupported'],
      ['ktr-rg-none', body, '404 ResourceGroupNotFound'],
    ] as const)
      expect(await refusal(vaults().createOrUpdate(group, 'ktr-vault-x', changed).pollUntilDone())).toBe(
        expected,
      )
    expect(await refusal(vaults().get(weu, 'ktr-vault-x'))).toBe('404 ResourceNotFound')
  })

  it('what the caller may not do', async () => {
    const attempt = vaults('ktr-reader')
      .createOrUpdate(weu, 'ktr-vault-x', vaultBody('westeurope'))
      .pollUntilDone()
    await expect(attempt).rejects.toThrow(
      /does not have authorization to perform action 'Microsoft.KeyVault\/vaults\/write'/,
    )
    expect(await refusal(vaults('ktr-reader').delete(weu, 'ktr-vault-weu'))).toBe('403 AuthorizationFailed')
  })

  it('a lock, a role assignment that is there, a vault that may not be purged', async () => {
    expect(await refusal(vaults().delete(weu, 'ktr-vault-weu'))).toBe('409 ScopeLocked')
    const { roleAssignments } = new AuthorizationManagementClient(
      stage.credential(),
      stage.facts.subscriptionId,
      options(),
    )
    const scope = `subscriptions/${stage.facts.subscriptionId}/resourceGroups/${weu}/providers/Microsoft.KeyVault/vaults/ktr-vault-weu`
    const ekm = stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.objectId ?? ''
    const roleDefinitionId = `/subscriptions/${stage.facts.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6`
    const again = roleAssignments.create(scope, '22222222-2222-4222-8222-222222222222', {
      principalId: ekm,
      principalType: 'ServicePrincipal',
      roleDefinitionId,
    })
    expect(await refusal(again)).toBe('409 RoleAssignmentExists')
    const kept = vaultBody('westeurope')
    kept.properties.enablePurgeProtection = true
    await vaults().createOrUpdate(weu, 'ktr-vault-kept', kept)
    const locks = new ManagementLockClient(stage.credential(), stage.facts.subscriptionId, options())
    const keptScope = scope.replace('ktr-vault-weu', 'ktr-vault-kept')
    await locks.managementLocks.createOrUpdateByScope(keptScope, 'ktr-lock', { level: 'CanNotDelete' })
    expect(await refusal(vaults().delete(weu, 'ktr-vault-kept'))).toBe('409 ScopeLocked')
    await locks.managementLocks.deleteByScope(keptScope, 'ktr-lock')
    await vaults().delete(weu, 'ktr-vault-kept')
    const purge = vaults()
      .purgeDeleted('ktr-vault-kept', 'westeurope', { updateIntervalInMs: 5 })
      .pollUntilDone()
    expect(await refusal(purge)).toBe('405 MethodNotAllowed')
  })
})
