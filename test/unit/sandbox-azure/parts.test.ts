import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultReply } from '../../../sandbox/azure/fault-reply.ts'
import { makeFaults } from '../../../sandbox/azure/faults.ts'
import { audiencesOf, CERTIFICATE_NAMES, hostName, knownHost } from '../../../sandbox/azure/hosts.ts'
import type { AzureRequest } from '../../../sandbox/azure/http.ts'
import { atLeastDays, parseDuration, shifted } from '../../../sandbox/azure/keyvault/durations.ts'
import { routeOf } from '../../../sandbox/azure/keyvault/routes.ts'
import { actionFits } from '../../../sandbox/azure/rbac/decide.ts'
import { openStore, type Store } from '../../../sandbox/azure/state/store.ts'

describe('hosts', () => {
  it.each([
    ['ktr-a.vault.azure.net', 'vault', 'public', 'https://vault.azure.net'],
    ['ktr-a.managedhsm.azure.net', 'hsm', 'public', 'https://managedhsm.azure.net'],
    ['ktr-a.vault.usgovcloudapi.net', 'vault', 'usgov', 'https://vault.usgovcloudapi.net'],
    ['ktr-a.vault.azure.cn', 'vault', 'china', 'https://vault.azure.cn'],
    ['management.azure.com', 'arm', 'public', 'https://management.azure.com'],
    ['graph.microsoft.com', 'graph', 'public', 'https://graph.microsoft.com'],
    ['ktr1.blob.core.windows.net', 'blob', 'public', 'https://storage.azure.com'],
  ])('%s is %s in %s', (name, service, cloud, audience) => {
    const host = knownHost(name)
    expect(host).toMatchObject({ service, cloud })
    expect(host && audiencesOf(host)[0]).toBe(audience)
  })

  it.each([
    'example.com',
    'a.b.vault.azure.net',
    'vault.azure.net',
    '',
    'login.microsoftonline.com.evil.test',
  ])('"%s" is none', (name) => {
    expect(knownHost(name)).toBeNull()
  })

  it('reads a Host header with port and other case; certificates name every service', () => {
    expect(hostName('KTR-A.vault.azure.net:8443')).toBe('ktr-a.vault.azure.net')
    expect(CERTIFICATE_NAMES).toContain('*.blob.core.windows.net')
    expect(CERTIFICATE_NAMES).toContain('login.microsoftonline.us')
  })
})

describe('routes of the data plane', () => {
  it.each([
    ['GET', '/keys', 'list', null],
    ['GET', '/keys/', 'list', null],
    ['GET', '/keys/k/', 'get', 'k'],
    ['GET', '/keys/k/0123', 'get', 'k'],
    ['POST', '/keys/k//wrapkey', 'wrapKey', 'k'],
    ['POST', '/keys/k/wrapkey', 'wrapKey', 'k'],
    ['POST', '/keys/k/create', 'create', 'k'],
    ['POST', '/keys/restore', 'restore', null],
    ['PUT', '/keys/restore', 'import', 'restore'],
    ['POST', '/deletedkeys/k/recover', 'recover', 'k'],
    ['POST', '/keys/k/0123/release', null, undefined],
    ['GET', '/keys/k/0123/attestation', null, undefined],
    ['GET', '/secrets', null, undefined],
    ['GET', '/certificates/c', null, undefined],
    ['POST', '/rng', null, undefined],
  ])('%s %s: %s', (method, path, operation, key) => {
    const route = routeOf(method, path, false)
    expect(route === null ? null : route.operation).toBe(operation)
    if (route !== null) expect(route.key).toBe(key)
  })

  it('a managed HSM has random numbers and roles of its own', () => {
    expect(routeOf('POST', '/rng', true)?.operation).toBe('random')
    const path = '/keys/k/providers/Microsoft.Authorization/roleAssignments/1'
    expect(routeOf('PUT', path, true)?.operation).toBe('assignRole')
    expect(routeOf('PUT', path, false)).toBeNull()
    // An assignment is named by who makes it.
    expect(routeOf('PUT', path.replace(/\/1$/, ''), true)).toBeNull()
  })
})

describe('durations', () => {
  const at = (text: string): number => Date.parse(text)
  it.each([
    ['P18M', '2026-01-31T00:00:00Z', '2027-07-31T00:00:00Z'],
    ['P1M', '2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['P1Y', '2028-02-29T00:00:00Z', '2029-02-28T00:00:00Z'],
    ['P90D', '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z'],
  ])('%s after %s is %s', (text, from, to) => {
    const duration = parseDuration(text)
    expect(duration && shifted(at(from), duration, 1)).toBe(at(to))
  })

  it('refuses what is none, and compares lengths', () => {
    for (const text of ['', 'P', '30D', 'PT5H', 'P1W', 'P-1D']) expect(parseDuration(text)).toBeNull()
    expect(atLeastDays({ months: 0, days: 6 }, 7)).toBe(false)
    expect(atLeastDays({ months: 1, days: 0 }, 28)).toBe(true)
  })
})

describe('action patterns of roles', () => {
  it.each([
    ['*', 'Microsoft.KeyVault/vaults/write', true],
    ['*/read', 'Microsoft.KeyVault/vaults/read', true],
    ['Microsoft.Authorization/*/Write', 'microsoft.authorization/roleAssignments/write', true],
    ['Microsoft.KeyVault/vaults/keys/*', 'Microsoft.KeyVault/vaults/secrets/read', false],
    ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/readMore', false],
    ['Microsoft.KeyVault/vaults/keys.read', 'Microsoft.KeyVault/vaults/keys/read', false],
  ])('%s, %s: %s', (pattern, action, fits) => {
    expect(actionFits(pattern, action)).toBe(fits)
  })
})

describe('faults', () => {
  const request = (path: string, authorization?: string): AzureRequest => ({
    id: '1',
    method: 'GET',
    host: 'ktr-a.vault.azure.net',
    path,
    query: new URLSearchParams(),
    headers: authorization === undefined ? {} : { authorization },
    body: Buffer.alloc(0),
  })

  it('hit after so many requests, so many times, and only what they name', () => {
    const faults = makeFaults()
    faults.add({
      kind: 'throttle',
      retryAfter: null,
      host: '*.vault.azure.net',
      path: '/KEYS/',
      after: 1,
      times: 2,
    })
    const hits = ['/keys/a', '/secrets', '/keys/b', '/keys/c', '/keys/d'].map(
      (path) => faults.hitting(request(path, 'Bearer x')).length,
    )
    expect(hits).toEqual([0, 0, 1, 1, 0])
  })

  it('a claims challenge waits for a request with a token', () => {
    const faults = makeFaults()
    faults.add({ kind: 'cae', after: 0, times: 1 })
    expect(faults.hitting(request('/keys/a'))).toEqual([])
    expect(faults.hitting(request('/keys/a', 'Bearer x'))).toHaveLength(1)
  })
})

describe('a fault’s reply', () => {
  const failing = {
    kind: 'fail',
    status: 503,
    code: 'ServiceUnavailable',
    message: 'later',
    after: 0,
    times: 1,
  } as const
  const error = { code: 'ServiceUnavailable', message: 'later' }
  it.each([
    ['vault', { error }],
    ['arm', { error }],
    [
      'graph',
      { error: { ...error, innerError: { date: expect.any(String), 'request-id': expect.any(String) } } },
    ],
    ['entra', { error: 'ServiceUnavailable', error_description: 'later', error_codes: [] }],
  ] as const)('has the form of %s', (service, body) => {
    expect(faultReply(failing, service)).toMatchObject({ status: 503, body })
  })
})

describe('the state file', () => {
  interface Thing {
    id: string
    text: string
  }
  let folder: string
  let store: Store
  const path = (): string => join(folder, 'state.db')
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ktr-store-'))
    store = openStore(path())
  })
  afterEach(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('keeps what was changed, for the next process', () => {
    const things = store.collection<Thing>('thing')
    store.change(() => {
      things.put({ id: '1', text: 'one' })
      things.put({ id: '2', text: 'two' })
    })
    store.change(() => things.delete('2'))
    const again = openStore(path())
    expect(again.collection<Thing>('thing').all()).toEqual([{ id: '1', text: 'one' }])
    again.close()
  })

  it('a change that cannot be written leaves nothing, and later ones are written', () => {
    const things = store.collection<{ id: string; text: unknown }>('thing')
    expect(() => store.change(() => things.put({ id: '1', text: 1n }))).toThrow(TypeError)
    expect(things.get('1')).toBeUndefined()
    store.change(() => things.put({ id: '2', text: 'two' }))
    const again = openStore(path())
    expect(again.collection<Thing>('thing').all()).toEqual([{ id: '2', text: 'two' }])
    again.close()
  })

  it('a change that throws leaves nothing, also inside of another', () => {
    const things = store.collection<Thing>('thing')
    store.change(() => {
      things.put({ id: '1', text: 'outer' })
      expect(() =>
        store.change(() => {
          things.put({ id: '1', text: 'inner' })
          throw new Error('no')
        }),
      ).toThrow('no')
    })
    expect(things.get('1')?.text).toBe('outer')
    expect(() => things.put({ id: '3', text: 'loose' })).toThrow('outside of a change')
  })
})
