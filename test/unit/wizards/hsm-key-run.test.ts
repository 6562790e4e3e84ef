import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'

import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { asRunId } from '../../../shared/model/ids.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { openPackage } from '../../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { kekOf } from '../../../electron/wizards/azure/exchange-key.ts'
import { holdersOf, prepareGroup } from '../../support/escrow-export-answers.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import { hsmKeyAnswers, keysOn, makeKeks, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import { runJob, targetNamed } from '../../support/job-answers.ts'
import { refusalOf } from '../../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'

let house: TestRehearsal
let hsm: TargetRef
beforeAll(async () => {
  house = await openRehearsal(prepareGroup)
  const found = await tokenRefOf(house.ask)
  if (found === null) throw new Error('SoftHSM and pkcs11js are needed here')
  hsm = found
}, 120_000)
afterAll(() => house.end(), 60_000)
vi.setConfig({ testTimeout: 120_000 })

const blockersOf = async (answers: ReturnType<typeof hsmKeyAnswers>): Promise<string[]> => {
  const draft = await saveDraft(house.ask, answers, 'hsm-key')
  return (await house.ask('wizard.review', { draft })).advice.blockers.map(({ what }) => what)
}

const evidenceOf = (view: RunView): string[] =>
  view.steps.flatMap(({ evidence }) => evidence.map(({ statement, value }) => `${statement}: ${value}`))

test('a rehearsal has a token that says what it is', async () => {
  expect((await tokenRefOf(house.ask))?.name).toBe('ktr-token')
  const list = await house.ask('connections.list', {})
  const found = list.find(({ connection }) => connection.kind === 'hsm')?.connection
  expect(found).toMatchObject({ environment: 'rehearsal', label: 'ktr-token (test only)' })
})

test('no module is chosen in a rehearsal', async () => {
  await expect(house.ask('hsm.browse', { picker: null, entry: null })).rejects.toThrow('not-in-rehearsal')
})

test('a key for destinations waits for a probe; its test tries no PIN, the probe does, once', async () => {
  const { answers: keks } = await makeKeks(house.program, house.ask)
  const place = await pickFolder(house.ask, 'escrow')
  const answers = hsmKeyAnswers(hsm.id, { destination: 'chosen', keks, place })
  expect(await blockersOf(answers)).toEqual([`What the key wrap of ${hsm.name} does is not known`])
  const before = await house.ask('connections.test', { id: hsm.id })
  expect(before.problem).toBeNull()
  expect(before.checks.map(({ name, state }) => `${name} ${state}`)).toContain('Key wrap unknown')
  const { probe } = await house.ask('hsm.probe', { id: hsm.id, seen: null })
  expect(probe.use).toEqual({ mechanism: 'CKM_AES_KEY_WRAP_PAD', verdict: 'zero-padded' })
  const after = await house.ask('connections.test', { id: hsm.id })
  expect(after.checks.find(({ name }) => name === 'Key wrap')?.detail).toContain('for tests only')
  expect(await blockersOf(answers)).toEqual([])
})

test('a key without destinations is born locked', async () => {
  const view = await runJob(house.program, 'hsm-key', hsmKeyAnswers(hsm.id, { label: 'KTR-STAYS' }))
  expect(view.state).toBe('verified')
  expect(view.steps).toHaveLength(1)
  expect(evidenceOf(view)).toContain('Never could be wrapped: yes')
})

test('a key goes to every vault and into escrow, opens there as the same key, and is locked then', async () => {
  const { answers: keks, vaults } = await makeKeks(house.program, house.ask)
  expect(vaults.length).toBeGreaterThan(0)
  const place = await pickFolder(house.ask, 'escrow')
  const view = await runJob(
    house.program,
    'hsm-key',
    hsmKeyAnswers(hsm.id, {
      destination: 'chosen',
      keks,
      place,
      group: holdersOf(house.home).group,
      recipientFolder: await pickFolder(house.ask, 'recipients'),
      custodianFiles: ['custodian.cer'],
    }),
  )
  expect(view.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(view.state).toBe('verified')
  expect(view.steps.map(({ state }) => state)).toEqual(view.steps.map(() => 'verified'))
  const files = readdirSync(house.escrow).filter((name) => name.endsWith('.byok'))
  expect(files).toHaveLength(vaults.length)
  expect(files.every((name) => name.startsWith('TEST-ONLY-'))).toBe(true)
  const spki = view.steps[0]?.evidence.find(({ data }) => data?.['spkiSha256'] !== undefined)?.data
  for (const ref of vaults) {
    const vault = await house.program.azure.vaults.open(ref)
    const host = vault.identity.host.split('.')[0] ?? ''
    const file = files.find((name) => name.includes(`-${host}-`)) ?? ''
    const imported = await vault.importKey({
      name: `imported-${host}`,
      mark: 'test',
      material: { kind: 'transfer', file: readFileSync(join(house.escrow, file)) },
    })
    expect(imported.bits).toBe(2048)
    expect(kekOf(imported)?.sha256).toBe(spki?.['spkiSha256'])
  }
  const [name] = readdirSync(house.escrow).filter((one) => one.startsWith('keyturn-escrow-'))
  const packaged = await readPackageFolder(join(house.escrow, name ?? ''))
  using opened = openPackage(
    packaged,
    { kind: 'known', fingerprints: house.program.record.countersigners() },
    { kind: 'shares', shares: wordsOf(...holdersOf(house.home).shares.slice(1)) },
  )
  expect(opened.manifest.recipients).toHaveLength(1)
  expect(opened.manifest.items[0]).toMatchObject({
    kind: 'hsm-key',
    spkiSha256: spki?.['spkiSha256'],
    hsm: { wrapVerdict: 'zero-padded', oaep: 'sha1' },
  })
  using item = opened.item(1).content
  const shown = item.use((bytes) =>
    createPublicKey(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })).export({
      format: 'der',
      type: 'spki',
    }),
  )
  expect(createHash('sha256').update(shown).digest('hex')).toBe(spki?.['spkiSha256'])
  const own = await ownToken(house.simulators)
  try {
    expect((await keysOn(own.token)).filter((line) => line.startsWith('KTR-TDE private'))).toEqual([
      'KTR-TDE private RSA 2048 extractable=false never=false sensitive=true local=true',
    ])
    expect((await own.token.find()).filter(({ kept }) => kept === 'session')).toEqual([])
  } finally {
    await own.end()
  }
})

test('a key replaces another one: what the vaults have of the old one is said, and it stays as it was', async () => {
  const own = await ownToken(house.simulators)
  const keys = await own.token.find({ onlyPublic: true })
  await own.end()
  const old = keys.find(({ label }) => label === 'KTR-TDE')
  const answers = hsmKeyAnswers(hsm.id, { label: 'KTR-NEXT', replaces: old?.id ?? '' })
  const draft = await saveDraft(house.ask, answers, 'hsm-key')
  const { advice } = await house.ask('wizard.review', { draft })
  const said = advice.warnings.map(({ what }) => what).join('; ')
  expect(said).toMatch(/has KTR-TDE as imported-ktr-\S+, and gets no transfer file for KTR-NEXT/)
  expect(said).toContain('KTR-TDE is in escrow, KTR-NEXT would not be')
  const view = await runJob(house.program, 'hsm-key', answers)
  expect(view.state).toBe('verified')
  expect(evidenceOf(view).at(-1)).toBe(
    `KTR-TDE, which KTR-NEXT is to replace, is there still; SHA-256 of its public key: ${String(old?.spkiSha256)}`,
  )
})

test('an AES key goes into escrow, compared by its check value, which this token shows of no copy', async () => {
  const view = await runJob(
    house.program,
    'hsm-key',
    hsmKeyAnswers(hsm.id, {
      label: 'KTR-AES',
      type: 'aes-256',
      destination: 'chosen',
      place: await pickFolder(house.ask, 'escrow'),
      group: holdersOf(house.home).group,
    }),
  )
  expect(view.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(view.state).toBe('verified')
  expect(evidenceOf(view)).toContain(
    'Before it was written, the token unwrapped it again to the same key: same check value',
  )
})

test('pkcs11-tool sees the key with these attributes', async () => {
  const own = await ownToken(house.simulators)
  const { module } = own.token.ref
  await own.end()
  const list = execFileSync(
    'pkcs11-tool',
    ['--module', module.path, '--token-label', own.token.ref.label, '--login', '--pin', own.pin, '-O'],
    {
      env: { PATH: process.env['PATH'], SOFTHSM2_CONF: module.configuration?.SOFTHSM2_CONF },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const objects = list.split(/^(?=\S.*Object)/m)
  const hidden = (label: string): string =>
    objects.find((part) => part.startsWith('Private Key') && part.includes(label)) ?? ''
  expect(hidden('KTR-STAYS')).toMatch(/Access:.*sensitive, always sensitive, never extractable, local/)
  expect(hidden('KTR-TDE')).toMatch(/Access:.*sensitive, always sensitive, local/)
})

const keysRead = async (read: 'missing' | 'again'): Promise<Map<string, string>> => {
  const filters = [{ property: 'kind', operator: 'is' as const, value: 'key on a token' }]
  const page = { sort: null, search: '', filters, offset: 0, limit: 100 }
  const { rows } = await house.ask('keys.page', { page, read })
  return new Map(
    rows.map(({ name, more }) => [
      name,
      (more ?? []).map(({ label, value }) => `${label}: ${value}`).join('; '),
    ]),
  )
}

test('Keys shows what can be done with each key: public halves without a PIN, all when a person reads again', async () => {
  const first = await keysRead('missing')
  expect(first.get('KTR-TDE')).toContain('Private half: not read')
  const again = await keysRead('again')
  expect(again.get('KTR-STAYS')).toContain('Can it leave the token: no, and it never could')
  expect(again.get('KTR-TDE')).toContain('Can it leave the token: no. It could once')
  expect(again.get('KTR-TDE')).toContain('Where it was made: on this token')
})

test('a token that is gone stops the run where it is; it goes on when it is back, with one key', async () => {
  const { answers: keks } = await makeKeks(house.program, house.ask, 1)
  mkdirSync(join(house.home, 'medium'))
  const place = await pickFolder(house.ask, 'medium')
  const answers = hsmKeyAnswers(hsm.id, { label: 'KTR-GONE', destination: 'chosen', keks, place })
  const { digest } = await house.ask('wizard.review', {
    draft: await saveDraft(house.ask, answers, 'hsm-key'),
  })
  rmSync(join(house.home, 'medium'), { recursive: true })
  const { run } = await house.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  const stuck = await house.program.engine.settled(asRunId(run))
  expect(stuck.steps.map(({ state }) => state)).toEqual(['verified', 'failed', 'waiting'])
  expect((await house.ask('app.state', {})).openKeys).toEqual([
    { run, label: 'KTR-GONE', token: hsm.name, decided: false },
  ])

  const tokens = join(await tokenFolder(), 'tokens')
  renameSync(tokens, `${tokens}-away`)
  await house.ask('runs.retry', { run })
  const gone = await house.program.engine.settled(asRunId(run))
  expect(gone.steps[1]?.problem?.code).toMatch(/^hsm-(token-not-found|token-gone|failed|module-not-loaded)$/)
  renameSync(`${tokens}-away`, tokens)
  mkdirSync(join(house.home, 'medium'))

  await house.ask('runs.retry', { run })
  const done = await house.program.engine.settled(asRunId(run))
  expect(done.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(done.state).toBe('verified')
  expect((await house.ask('app.state', {})).openKeys).toEqual([])
  const own = await ownToken(house.simulators)
  const made = (await keysOn(own.token)).filter((line) => line.startsWith('KTR-GONE'))
  await own.end()
  expect(made).toHaveLength(2)
})

const tokenFolder = async (): Promise<string> => {
  const { hsm: said } = await house.simulators.order({ command: 'status' })
  return dirname((said as { token: { configuration: string } }).token.configuration)
}

test('a wrong PIN ends the step, and is never tried again, by a retry or by another run', async () => {
  const kept = await house.ask('secrets.keep', {
    purpose: 'hsm.pin',
    target: hsm.id,
    label: 'PIN typed in a job',
    rule: 'token-pin',
    bytes: new TextEncoder().encode('00000000'),
  })
  const answers = hsmKeyAnswers(hsm.id, { label: 'KTR-NEVER', pin: kept.handle })
  const view = await runJob(house.program, 'hsm-key', answers)
  expect(view.steps[0]?.problem).toMatchObject({ code: 'hsm-pin-wrong' })
  expect(view.steps[0]?.problem?.title).toContain('few')
  expect((await house.ask('app.state', {})).openKeys).toEqual([])
  await house.ask('runs.retry', { run: view.id })
  const again = await house.program.engine.settled(view.id)
  expect(again.steps[0]?.problem?.code).toBe('hsm-pin-refused-before')
  await house.ask('runs.leave', { run: view.id, reason: 'the PIN is wrong' })
  const next = await runJob(house.program, 'hsm-key', answers)
  expect(next.steps[0]?.problem?.code).toBe('hsm-pin-refused-before')
  await house.ask('runs.leave', { run: next.id, reason: 'the PIN is wrong' })
})

test('a handle of another use, of another target, or of nothing is no PIN of a job', async () => {
  const runs = house.program.engine.list().length
  const server = await targetNamed(house.ask, 'ktr-sqlprod-01')
  const keep = async (purpose: 'hsm.pin' | 'sql.dmk-password', target: string): Promise<string> =>
    (
      await house.ask('secrets.keep', {
        purpose,
        target,
        label: 'Not for this',
        rule: 'existing-password',
        bytes: new TextEncoder().encode('12345678'),
      })
    ).handle
  const stolen = [await keep('sql.dmk-password', hsm.id), await keep('hsm.pin', server), 'h-aaaaaaaaaaaa']
  for (const pin of stolen) {
    const draft = await saveDraft(house.ask, hsmKeyAnswers(hsm.id, { pin }), 'hsm-key')
    const { digest } = await house.ask('wizard.review', { draft })
    const started = house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' })
    expect(['handle-not-for-this', 'handle-unknown']).toContain((await refusalOf(started)).code)
  }
  expect(house.program.engine.list()).toHaveLength(runs)
})
