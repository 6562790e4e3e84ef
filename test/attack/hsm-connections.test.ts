/**
 * Attack: a taken-over page asks for a module that nobody chose, names a file or a folder that main did not list and saves a
 * token with a module that nobody looked at. Stolen handles as a PIN: hsm-key-run.test.ts.
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { createHsmModules } from '../../electron/profile/hsm-modules.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { inspectModule } from '../../electron/targets/hsm/module-file.ts'
import { softHsmModule } from '../../sandbox/hsm/make-token.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { codeFrom } from '../support/hsm-stage.ts'
import { refusalOf } from '../support/refusal.ts'

vi.setConfig({ testTimeout: 120_000 })

const root = mkdtempSync(join(tmpdir(), 'ktr-hsm-attack-'))
let program: Program
let ask: Ask
beforeAll(async () => {
  program = await startProgram({
    profile: 'main',
    dataFolder: join(root, 'profile'),
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
  })
  using passphrase = SecretBytes.fromText('a passphrase of six words here')
  await program.keyring.create(passphrase)
  ask = askOf(program)
})
afterAll(async () => {
  await program.close()
  rmSync(root, { recursive: true, force: true })
})

const answers = (changes: object) => ({
  id: null,
  connection: {
    kind: 'hsm',
    name: 'token',
    environment: 'test',
    module: null,
    serial: '1234',
    label: 'a token',
    pin: null,
    ...changes,
  },
})

test('a module that main did not list is not looked at, loaded or kept', async () => {
  const asked = [
    ask('hsm.inspect', { module: 'm-aaaaaaaaaaaa' }),
    ask('hsm.load', { module: 'm-aaaaaaaaaaaa' }),
    ask('hsm.report', { module: 'm-aaaaaaaaaaaa', serial: '1234' }),
    ask('connections.save', answers({ module: 'm-aaaaaaaaaaaa' })),
    ask('hsm.browse', { picker: 'aaaaaaaaaaaa', entry: null }),
    ask('hsm.choose', { picker: 'aaaaaaaaaaaa', entry: 'aaaaaaaaaaaa' }),
  ]
  const refused = await Promise.all(asked.map((work: Promise<unknown>) => refusalOf(work)))
  expect(refused.map(({ code }) => code)).toEqual(asked.map(() => 'not-found'))
})

test('a path is no id', async () => {
  for (const module of ['/usr/lib/softhsm/libsofthsm2.so', '../x', 'C:\\x.dll'])
    expect((await refusalOf(ask('hsm.inspect', { module }))).code).toBe('ipc-payload')
  const pathInAnswers = ask(
    'connections.save',
    answers({ module: { path: '/tmp/evil.so', sha256: 'a'.repeat(64) } }),
  )
  expect((await refusalOf(pathInAnswers)).code).toBe('answers-incomplete')
})

test('a token is not saved without a module, nor with one that nobody looked at', async () => {
  expect((await refusalOf(ask('connections.save', answers({})))).code).toBe('answers-incomplete')
  const [known] = (await ask('hsm.modules', {})).modules
  expect(known?.product).toBe('SoftHSM')
  const unseen = ask('connections.save', answers({ module: known?.id }))
  expect((await refusalOf(unseen)).code).toBe('hsm-module-not-looked-at')
  expect(await ask('connections.list', {})).toEqual([])
})

test('nothing is saved as simulated in a profile of real targets', async () => {
  const [known] = (await ask('hsm.modules', {})).modules
  const module = known?.id ?? ''
  await ask('hsm.inspect', { module })
  const environment = 'rehearsal'
  const azure = {
    kind: 'azure',
    name: 'contoso',
    environment,
    cloud: 'public',
    tenantId: '11111111-1111-4111-8111-111111111111',
    subscriptionId: '22222222-2222-4222-8222-222222222222',
    signIn: { kind: 'azure-cli' },
  }
  for (const asked of [answers({ module, environment }), { id: null, connection: azure }])
    expect(await refusalOf(ask('connections.save', asked))).toMatchObject({
      code: 'answers-incomplete',
      fields: [{ field: 'environment', message: 'Choose production or test' }],
    })
  expect(await ask('connections.list', {})).toEqual([])
})

test('the file that was looked at is the one that is kept; a test says where another is there', async () => {
  const [known] = (await ask('hsm.modules', {})).modules
  const module = known?.id ?? ''
  const seen = await ask('hsm.inspect', { module })
  const { id } = await ask('connections.save', answers({ module }))
  const [view] = await ask('connections.list', {})
  expect(view?.connection).toMatchObject({ kind: 'hsm', module: { path: seen.path, sha256: seen.sha256 } })
  const { problem } = await ask('connections.test', { id })
  expect(problem?.code).toBe('hsm-token-not-found')
  expect((await refusalOf(ask('hsm.probe', { id, seen: null }))).code).toBe('hsm-no-pin')
})

test('another address of a token drops its PIN', async () => {
  const [view] = await ask('connections.list', {})
  const id = view?.connection.id ?? ''
  const { handle } = await ask('secrets.keep', {
    purpose: 'hsm.pin',
    target: id,
    label: 'PIN',
    rule: 'token-pin',
    bytes: new TextEncoder().encode('12345678'),
  })
  await ask('connections.save', { ...answers({ pin: handle }), id })
  const moved = await ask('connections.save', { ...answers({ pin: handle, serial: '9999' }), id })
  expect(moved.droppedCredential).toBe(true)
  expect((await ask('secrets.about', { handle })).found).toBe(false)
})

test('main lists modules and folders by ids of one picker, and nothing else', async () => {
  const start = join(root, 'list')
  mkdirSync(join(start, 'inner'), { recursive: true })
  copyFileSync(softHsmModule() ?? '', join(start, 'vendor.so.2'))
  copyFileSync(softHsmModule() ?? '', join(start, 'notes.txt'))
  const modules = createHsmModules({}, [], start)
  const picker = modules.picker.open()
  const listing = await modules.picker.browse(picker, null)
  expect(listing.entries.map(({ name }) => name)).toEqual(['inner'])
  expect(listing.files.map(({ name }) => name)).toEqual(['vendor.so.2'])
  const other = modules.picker.open()
  expect(() => modules.picker.choose(other, listing.files[0]?.id ?? '')).toThrow()
})

test('a module that others may write is refused before it is loaded', async () => {
  const folder = realpathSync(join(root, 'list'))
  const copy = join(folder, 'vendor.so.2')
  chmodSync(copy, 0o666)
  expect(await codeFrom(inspectModule(copy))).toBe('hsm-module-writable')
})

test('settings of modules are taken from the environment only under their own names, as whole paths', () => {
  const modules = createHsmModules(
    { SOFTHSM2_CONF: '/etc/softhsm2.conf', LD_PRELOAD: '/tmp/evil.so', YUBIHSM_PKCS11_CONF: 'relative' },
    [],
    root,
  )
  const { id, path } = modules.add('/usr/lib/x.so')
  modules.looked(id, {
    path,
    realPath: path,
    sha256: 'a'.repeat(64),
    bytes: 1,
    format: 'elf',
    owner: 'root',
  })
  expect(modules.pinOf(id).configuration).toEqual({ SOFTHSM2_CONF: '/etc/softhsm2.conf' })
})
