/**
 * Attack: a taken-over page asks for keys of what is no token, sends pages without bounds, asks while the keyring is locked,
 * and plans the end of a key that is not there or whose label it does not know.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { careNameProblem, hsmKeyCareDraft, labelProblem } from '../../shared/forms/hsm-key-care-draft.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { fakeModule, type FakeModule } from '../support/hsm-stage.ts'
import { refusalOf } from '../support/refusal.ts'

vi.setConfig({ testTimeout: 120_000 })

const root = mkdtempSync(join(tmpdir(), 'ktr-token-keys-'))
const passphrase = 'a passphrase of six words here'
let program: Program
let ask: Ask
let fake: FakeModule
let id: string
beforeAll(async () => {
  fake = fakeModule(root)
  process.env['SOFTHSM2_CONF'] = fake.ref.module.configuration?.SOFTHSM2_CONF
  program = await startProgram({
    profile: 'main',
    dataFolder: join(root, 'profile'),
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: root,
  })
  using secret = SecretBytes.fromText(passphrase)
  await program.keyring.create(secret)
  ask = askOf(program)
  let listing = await ask('hsm.browse', { picker: null, entry: null })
  const { picker } = listing
  while (listing.parent !== null) listing = await ask('hsm.browse', { picker, entry: listing.parent })
  for (const part of realpathSync(root).split('/').slice(1)) {
    const entry = listing.entries.find(({ name }) => name === part)?.id ?? ''
    listing = await ask('hsm.browse', { picker, entry })
  }
  const file = listing.files.find(({ name }) => name === 'fake.so')?.id ?? ''
  const { id: module } = await ask('hsm.choose', { picker, entry: file })
  await ask('hsm.inspect', { module })
  const connection = {
    kind: 'hsm',
    name: 'token',
    environment: 'test',
    module,
    serial: fake.ref.serial,
    label: 'fake',
  }
  ;({ id } = await ask('connections.save', { id: null, connection: { ...connection, pin: null } }))
  const { handle } = await ask('secrets.keep', {
    purpose: 'hsm.pin',
    target: id,
    label: 'PIN',
    rule: 'token-pin',
    bytes: new TextEncoder().encode('12345678'),
  })
  await ask('connections.save', { id, connection: { ...connection, module: null, pin: handle } })
})
afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  await program.close()
  rmSync(root, { recursive: true, force: true })
})

const page = { sort: null, search: '', filters: [], offset: 0, limit: 100 }

test('what is no token of this profile is neither looked at nor read', async () => {
  for (const stranger of ['t-aaaaaaaaaaaa', 'nobody'])
    for (const asked of [
      ask('hsm.look', { id: stranger }),
      ask('hsm.readKeys', { id: stranger }),
      ask('hsm.keys', { id: stranger, page }),
      ask('hsm.compareKeys', { id: stranger }),
    ])
      expect((await refusalOf(asked as Promise<unknown>)).code).toBe('not-found')
  expect(fake.attempts()).toBe(0)
})

test('a page without bounds, an id that is none, and fields that nobody asked for are refused at the door', async () => {
  const hostile: readonly [Parameters<Ask>[0], object][] = [
    ['hsm.keys', { id, page: { ...page, limit: 1_000_000 } }],
    ['hsm.keys', { id, page: { ...page, search: 'x'.repeat(100_000) } }],
    ['hsm.keys', { id: '../../x', page }],
    ['hsm.readKeys', { id: "t'; DROP" }],
    ['hsm.look', { id: '' }],
    ['hsm.compareKeys', { id: 7 }],
  ]
  for (const [channel, request] of hostile)
    expect((await refusalOf(ask(channel, request as never) as Promise<unknown>)).code).toBe('ipc-payload')
})

test('looking at the state of the PIN, listing and comparing try none', async () => {
  expect(await ask('hsm.look', { id })).toMatchObject({ pinKept: true })
  await ask('hsm.keys', { id, page })
  await ask('hsm.compareKeys', { id })
  expect(fake.attempts()).toBe(0)
})

test('the last try before a lock is not used for a reading', async () => {
  fake.behave(`flags ${0x2040d}`)
  const refused = await refusalOf(ask('hsm.readKeys', { id }))
  fake.behave()
  expect([refused.code, fake.attempts()]).toEqual(['hsm-pin-last-try', 0])
})

test('a PIN that was not taken is tried once, however often the page asks', async () => {
  const codes: string[] = []
  for (let time = 0; time < 3; time += 1) codes.push((await refusalOf(ask('hsm.readKeys', { id }))).code)
  expect(codes).toEqual(['hsm-pin-wrong', 'hsm-pin-refused-before', 'hsm-pin-refused-before'])
  expect(fake.attempts()).toBe(1)
  expect((await ask('hsm.keys', { id, page })).by).toBeNull()
})

test('nothing is told while the keyring is locked', async () => {
  await ask('keyring.lock', {})
  for (const asked of [
    ask('hsm.look', { id }),
    ask('hsm.readKeys', { id }),
    ask('hsm.keys', { id, page }),
    ask('hsm.compareKeys', { id }),
  ])
    expect((await refusalOf(asked as Promise<unknown>)).code).toBe('keyring-locked')
  await ask('keyring.unlock', { passphrase: new TextEncoder().encode(passphrase) })
})

const answers = { hsm: 't-1', pinMode: 'kept', pin: null, task: 'label', key: 'a1', newLabel: 'N' }
const messages = (changes: object): string =>
  (hsmKeyCareDraft.safeParse({ ...answers, ...changes }).error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('\n')

test('a hostile answer names its field and what to do', () => {
  expect(messages({})).toBe('')
  expect(messages({ key: "a1' OR 1" })).toMatch(/^key: No key is chosen/)
  expect(messages({ key: 'a'.repeat(66) })).toMatch(/^key: /)
  expect(messages({ task: 'format' })).toMatch(/^task: /)
  expect(messages({ pinMode: 'typed' })).toMatch(/^pin: The PIN is missing/)
  for (const label of ['', 'a\nC_DestroyObject', 'a\u0000', '\u202Etxet', 'é'.repeat(65), '\ud800'])
    expect(labelProblem(label)).toMatch(/^The new label .*\. (Enter|It)/)
  expect(labelProblem('Schlüssel für SQL 2026')).toBeNull()
})

test('a label that is nearly right destroys nothing', () => {
  for (const confirmation of ['', 'ktr-old', 'KTR-OLD ', ' KTR-OL'])
    expect(careNameProblem({ confirmation }, 'KTR-OLD')).toHaveLength(
      confirmation.trim() === 'KTR-OLD' ? 0 : 1,
    )
})
