/**
 * Attack: somebody other than our page asks main to act, or our page, taken over by a script, asks for more than the
 * contract has. The attacker can run any JavaScript in a frame, navigate it away while a question is on its way, and
 * send whatever structured clone carries. Wanted: a secret, an action, a stopped main process, or words of an error
 * that hold a secret. Each attempt must end as a refusal that reaches no handler.
 */
import { describe, expect, it } from 'vitest'
import type { Sender } from '../../electron/ipc/router.ts'
import { senderOf } from '../../electron/shell/electron/ipc.ts'
import { toyRouter, window } from '../unit/ipc/toy-handlers.ts'

const secret = 'Tr0ub4dor&3-canary'

describe('foreign senders', () => {
  const foreign: [string, Sender | null][] = [
    ['a frame that is already gone', null],
    ['a frame inside our page', { isMainFrame: false, origin: 'keyturn://app' }],
    ['another site in the main frame', { isMainFrame: true, origin: 'https://app' }],
    ['a host that begins like ours', { isMainFrame: true, origin: 'keyturn://app.example' }],
    ['an opaque origin', { isMainFrame: true, origin: 'null' }],
    ['no origin', { isMainFrame: true, origin: '' }],
  ]
  it.each(foreign)('%s: refused, recorded, and its bytes wiped', async (_name, sender) => {
    const { router, calls, refused } = toyRouter()
    const passphrase = new TextEncoder().encode(secret)
    const answer = await router.dispatch(sender, 'keyring.unlock', { passphrase })
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-refused' } })
    expect(calls).toEqual([])
    expect(refused.map(({ channel, problem }) => [channel, problem.code])).toEqual([
      ['keyring.unlock', 'ipc-refused'],
    ])
    expect(passphrase.every((byte) => byte === 0)).toBe(true)
  })

  it('are told apart before anything is awaited: a frame that leaves a moment later changes nothing', async () => {
    const { router, calls } = toyRouter()
    const sender: Sender = { isMainFrame: false, origin: 'https://other' }
    const answer = router.dispatch(sender, 'app.state', {})
    sender.isMainFrame = true
    sender.origin = 'keyturn://app'
    expect(await answer).toMatchObject({ ok: false })
    expect(calls).toEqual([])
  })
})

describe('the sender as Electron names it', () => {
  const frame = (url: string) => ({ url })
  const event = (mainFrame: object, senderFrame: object | null, id = 7) =>
    ({ sender: { id, mainFrame }, senderFrame }) as unknown as Parameters<typeof senderOf>[0]

  it('is ours only as main frame of our window on our pages', () => {
    const own = frame('keyturn://app/index.html')
    expect(senderOf(event(own, own), 7)).toEqual(window)
  })

  it.each([
    'https://app/',
    'keyturn://app.example/',
    'keyturn://example/app',
    'keyturn://app@example/',
    'keyturn://user@app/',
    'keyturn://app:81/',
    'keyturn:app',
    'keyturnx://app/',
    'about:blank',
    'data:text/html,keyturn://app/',
    'file:///keyturn://app/',
    '',
  ])('is not ours at %j', (url) => {
    const other = frame(url)
    expect(senderOf(event(other, other), 7)?.origin).toBe('other')
  })

  it('is nobody when the frame is gone, and not the main frame when it is another frame or window', () => {
    const own = frame('keyturn://app/')
    expect(senderOf(event(own, null), 7)).toBeNull()
    expect(senderOf(event(own, frame('keyturn://app/')), 7)?.isMainFrame).toBe(false)
    expect(senderOf(event(own, own, 8), 7)?.isMainFrame).toBe(false)
  })
})

describe('channels that are not in the contract', () => {
  const channels: unknown[] = [
    'runs.forge',
    '',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'app.state ',
    'APP.STATE',
    0,
    null,
    undefined,
    ['app.state'],
    { toString: 1, valueOf: 1 },
    { toString: null },
    'x'.repeat(1_000_000),
  ]
  it.each(channels.map((channel) => ({ channel })))('$channel: refused', async ({ channel }) => {
    const { router, calls, refused, faults } = toyRouter()
    const answer = await router.dispatch(window, channel, {})
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-payload' } })
    expect([calls, faults]).toEqual([[], []])
    expect(refused[0]?.channel.length).toBeLessThanOrEqual(64)
  })
})

describe('requests of a form that was not agreed', () => {
  const cycle: Record<string, unknown> = {}
  cycle['passphrase'] = cycle
  const requests: [string, string, unknown][] = [
    ['more than nothing', 'app.state', { extra: 1 }],
    ['no request', 'keyring.unlock', undefined],
    ['text for bytes', 'keyring.unlock', { passphrase: secret }],
    ['a list of numbers for bytes', 'keyring.unlock', { passphrase: [1, 2, 3] }],
    ['too many bytes', 'keyring.unlock', { passphrase: new Uint8Array(4097) }],
    ['two megabytes', 'connections.save', { id: null, connection: { host: 'x'.repeat(2_097_152) } }],
    ['a million values', 'connections.save', { id: null, connection: { a: new Array(1_000_000).fill(0) } }],
    [
      'a deep tree',
      'connections.save',
      { id: null, connection: { a: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) } },
    ],
    ['a cycle', 'keyring.unlock', cycle],
    ['a map', 'app.setScheme', new Map([['scheme', 'dark']])],
    [
      'two passphrases, one as text',
      'keyring.changePassphrase',
      { present: new Uint8Array(20), next: secret },
    ],
    [
      'a path for a backup',
      'keyring.restore',
      { place: 'p-1', name: '../keyring.json', passphrase: new Uint8Array(20) },
    ],
    ['a path for a folder', 'keyring.backUp', { place: '/etc', passphrase: new Uint8Array(20) }],
    ['a lock that never comes', 'settings.setAutoLock', { minutes: 1e9 }],
    ['a lock at once', 'settings.setAutoLock', { minutes: 0 }],
    [
      'a seal that is neither on nor off',
      'keyring.setOuterWrap',
      { on: 'on', passphrase: new Uint8Array(20) },
    ],
    [
      'a list of all there is',
      'secrets.list',
      { page: { offset: 0, limit: 1e9, sort: null, search: '', filters: [] } },
    ],
    ['a path for an id', 'connections.remove', { id: '../../etc/passwd' }],
    ['a statement for an id', 'runs.undo', { run: "r'; DROP DATABASE x--" }],
    ['a path for a run', 'runs.look', { run: '../record.db' }],
    ['a page to print that is none', 'print.content', { page: 'constructor', id: null }],
    ['an address to print', 'print.save', { page: 'run', id: 'https://example.org', place: 'p-1' }],
    ['a table that is none', 'tables.views', { table: '__proto__' }],
    ['a file name in an export', 'tables.export', { table: 'keys', selection: {}, place: '../x' }],
    ['an address for a place', 'places.label', { place: 'file:///etc/passwd' }],
    ['another word', 'runs.stop', { run: 'r-1', when: 'never' }],
    ['another job', 'wizard.open', { job: 'constructor', draft: null }],
    ['part of a page', 'keys.page', { read: 'held', page: { offset: -1 } }],
    [
      'a huge page',
      'keys.page',
      { read: 'held', page: { offset: 0, limit: 1e9, sort: null, search: '', filters: [] } },
    ],
  ]
  it.each(requests)('%s: refused, and the refusal repeats nothing of it', async (_name, channel, request) => {
    const { router, calls, faults } = toyRouter()
    const answer = await router.dispatch(window, channel, request)
    expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc-payload' } })
    expect(JSON.stringify(answer)).not.toContain(secret)
    expect([calls, faults]).toEqual([[], []])
  })

  it('bytes in a refused request are wiped too', async () => {
    const { router } = toyRouter()
    const bytes = new TextEncoder().encode(secret)
    await router.dispatch(window, 'keyring.unlock', { passphrase: secret, elsewhere: [{ bytes }] })
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('a prototype in the request changes no object of ours', async () => {
    const { router } = toyRouter()
    const request = JSON.parse(
      '{"id":null,"connection":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}',
    ) as unknown
    await router.dispatch(window, 'connections.save', request)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('errors that carry a secret', () => {
  it.each([
    ['an Error', () => new Error(`login failed for ${secret}`)],
    ['an Error with a cause', () => new Error('failed', { cause: { header: secret } })],
    ['a text', () => secret],
    [
      'an object that looks like a problem',
      () => ({ problem: { code: 'internal', title: secret }, code: secret }),
    ],
  ])('%s: the window learns that it was a fault, and nothing of its words', async (_name, make) => {
    const { router, faults } = toyRouter({
      'connections.test': () => {
        throw make()
      },
    })
    const answer = await router.dispatch(window, 'connections.test', { id: 't-1' })
    expect(answer).toMatchObject({ ok: false, problem: { code: 'internal' } })
    expect(JSON.stringify(answer)).not.toContain(secret)
    expect(faults).toHaveLength(1)
  })
})
