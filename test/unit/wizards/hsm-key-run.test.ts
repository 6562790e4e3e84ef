import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { pickFolder, saveDraft } from '../../support/encrypted-backup-answers.ts'
import { hsmKeyAnswers, keysOn, makeKeks, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import { runJob } from '../../support/job-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'

const there = existsSync('/usr/lib/softhsm/libsofthsm2.so')

let house: TestRehearsal
let hsm: TargetRef
beforeAll(async () => {
  house = await openRehearsal()
  hsm = (await tokenRefOf(house.ask)) ?? {
    id: asTargetId('t-none'),
    kind: 'hsm',
    name: 'none',
    environment: 'rehearsal',
  }
}, 120_000)
afterAll(() => house.end(), 60_000)

const blockersOf = async (answers: ReturnType<typeof hsmKeyAnswers>): Promise<string[]> => {
  const draft = await saveDraft(house.ask, answers, 'hsm-key')
  return (await house.ask('wizard.review', { draft })).advice.blockers.map(({ what }) => what)
}

const evidenceOf = (view: RunView): string[] =>
  view.steps.flatMap(({ evidence }) => evidence.map(({ statement, value }) => `${statement}: ${value}`))

test('a rehearsal has a token where SoftHSM is, and no connection of one where it is not', async () => {
  expect((await tokenRefOf(house.ask)) !== null).toBe(there)
})

test('no module is chosen in a rehearsal', async () => {
  await expect(house.ask('hsm.browse', { picker: null, entry: null })).rejects.toThrow('not-in-rehearsal')
})

test.runIf(there)(
  'a key for destinations waits for a probe; its test tries no PIN, the probe does, once',
  async () => {
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
  },
)

test.runIf(there)('a key without destinations is born locked', async () => {
  const view = await runJob(house.program, 'hsm-key', hsmKeyAnswers(hsm.id, { label: 'KTR-STAYS' }))
  expect(view.state).toBe('verified')
  expect(view.steps).toHaveLength(1)
  expect(evidenceOf(view)).toContain('Never could be wrapped: yes')
})

test.runIf(there)(
  'a key goes to every vault by a file that opens there, and is locked then',
  async () => {
    const { answers: keks, vaults } = await makeKeks(house.program, house.ask)
    expect(vaults.length).toBeGreaterThan(0)
    const place = await pickFolder(house.ask, 'escrow')
    const view = await runJob(
      house.program,
      'hsm-key',
      hsmKeyAnswers(hsm.id, { destination: 'chosen', keks, place }),
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
      const { kekOf } = await import('../../../electron/wizards/hsm-key/facts.ts')
      expect(kekOf(imported)?.sha256).toBe(spki?.['spkiSha256'])
    }
    const own = await ownToken(house.simulators)
    try {
      expect((await keysOn(own.token)).filter((line) => line.startsWith('KTR-TDE private'))).toEqual([
        'KTR-TDE private RSA 2048 extractable=false never=false sensitive=true local=true',
      ])
      expect((await own.token.find()).filter(({ kept }) => kept === 'session')).toEqual([])
    } finally {
      await own.end()
    }
  },
  60_000,
)

test.runIf(there)('pkcs11-tool sees the key with these attributes', async () => {
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
