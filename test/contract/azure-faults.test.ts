import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TokenCredential } from '@azure/identity'
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
afterEach(() => stage.calm())

const client = (retry = {}, credential: TokenCredential = stage.credential()): KeyClient =>
  new KeyClient('https://ktr-scale-01.vault.azure.net', credential, {
    agent: stage.agent,
    ...noRetries,
    ...retry,
  })
const patient = { retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 } }
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
    await stage.azure.order({ do: 'fault', fault: { kind: 'fail', status: 501, ...atKey } })
    expect(await refusal(client(patient).getKey('ktr-key-0001'))).toBe('501 InternalServerError')
  })

  it('a refusal has the inner code that was ordered', async () => {
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

  it('a slow reply holds its request, no other one, and the client may give up', async () => {
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
  /** A client, and the claims that it was told to bring. */
  const listening = () => {
    const claims: string[] = []
    const inner = stage.credential()
    const credential: TokenCredential = {
      getToken: (scopes, options) => {
        if (options?.claims !== undefined) claims.push(options.claims)
        return inner.getToken(scopes, options)
      },
    }
    return { claims, keys: client({}, credential) }
  }

  it('one claims challenge is answered with a new token by the client itself', async () => {
    const { claims, keys } = listening()
    await keys.getKey('ktr-key-0001')
    expect(claims).toEqual([])
    await stage.azure.order({ do: 'fault', fault: { kind: 'cae', ...atKey } })
    expect((await keys.getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
    expect(claims).toEqual([expect.stringContaining('nbf')])
  })

  it('revoked sessions end, new ones work', async () => {
    const { claims, keys } = listening()
    await keys.getKey('ktr-key-0001')
    expect(claims).toEqual([])
    await stage.azure.order({ do: 'revokeSessions', principal: 'ktr-operator' })
    expect((await keys.getKey('ktr-key-0001')).name).toBe('ktr-key-0001')
    expect(claims).toEqual([expect.stringContaining('nbf')])
  })
})

describe('orders', () => {
  it('that name what is not there say so', async () => {
    const { principal, vault } = { principal: stage.facts.user.userPrincipalName, vault: 'ktr-vault-old' }
    await expect(stage.azure.order({ do: 'deleteKey', vault, key: 'ktr-none' })).rejects.toThrow(
      'no key ktr-none',
    )
    await expect(
      stage.azure.order({ do: 'grantRole', principal, role: 'Nobody', scope: '/' }),
    ).rejects.toThrow('no role Nobody')
  })
})

describe('waits', () => {
  const quick = { intervalInMs: 10 }
  const HOUR = 3_600_000

  it('a deleted key is found after its delay, a recovered one too', async () => {
    await stage.azure.order({ do: 'settings', change: { deleteDelayMs: HOUR, recoverDelayMs: HOUR } })
    const keys = client()
    await keys.createEcKey('ktr-waits')
    const deletion = await keys.beginDeleteKey('ktr-waits', quick)
    expect(deletion.isDone()).toBe(false)
    expect(await refusal(keys.getDeletedKey('ktr-waits'))).toBe('404 KeyNotFound')
    await stage.azure.order({ do: 'clock', seconds: 3700 })
    expect((await deletion.pollUntilDone()).name).toBe('ktr-waits')
    const recovery = await keys.beginRecoverDeletedKey('ktr-waits', quick)
    expect(recovery.isDone()).toBe(false)
    expect(await refusal(keys.getKey('ktr-waits'))).toBe('404 KeyNotFound')
    await stage.azure.order({ do: 'clock', seconds: 7400 })
    expect((await recovery.pollUntilDone()).name).toBe('ktr-waits')
  })

  it('a purged name is free after its delay', async () => {
    await stage.azure.order({ do: 'settings', change: { purgeDelayMs: HOUR } })
    const keys = stage.keys('ktr-vault-old', 'ktr-ekm-sql01')
    await keys.createEcKey('ktr-purged')
    await (await keys.beginDeleteKey('ktr-purged', quick)).pollUntilDone()
    const theirs = stage.keys('ktr-vault-old')
    expect(await refusal(theirs.beginRecoverDeletedKey('ktr-purged', quick))).toBe(
      '403 Forbidden AccessDenied',
    )
    await keys.purgeDeletedKey('ktr-purged')
    expect(await refusal(keys.createEcKey('ktr-purged'))).toBe('409 Conflict ObjectIsBeingDeleted')
    await stage.azure.order({ do: 'clock', seconds: 3700 })
    expect(await refusal(keys.createEcKey('ktr-purged'))).toBe('kept')
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
