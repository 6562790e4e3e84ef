/**
 * Attack: whoever answers for Azure lies, with a certificate that is trusted: a proxy that opens TLS, a vault that was
 * taken over, a portal in front of the network. Each lie ends in its error of the catalogue, within the call's limit;
 * every request is heard, and no token and no secret goes to another host than the one that it is for.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AzureOwner } from '../../electron/targets/azure/azure.ts'
import { azureRefOfTests, vaultRefOfTests, type AzureStage } from '../contract/azure-program.ts'
import {
  authority,
  control,
  directory,
  expectNothingLeaked,
  foreignHost,
  foreignVault,
  keyBody,
  openIdOf,
  otherTenant,
  refusalOf,
  startHostilePeer,
  subscriptionId,
  tenantId,
  tokenFor,
  vaultHost,
  type HostilePeer,
  type Lie,
} from './hostile-azure-peer.ts'

let peer: HostilePeer
beforeAll(async () => {
  peer = await startHostilePeer()
})
afterAll(() => peer.close())
beforeEach(() => {
  peer.heard.length = 0
  peer.lie = () => null
})

afterEach(() => expectNothingLeaked(peer.heard))

/** For what stalls; on a busy machine an honest answer takes a while. */
const short = { timeoutMs: 300 }
const patient = { timeoutMs: 20_000 }
/** One question to each service, through a side that was opened while everything was honest. */
const questions: Readonly<
  Record<string, { host: string; ask: (stage: AzureStage) => Promise<(given: object) => Promise<unknown>> }>
> = {
  'a key': {
    host: vaultHost,
    ask: async (stage) => {
      const vault = await stage.azure.vaults.open(vaultRefOfTests)
      return (given) => vault.key('kt-key', undefined, { ...patient, ...given })
    },
  },
  'a list of keys': {
    host: vaultHost,
    ask: async (stage) => {
      const vault = await stage.azure.vaults.open(vaultRefOfTests)
      return (given) => vault.keys({ ...patient, ...given })
    },
  },
  'a vault': {
    host: control,
    ask: async (stage) => {
      const open = await stage.azure.controls.open(azureRefOfTests)
      return (given) => open.vault('ktr-group', 'ktr-vault-weu', { ...patient, ...given })
    },
  },
  'a list of vaults': {
    host: control,
    ask: async (stage) => {
      const open = await stage.azure.controls.open(azureRefOfTests)
      return (given) => open.vaults({ ...patient, ...given })
    },
  },
  'a list of roles': {
    host: control,
    ask: async (stage) => {
      const open = await stage.azure.controls.open(azureRefOfTests)
      return (given) => open.roles(`/subscriptions/${subscriptionId}`, { ...patient, ...given })
    },
  },
  'a list of locks': {
    host: control,
    ask: async (stage) => {
      const open = await stage.azure.controls.open(azureRefOfTests)
      return (given) => open.locks(`/subscriptions/${subscriptionId}`, { ...patient, ...given })
    },
  },
  'a list of storage accounts': {
    host: control,
    ask: async (stage) => {
      const storage = await stage.azure.storage.accounts(azureRefOfTests)
      return (given) => storage.accounts({ ...patient, ...given })
    },
  },
  'own permissions': {
    host: control,
    ask: async (stage) => {
      const open = await stage.azure.controls.open(azureRefOfTests)
      return (given) => open.ownPermissions(`/subscriptions/${subscriptionId}`, { ...patient, ...given })
    },
  },
  applications: {
    host: directory,
    ask: async (stage) => {
      const open = await stage.azure.directories.open(azureRefOfTests)
      return (given) => open.applications('', { ...patient, ...given })
    },
  },
}
const lists = Object.entries(questions).filter(([name]) => /list|permissions|applications/.test(name))

/** Opens honestly, then lies at that host, and asks. */
const lied = async (
  { host, ask }: (typeof questions)[string],
  lie: Lie | ((path: string) => Lie),
  given: object = {},
): Promise<string> => {
  peer.lie = () => null
  const asking = await ask(peer.stage())
  peer.heard.length = 0
  peer.lie = (heard) => (heard.host !== host ? null : typeof lie === 'function' ? lie(heard.path) : lie)
  return refusalOf(asking(given))
}

const everyLie: readonly (readonly [string, Lie, string])[] = [
  ['truncated JSON', { body: '{"value":[{"id":' }, 'azure-answer'],
  [
    'a page of a portal',
    { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
    'azure-answer',
  ],
  ['an object without anything', { body: {} }, 'azure-answer'],
  ['a list where an object is due', { body: [] }, 'azure-answer'],
  ['null', { body: 'null' }, 'azure-answer'],
  ['nothing at all', { body: '' }, 'azure-answer'],
  ['an answer without end', { body: '{"value":[', then: 'flood' }, 'azure-too-much'],
  ['a refusal without end', { status: 403, body: '{"error":"', then: 'flood' }, 'azure-too-much'],
  ['an answer that stalls', { body: '{"value":[', then: 'stall' }, 'azure-timeout'],
]

describe.each(Object.entries(questions))('%s', (_name, question) => {
  it.each(everyLie)('is not read from %s', async (_lie, lie, code) => {
    expect(await lied(question, lie, lie.then === 'stall' ? short : {})).toBe(code)
  })

  it('whose reply stalls is given up at once when it is cancelled', async () => {
    const asking = await question.ask(peer.stage())
    const stop = new AbortController()
    peer.lie = ({ host }) => {
      if (host !== question.host) return null
      setImmediate(() => stop.abort())
      return { body: '{', then: 'stall' }
    }
    expect(await refusalOf(asking({ signal: stop.signal, timeoutMs: 600_000 }))).toBe('azure-cancelled')
  })

  it.each([302, 307])('is not asked elsewhere after a %i', async (status) => {
    for (const host of [foreignHost, foreignVault])
      expect(await lied(question, { status, headers: { location: `https://${host}/keys` } })).toBe(
        'azure-answer',
      )
  })

  it('is not answered by a connection that ends in the middle', async () => {
    expect(await lied(question, { body: '{"value":[', then: 'cut' })).toMatch(/^azure-(answer|unreachable)$/)
  })
})

const entryOf = (name: string): object => ({
  id: `/subscriptions/${subscriptionId}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/${name}`,
  kid: `https://${vaultHost}/keys/${name}`,
  appId: otherTenant,
  name,
  location: 'westeurope',
  attributes: {},
  actions: [],
  properties: { sku: { family: 'A', name: 'standard' }, tenantId: otherTenant },
})

describe.each(lists)('%s', (name, question) => {
  const entry = name === 'applications' ? { ...entryOf('x'), id: otherTenant } : entryOf('x')
  it.each([
    `https://${foreignHost}/next`,
    `https://${foreignVault}/keys?page=2`,
    `http://${question.host}/next`,
    `https://${question.host}:8443/next`,
    `https://${question.host}@${foreignHost}/next`,
  ])('is not continued at %s', async (next) => {
    expect(await lied(question, { body: { value: [entry], nextLink: next, '@odata.nextLink': next } })).toBe(
      'azure-answer',
    )
    expect(peer.heard.map(({ host }) => host).filter((host) => host !== authority)).toEqual([question.host])
  })

  it.each([
    ['full', Array<object>(1_000).fill(entry)],
    ['empty', []],
  ])('without end, of %s pages, is given up', async (_what, value) => {
    let page = 0
    const code = await lied(question, (path) => {
      page += 1
      const next = `https://${question.host}${path.replace(/[?&]page=\d+/, '')}${path.includes('?') ? '&' : '?'}page=${page}`
      return { body: { value, nextLink: next, '@odata.nextLink': next } }
    })
    expect(code).toBe('azure-too-much')
    expect(page).toBeLessThan(30)
  })
})

describe('a key', () => {
  const version = 'b'.repeat(32)
  it.each([
    ['another name', keyBody('other', version)],
    ['another vault', keyBody('kt-key', version, foreignVault)],
    ['another version', keyBody('kt-key', 'c'.repeat(32))],
    ['no id', { key: { kty: 'RSA' }, attributes: {} }],
  ])('of %s than asked is not taken', async (_what, body) => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    peer.lie = ({ path }) => (path.startsWith('/keys/kt-key') ? { body } : null)
    expect(await refusalOf(vault.key('kt-key', version))).toBe('azure-answer')
    expect(await refusalOf(vault.change('kt-key', version, { enabled: false }))).toBe('azure-answer')
  })

  it('that was wrapped with another version, or another name, is no proof', async () => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    for (const kid of [
      `https://${vaultHost}/keys/kt-key/${'c'.repeat(32)}`,
      `https://${vaultHost}/keys/other/${version}`,
      `https://${foreignVault}/keys/kt-key/${version}`,
    ]) {
      peer.lie = ({ path }) =>
        /\/(un)?wrapkey/i.test(path) ? { body: { kid, value: Buffer.alloc(32).toString('base64url') } } : null
      expect(await refusalOf(vault.probeWrap('kt-key', version)), kid).toBe('vault-probe-differs')
    }
  })
})

describe('signing in', () => {
  const signIn = (lie: (path: string) => Lie | null, options: object = {}): Promise<string> => {
    peer.lie = ({ host, path }) => (host === authority ? lie(path) : null)
    return refusalOf(peer.stage().azure.controls.open(azureRefOfTests, options))
  }
  const atToken = (lie: Lie) => (path: string) => (path.includes('/token') ? lie : null)

  it.each([
    ['no JSON', { body: 'not json' }, 'azure-answer'],
    ['truncated JSON', { body: '{"access_token":"ey' }, 'azure-answer'],
    [
      'a page of a portal',
      { headers: { 'content-type': 'text/html' }, body: '<html></html>' },
      'azure-answer',
    ],
    ['a refusal that is no JSON', { status: 400, body: '<html></html>' }, 'azure-answer'],
    ['nothing', { body: '' }, 'azure-answer'],
    ['an answer without end', { body: '{"a":"', then: 'flood' }, 'azure-too-much'],
    ['a connection that ends', { body: '{"a":"', then: 'cut' }, /^azure-(answer|unreachable)$/],
    ['a failure that is no JSON', { status: 503, body: 'busy' }, 'azure-failed'],
    ['a token without a name', { body: tokenAnswer('a.b.c') }, 'azure-answer'],
    ['no token', { body: { token_type: 'Bearer', expires_in: 3599 } }, /^azure-(answer|sign-in-refused)$/],
    [
      'another tenant’s token',
      { body: tokenAnswer(tokenFor(`https://${control}`, otherTenant)) },
      'azure-identity-changed',
    ],
  ] as readonly (readonly [string, Lie, string | RegExp])[])(
    'is not done by %s',
    async (_what, lie, code) => {
      expect(await signIn(atToken(lie))).toMatch(code)
    },
  )

  it('that stalls can be cancelled, and ends with its connection', async () => {
    const stop = new AbortController()
    const lie = (path: string): Lie | null => {
      if (!path.includes('/token')) return null
      setImmediate(() => stop.abort())
      return { body: '{', then: 'stall' }
    }
    expect(await signIn(lie, { signal: stop.signal })).toBe('azure-cancelled')
    const stage = peer.stage()
    let stalled: () => void = () => undefined
    const reached = new Promise<void>((resolve) => (stalled = resolve))
    peer.lie = ({ path }) => {
      if (!path.includes('/token')) return null
      stalled()
      return { body: '{', then: 'stall' }
    }
    const opening = refusalOf(stage.azure.controls.open(azureRefOfTests))
    await reached
    stage.azure.drop(azureRefOfTests.id)
    expect(await opening).toBe('azure-cancelled')
  })

  it.each([301, 302, 307, 308])(
    'goes to no other host after a %i: the secret would go along',
    async (status) => {
      for (const host of [foreignHost, foreignVault])
        expect(
          await signIn(atToken({ status, headers: { location: `https://${host}/token` }, body: {} })),
        ).toBe('azure-answer')
    },
  )

  it('goes to no other host where Entra’s own metadata name one', async () => {
    const told = await signIn((path) => (path.includes('/token') ? null : { body: openIdOf(foreignHost) }))
    // The library knows the addresses of this cloud by itself, or asks for them.
    expect(told).toMatch(/^(accepted|azure-answer)/)
  })
})

const tokenAnswer = (access_token: string): object => ({
  token_type: 'Bearer',
  expires_in: 3599,
  ext_expires_in: 3599,
  access_token,
})

describe('an order that takes its time', () => {
  const elsewhere = {
    'azure-asyncoperation': `https://${foreignHost}/operation`,
    location: `https://${foreignVault}/operation`,
  }

  it('is not watched at another host', async () => {
    const open = await peer.stage().azure.controls.open(azureRefOfTests)
    peer.lie = ({ host, method }) =>
      host === control && method === 'PUT' ? { status: 202, headers: elsewhere, body: {} } : null
    const wish = {
      group: 'ktr-group',
      name: 'kt-vault-new',
      region: 'westeurope',
      tier: 'standard',
      rights: 'roles',
      retentionDays: 90,
      purgeProtection: false,
      network: { publicAccess: true, otherwise: 'allow', trustedServices: true, addresses: [], subnets: [] },
      accessPolicies: [],
    } as const
    expect(await refusalOf(open.createVault(wish, short))).toMatch(/^azure-(answer|timeout)$/)
  })

  it('of a vault is not watched at another host', async () => {
    const vault = await peer.stage().azure.vaults.open(vaultRefOfTests)
    peer.lie = ({ method, path }) =>
      method === 'DELETE' || path.includes('/deletedkeys/')
        ? {
            status: 202,
            headers: elsewhere,
            body: { ...keyBody('kt-key'), recoveryId: `https://${foreignVault}/deletedkeys/kt-key` },
          }
        : null
    expect(await refusalOf(vault.deleteKey('kt-key', short))).toMatch(/^(azure|vault)-/)
  })
})

describe('an opening that several wait for', () => {
  const openings = {
    subscription: (azure: AzureOwner, options?: object) => azure.controls.open(azureRefOfTests, options),
    vault: (azure: AzureOwner, options?: object) => azure.vaults.open(vaultRefOfTests, options),
  }
  it.each(Object.entries(openings))('of a %s goes on where one of them stops', async (_what, open) => {
    const { azure } = peer.stage()
    // Signed in by now: what is shared from here on is the opening alone.
    await azure.directories.open(azureRefOfTests)
    const stop = new AbortController()
    peer.lie = ({ host }) => {
      if (host !== authority) stop.abort()
      return null
    }
    const first = refusalOf(open(azure, { signal: stop.signal }))
    const second = open(azure)
    expect(await first).toBe('azure-cancelled')
    expect((await second).identity.tenantId).toBe(tenantId)
  })
})
