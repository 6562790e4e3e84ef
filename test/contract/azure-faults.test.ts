import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { KeyClient } from '@azure/keyvault-keys'
import { noRetries, refusal, startStage, type Stage } from './azure-sandbox.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await stage.azure.order({ do: 'populate', vaults: 1, keys: 5, versions: 1 })
  // The first call makes the shared numbers and fetches the token.
  await client().getKey('ktr-key-0001')
})
afterAll(() => stage.end())
afterEach(() => stage.azure.order({ do: 'clearFaults' }))

const client = (retry = {}): KeyClient =>
  new KeyClient('https://ktr-scale-01.vault.azure.net', stage.credential(), {
    agent: stage.agent,
    ...noRetries,
    ...retry,
  })
const patient = { retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 } }
/** Only requests with a token reach the key, so `after: 1` lets the challenge pass. */
const atKey = { host: '*.vault.azure.net', path: '/keys/ktr-key-0001' }
const versionsOf = async (name: string): Promise<number> => {
  let count = 0
  for await (const each of client().listPropertiesOfKeyVersions(name)) if (each.version) count += 1
  return count
}

describe('faults', () => {
  it('429 without Retry-After reaches the caller; with it, the client waits and asks again', async () => {
    await stage.azure.order({ do: 'fault', fault: { kind: 'throttle', retryAfter: null, ...atKey } })
    expect(await refusal(client(patient).getKey('ktr-key-0001'))).toBe('429 Throttled')
    await stage.azure.order({ do: 'fault', fault: { kind: 'throttle', retryAfter: 0, ...atKey } })
    expect((await client(patient).getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
  })

  it('a 5xx is tried again by the client; a 501 is not', async () => {
    await stage.azure.order({ do: 'fault', fault: { kind: 'fail', status: 503, ...atKey, times: 2 } })
    expect((await client(patient).getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
    await stage.azure.order({ do: 'fault', fault: { kind: 'fail', status: 500, ...atKey } })
    expect(await refusal(client().getKey('ktr-key-0001'))).toBe('500 InternalServerError')
    const fault = {
      kind: 'fail',
      status: 403,
      code: 'Forbidden',
      inner: 'ForbiddenByRbac',
      ...atKey,
    } as const
    await stage.azure.order({ do: 'fault', fault })
    expect(await refusal(client().getKey('ktr-key-0001'))).toBe('403 Forbidden ForbiddenByRbac')
  })

  it('a connection that ends before the effect leaves nothing; one that ends after it has made the version', async () => {
    const keys = client()
    await keys.getKey('ktr-key-0002')
    const at = { method: 'POST', path: '/keys/ktr-key-0002/create', after: 0 }
    await stage.azure.order({ do: 'fault', fault: { kind: 'drop', when: 'before', ...at } })
    expect(await refusal(keys.createEcKey('ktr-key-0002'))).toMatch(/ECONNRESET|socket hang up/)
    expect(await versionsOf('ktr-key-0002')).toBe(1)
    await stage.azure.order({ do: 'fault', fault: { kind: 'drop', when: 'after', ...at } })
    expect(await refusal(keys.createEcKey('ktr-key-0002'))).toMatch(/ECONNRESET|socket hang up/)
    expect(await versionsOf('ktr-key-0002')).toBe(2)
  })

  it('a slow reply holds the request as long as it says', async () => {
    await stage.azure.order({ do: 'fault', fault: { kind: 'slow', milliseconds: 60_000, ...atKey } })
    const controller = new AbortController()
    const keys = client()
    await keys.getKey('ktr-key-0003')
    const slow = keys.getKey('ktr-key-0001', { abortSignal: controller.signal })
    expect((await keys.getKey('ktr-key-0003')).name).toBe('ktr-key-0003')
    controller.abort()
    await expect(slow).rejects.toThrow('abort')
  })

  it('a fault may hit any service: no token, no call', async () => {
    await stage.azure.order({
      do: 'fault',
      fault: { kind: 'fail', status: 500, host: 'login.microsoftonline.com', times: null },
    })
    // A new credential each time: one that has seen a 5xx does not ask again for a minute.
    const attempt = () => stage.newCredential().getToken('https://vault.azure.net/.default')
    await expect(attempt()).rejects.toThrow('An internal error occurred.')
    await stage.azure.order({ do: 'clearFaults' })
    expect((await attempt()).token).not.toBe('')
  })
})

describe('continuous access evaluation', () => {
  it('one claims challenge is answered with a new token by the client itself', async () => {
    const keys = client()
    await keys.getKey('ktr-key-0001')
    await stage.azure.order({ do: 'fault', fault: { kind: 'cae', ...atKey } })
    expect((await keys.getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
  })

  it('revoked sessions end, new ones work', async () => {
    const keys = client()
    await keys.getKey('ktr-key-0001')
    await stage.azure.order({ do: 'revokeSessions', principal: 'ktr-operator' })
    expect((await keys.getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
  })
})

describe('waits', () => {
  it('a deleted key is seen after the delay, a recovered one too, a purged name is free after it', async () => {
    await stage.azure.order({
      do: 'settings',
      change: { deleteDelayMs: 150, recoverDelayMs: 150, purgeDelayMs: 3_600_000 },
    })
    const keys = stage.keys('ktr-vault-old')
    const quick = { intervalInMs: 10 }
    await keys.createEcKey('ktr-waits')
    const poller = await keys.beginDeleteKey('ktr-waits', quick)
    expect(poller.isDone()).toBe(false)
    await poller.pollUntilDone()
    expect(await refusal(keys.beginRecoverDeletedKey('ktr-waits', quick))).toBe('403 Forbidden AccessDenied')
    const { principal, vault } = { principal: stage.facts.user.userPrincipalName, vault: 'ktr-vault-old' }
    await expect(stage.azure.order({ do: 'deleteKey', vault, key: 'ktr-none' })).rejects.toThrow(
      'no key ktr-none',
    )
    await expect(
      stage.azure.order({ do: 'grantRole', principal, role: 'Nobody', scope: '/' }),
    ).rejects.toThrow('no role Nobody')
    const officer = stage.keys('ktr-scale-01')
    await officer.createEcKey('ktr-waits')
    await (await officer.beginDeleteKey('ktr-waits', quick)).pollUntilDone()
    const recovery = await officer.beginRecoverDeletedKey('ktr-waits', quick)
    expect((await recovery.pollUntilDone()).name).toBe('ktr-waits')
  })

  it('a vault whose name is not registered yet does not answer', async () => {
    await stage.azure.order({ do: 'settings', change: { dnsDelayMs: 3_600_000 } })
    const { KeyVaultManagementClient } = await import('@azure/arm-keyvault')
    const { vaults } = new KeyVaultManagementClient(stage.credential(), stage.facts.subscriptionId, {
      agent: stage.agent,
      ...noRetries,
    })
    const making = vaults.createOrUpdate('ktr-rg-weu', 'ktr-vault-dns', {
      location: 'westeurope',
      properties: { tenantId: stage.facts.tenantId, sku: { family: 'A', name: 'standard' } },
    })
    await making.submitted()
    expect((await vaults.get('ktr-rg-weu', 'ktr-vault-dns')).properties.provisioningState).toBe(
      'RegisteringDns',
    )
    expect(await refusal(stage.keys('ktr-vault-dns').getKey('ktr-x'))).toMatch(/ECONNRESET|socket hang up/)
  })
})
