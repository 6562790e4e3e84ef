/**
 * Attack: a page that was taken over uses the channels of share ceremonies: to learn a word of a share, to skip the
 * reading back, to run two ceremonies at once, to write where nobody picked a folder, to keep a ceremony open over a
 * lock. The program is the whole one, without a window that anybody looks at.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import type { Shell } from '../../electron/shell/shell.ts'
import type { ChannelName, ReplyOf, RequestOf } from '../../shared/ipc/contract.ts'
import { ownOrigin, type Sender } from '../../electron/ipc/router.ts'
import type { PrintDocument } from '../../shared/model/print.ts'

const root = mkdtempSync(join(tmpdir(), 'keyturn-ceremony-attack-'))
const own: Sender = { isMainFrame: true, origin: ownOrigin }
const passphrase = 'six plain words of the passphrase'
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
/** Every reply that crossed, to be searched for words. */
const replies: string[] = []
let program: Program
let picked = 'a'
let printed: Uint8Array | null = null

const dispatch = async (name: ChannelName, request: unknown, sender: Sender | null = own) => {
  const answer = await program.dispatch(sender, name, request)
  replies.push(JSON.stringify(answer))
  return answer
}
const ask = async <Name extends ChannelName>(
  name: Name,
  request: RequestOf<Name>,
): Promise<ReplyOf<Name>> => {
  const answer = await dispatch(name, request)
  if (!answer.ok) throw new Error(`${name}: ${answer.problem.code}`)
  return answer.value as never
}
const refusal = async (name: ChannelName, request: unknown, sender?: Sender | null): Promise<string> => {
  const answer = await dispatch(name, request, sender)
  return answer.ok ? 'accepted' : answer.problem.code
}
const place = async (folder: string): Promise<string> => {
  mkdirSync(join(root, folder), { recursive: true })
  picked = folder
  return (await ask('places.pick', { purpose: 'share' })).place?.id ?? ''
}
const plan = {
  name: 'Vault keys',
  threshold: 2,
  holders: [
    { name: 'Ana Ruiz', medium: 'file' },
    { name: 'Bo Chen', medium: 'paper' },
  ],
  witnesses: [],
  replaces: null,
} as const
const fresh = () => ({ ...plan, holders: plan.holders.map((one) => ({ ...one })), witnesses: [] })
const wordsOf = (sheet: string): string =>
  (/BEGIN SHARE WORDS\n([\s\S]*)END SHARE WORDS/.exec(sheet)?.[1] ?? '')
    .replace(/\d+\./g, ' ')
    .trim()
    .split(/\s+/)
    .join(' ')

beforeAll(async () => {
  program = await startProgram({
    profile: 'main',
    dataFolder: join(root, 'data'),
    version: '0.0.0-attack',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: root,
  })
  const shell: Shell = {
    kind: 'electron',
    send: () => undefined,
    pickFolder: () => Promise.resolve(join(root, picked)),
    printPdf: async (_route, given?: PrintDocument) => {
      printed = given?.page === 'share-sheet' ? new Uint8Array(given.content.text) : null
      return bytes('%PDF-1.4')
    },
    copyText: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  program.attach(shell)
  await ask('keyring.create', { passphrase: bytes(passphrase) })
}, 120_000)

afterEach(async () => {
  const { ceremony } = await ask('ceremony.state', {})
  if (ceremony?.state === 'open') await ask('ceremony.stop', { group: ceremony.group, reason: '' })
})
afterAll(async () => {
  await program.close()
  rmSync(root, { recursive: true, force: true })
})

describe('a whole ceremony', () => {
  test('gives no word of a share to who asks, in whatever reply, record or file beside the media', async () => {
    const { group } = await ask('ceremony.begin', fresh())
    await ask('ceremony.take', { group, holder: 1 })
    await ask('ceremony.write', { group, holder: 1, place: await place('stick') })
    await ask('ceremony.readBack', { group, holder: 1 })
    await ask('ceremony.take', { group, holder: 2 })
    await ask('ceremony.write', { group, holder: 2, place: await place('printer') })
    const [name = ''] = readdirSync(join(root, 'stick'))
    const first = wordsOf(readFileSync(join(root, 'stick', name), 'utf8'))
    const second = wordsOf(Buffer.from(printed ?? []).toString('utf8'))
    expect([first, second].map((words) => words.split(' ').length)).toEqual([33, 33])
    for (const channel of ['print.content', 'print.save'] as const)
      expect(await refusal(channel, { page: 'share-sheet', id: null, place: await place('stick') })).toBe(
        'ipc-refused',
      )
    const words = bytes(second)
    const done = await ask('ceremony.typed', { group, holder: 2, words })
    expect(done.state).toBe('active')
    expect(words.every((byte) => byte === 0)).toBe(true)
    expect(readdirSync(join(root, 'printer'))).toEqual([])
    await ask('print.content', { page: 'ceremony', id: group })
    await ask('audit.page', {
      page: { offset: 0, limit: 100, sort: null, search: '', filters: [] },
      check: true,
    })
    const kept = readdirSync(join(root, 'data'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    const everything = [...replies, ...kept].join('\n')
    for (const share of [first, second]) {
      const list = share.split(' ')
      // Two words beside each other: one alone can stand anywhere in English.
      for (let at = 0; at + 1 < list.length; at += 1)
        expect(everything).not.toContain(`${list[at]} ${list[at + 1]}`)
      expect(everything).not.toContain(Buffer.from(share).toString('base64').slice(0, 40))
    }
  })
})

describe('what is refused', () => {
  const inContainer = { azure: 't-aaaaaaaaaaaa', container: 'https://account.blob.core.windows.net/escrow' }
  const channels: [ChannelName, (group: string) => object][] = [
    ['ceremony.begin', fresh],
    ['ceremony.take', (group) => ({ group, holder: 1 })],
    ['ceremony.write', (group) => ({ group, holder: 1, place: 'p-aaaaaaaaaaaa' })],
    ['ceremony.readBack', (group) => ({ group, holder: 1 })],
    ['ceremony.typed', (group) => ({ group, holder: 1, words: bytes('x') })],
    ['ceremony.stop', (group) => ({ group, reason: '' })],
    ['escrow.verifyPackage', () => ({ place: 'p-aaaaaaaaaaaa' })],
    ['escrow.packagesAt', () => inContainer],
    ['escrow.verifyAt', () => ({ ...inContainer, package: 'ep-aaaaaaaaaaaa' })],
    ['escrow.fetchPackage', () => ({ ...inContainer, package: 'ep-aaaaaaaaaaaa', place: 'p-aaaaaaaaaaaa' })],
  ]
  test.each(channels)('%s from a foreign frame', async (channel, request) => {
    const asked = request('sg-aaaaaaaaaaaa')
    for (const sender of [
      null,
      { isMainFrame: false, origin: ownOrigin },
      { isMainFrame: true, origin: 'x' },
    ])
      expect(await refusal(channel, asked, sender)).toBe('ipc-refused')
  })

  test.each([
    ['ceremony.begin', { ...plan, holders: Array(33).fill(plan.holders[0]) }],
    ['ceremony.begin', { ...plan, name: 'x'.repeat(241) }],
    ['ceremony.begin', { ...plan, threshold: Number.NaN }],
    ['ceremony.begin', { ...plan, seed: 'mine' }],
    ['ceremony.begin', { ...plan, holders: [{ name: 'A', medium: 'mail' }] }],
    ['ceremony.begin', { ...plan, replaces: '../../x' }],
    ['ceremony.take', { group: 'sg-aaaaaaaaaaaa', holder: 17 }],
    ['ceremony.take', { group: 'sg-aaaaaaaaaaaa', holder: 1.5 }],
    ['ceremony.write', { group: 'sg-aaaaaaaaaaaa', holder: 1, place: '/etc' }],
    ['ceremony.write', { group: 'sg-aaaaaaaaaaaa', holder: 1, place: 'p-aaaaaaaaaaaa', name: 'x' }],
    ['ceremony.typed', { group: 'sg-aaaaaaaaaaaa', holder: 1, words: new Uint8Array(2049) }],
    ['ceremony.typed', { group: 'sg-aaaaaaaaaaaa', holder: 1, words: 'academic acid' }],
    ['ceremony.stop', { group: 'sg-aaaaaaaaaaaa', reason: 'x'.repeat(401) }],
    ['escrow.packagesAt', { ...inContainer, container: 'x'.repeat(401) }],
    ['escrow.packagesAt', { ...inContainer, azure: '../azure' }],
    ['escrow.packagesAt', { ...inContainer, token: 'mine' }],
    ['escrow.verifyAt', { ...inContainer, package: '../../x' }],
    ['escrow.fetchPackage', { ...inContainer, package: 'ep-aaaaaaaaaaaa', place: '/etc' }],
    [
      'escrow.checkShare',
      {
        against: { kind: 'group', group: 'sg-aaaaaaaaaaaa' },
        share: { kind: 'file', place: 'p-aaaaaaaaaaaa', name: '../x.txt' },
      },
    ],
  ] as [ChannelName, object][])('%s %j, before any handler', async (channel, request) => {
    const before = program.record.head().count
    expect(await refusal(channel, request)).toBe('ipc-payload')
    const { rows } = program.record.page({ offset: 0, limit: 1, order: 'newest-first' })
    expect([program.record.head().count - before, rows[0]?.kind]).toEqual([1, 'refused'])
  })

  test('a second ceremony at once, a place that nobody picked, and every step out of its order', async () => {
    const both = await Promise.all([refusal('ceremony.begin', fresh()), refusal('ceremony.begin', fresh())])
    expect(both).toEqual(['accepted', 'ceremony-open'])
    const { ceremony } = await ask('ceremony.state', {})
    const group = ceremony?.group ?? ''
    const step = { group, holder: 1 }
    expect(await refusal('ceremony.readBack', step)).toBe('ceremony-order')
    expect(await refusal('ceremony.take', { group, holder: 2 })).toBe('ceremony-order')
    expect(await refusal('ceremony.take', { group: 'sg-aaaaaaaaaaaa', holder: 1 })).toBe('ceremony-not-open')
    await ask('ceremony.take', step as never)
    expect(await refusal('ceremony.write', { ...step, place: 'p-aaaaaaaaaaaa' })).toBe('not-found')
    expect(await refusal('ceremony.typed', { ...step, words: bytes('academic') })).toBe('ceremony-order')
    expect(await refusal('ceremony.stop', { group: 'sg-aaaaaaaaaaaa', reason: '' })).toBe('ceremony-not-open')
    expect(await refusal('escrow.packagesAt', { ...inContainer, container: 'file:///etc/passwd' })).toBe(
      'answers-incomplete',
    )
    expect(await refusal('escrow.packagesAt', inContainer)).not.toBe('accepted')
    expect((await ask('ceremony.state', {})).ceremony?.holders[0]?.state).toBe('waiting')
  })
})

test('a lock in the middle makes it void, and nothing answers meanwhile', async () => {
  const { group } = await ask('ceremony.begin', fresh())
  await ask('ceremony.take', { group, holder: 1 })
  await ask('ceremony.write', { group, holder: 1, place: await place('stick-2') })
  await ask('keyring.lock', {})
  expect(await refusal('ceremony.state', {})).toBe('keyring-locked')
  expect(await refusal('ceremony.readBack', { group, holder: 1 })).toBe('keyring-locked')
  await ask('keyring.unlock', { passphrase: bytes(passphrase) })
  const { ceremony } = await ask('ceremony.state', {})
  expect(ceremony).toMatchObject({ state: 'void', because: 'locked', toDestroy: [{ number: 1 }] })
  expect(await refusal('ceremony.readBack', { group, holder: 1 })).toBe('ceremony-not-open')
})

test('closing the window makes it void', async () => {
  await ask('ceremony.begin', fresh())
  program.windowClosed()
  const { ceremony } = await ask('ceremony.state', {})
  expect(ceremony).toMatchObject({ state: 'void', because: 'closed', toDestroy: [] })
})
