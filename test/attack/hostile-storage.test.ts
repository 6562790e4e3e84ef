/**
 * Attack: whoever answers for a storage account lies, with a certificate that is trusted. Each lie ends in its error,
 * within the call's limit, and no token goes to another host, is for another service, or is another tenant's.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { BlobStore } from '../../electron/ports/storage.ts'
import { azureRefOfTests } from '../contract/azure-program.ts'
import {
  audienceOf,
  authority,
  blobHost,
  control,
  foreignHost,
  otherTenant,
  secretCanary,
  startHostilePeer,
  tenantId,
  tokenCanary,
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
afterEach(() => {
  for (const { host, token, path } of peer.heard) {
    expect([authority, control, blobHost], `${host}${path}`).toContain(host)
    if (token !== '' && host === blobHost) expect(audienceOf(token)).toBe('https://storage.azure.com')
  }
})

const container = 'ktr-sql-backups'
const etag = '"0x1"'
const questions: Readonly<Record<string, (store: BlobStore, given: object) => Promise<unknown>>> = {
  'a list of containers': (store, given) => store.containers(given),
  'a list of blobs': (store, given) => store.blobs(container, '', given),
  'a part of a blob': (store, given) => store.read(container, 'a.bak', { from: 0, length: 4, etag }, given),
  'a key to sign with': (store, given) =>
    store.signContainer(
      {
        container,
        rights: ['read'],
        starts: new Date().toISOString(),
        expires: new Date(Date.now() + 60_000).toISOString(),
        by: { kind: 'sign-in' },
      },
      given,
    ),
}

const lied = async (question: string, lie: Lie, given: object = {}): Promise<string> => {
  const store = await peer.stage().azure.storage.at(azureRefOfTests, blobHost)
  peer.lie = ({ host }) => (host === blobHost ? lie : null)
  try {
    const answered = await questions[question]?.(store, { timeoutMs: 20_000, ...given })
    return `accepted: ${JSON.stringify(answered)}`
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KeyturnError)
    const problem = problemOf(thrown)
    for (const canary of [tokenCanary, secretCanary]) expect(JSON.stringify(problem)).not.toContain(canary)
    return problem.code
  }
}

describe.each(Object.keys(questions))('%s', (question) => {
  const isBytes = question === 'a part of a blob'

  it.each([
    ['a redirect', { status: 307, headers: { location: `https://${foreignHost}/x` } }, 'azure-answer'],
    [
      'an answer that stalls',
      {
        status: isBytes ? 206 : 200,
        headers: isBytes ? { etag, 'content-length': '4' } : {},
        body: '<',
        then: 'stall',
      },
      'azure-timeout',
    ],
    ['a challenge for another service', challenge(tenantId, `https://${control}`), 'storage-token-refused'],
    [
      'a challenge for another tenant',
      challenge(otherTenant, 'https://storage.azure.com'),
      'storage-token-refused',
    ],
    ['a refusal without end', { status: 403, body: '<Error>', then: 'flood' }, 'azure-too-much'],
  ] as readonly (readonly [string, Lie, string | RegExp])[])(
    'is not read from %s',
    async (_what, lie, code) => {
      expect(await lied(question, lie, lie.then === 'stall' ? { timeoutMs: 300 } : {})).toMatch(code)
    },
  )
})

describe.each(Object.keys(questions).filter((question) => question !== 'a part of a blob'))(
  '%s',
  (question) => {
    it.each([
      ['a page of a portal', { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }],
      ['JSON', { body: { value: [] } }],
      ['another XML document', { headers: { 'content-type': 'application/xml' }, body: '<a><b/></a>' }],
      ['nothing', { body: '' }],
      [
        'truncated XML',
        { headers: { 'content-type': 'application/xml' }, body: '<EnumerationResults><Blobs' },
      ],
    ] as readonly (readonly [string, Lie])[])('is not read from %s', async (_what, lie) => {
      expect(await lied(question, lie)).toBe('azure-answer')
    })
  },
)

describe('a part of a blob', () => {
  it('is no longer than what was asked for', async () => {
    const lie: Lie = { status: 206, headers: { etag }, body: 'x'.repeat(100) }
    expect(await lied('a part of a blob', lie)).toBe('azure-answer')
    expect(
      await lied('a part of a blob', { status: 206, headers: { etag }, body: 'x', then: 'flood' }),
    ).toMatch(/^azure-(answer|too-much)$/)
  })

  it('that ends in the middle is none', async () => {
    const headers = { etag, 'content-length': '4' }
    expect(await lied('a part of a blob', { status: 206, headers, body: 'x', then: 'cut' })).toMatch(
      /^azure-(answer|unreachable)$/,
    )
  })
})

function challenge(tenant: string, resource: string): Lie {
  return {
    status: 401,
    headers: {
      'www-authenticate': `Bearer authorization_uri=https://${authority}/${tenant}/oauth2/authorize resource_id=${resource}`,
    },
  }
}
