import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import type { ReviewedPlan, RunView } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { TokenKeyRow } from '../../../shared/model/token-key.ts'
import { saveDraft } from '../../support/encrypted-backup-answers.ts'
import { careAnswers, heldKeys, pkcs11Tool, readKeys } from '../../support/hsm-key-care-answers.ts'
import { keysOn, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import { runJob } from '../../support/job-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'

let house: TestRehearsal
let hsm: TargetRef
let own: Awaited<ReturnType<typeof ownToken>>
beforeAll(async () => {
  house = await openRehearsal()
  const found = await tokenRefOf(house.ask)
  if (found === null) throw new Error('SoftHSM and pkcs11js are needed here')
  hsm = found
  own = await ownToken(house.simulators)
  await own.token.generateRsa({ label: 'KTR-A', id: 'a1', bits: 2048, extractable: false })
  await own.token.generateRsa({ label: 'KTR-B', id: 'b1', bits: 2048, extractable: true })
  await own.token.generateAes({
    label: 'KTR-AES',
    id: 'c1',
    bits: 256,
    kept: 'token',
    uses: ['wrap', 'unwrap'],
    extractable: false,
  })
}, 120_000)
afterAll(async () => {
  await own.end()
  await house.end()
}, 60_000)
vi.setConfig({ testTimeout: 120_000 })

const review = async (changes: Answers): Promise<ReviewedPlan> =>
  house.ask('wizard.review', {
    draft: await saveDraft(house.ask, careAnswers(hsm.id, changes), 'hsm-key-care'),
  })
const blockersOf = async (changes: Answers): Promise<string[]> =>
  (await review(changes)).advice.blockers.map(({ what }) => what)
const run = (changes: Answers): Promise<RunView> =>
  runJob(house.program, 'hsm-key-care', careAnswers(hsm.id, changes))
const evidenceOf = (view: RunView): string[] =>
  view.steps.flatMap(({ evidence }) => evidence.map(({ statement, value }) => `${statement}: ${value}`))
const rowOf = (rows: readonly TokenKeyRow[], id: string): TokenKeyRow => {
  const found = rows.find((row) => row.id === id)
  if (found === undefined) throw new Error(`no key ${id}`)
  return found
}

test('before the PIN was used nothing is listed and nothing is planned', async () => {
  expect(await house.ask('hsm.look', { id: hsm.id })).toEqual({ pin: 'ok', pinPad: false, pinKept: true })
  expect(await heldKeys(house.ask, hsm.id)).toMatchObject({ rows: [], total: 0, asOf: null, by: null })
  expect(await blockersOf({ key: 'a1', newLabel: 'X' })).toEqual([
    `The keys of ${hsm.name} were not read with its PIN`,
  ])
})

test('a reading lists every key with what can be done with it, in words', async () => {
  const rows = await readKeys(house.ask, hsm.id)
  const attributes = (id: string): string =>
    rowOf(rows, id)
      .attributes.map(({ label, value }) => `${label}: ${value}`)
      .join('\n')
  expect(rowOf(rows, 'a1')).toMatchObject({
    label: 'KTR-A',
    kind: 'key pair',
    algorithm: 'RSA 2048',
    leaves: 'never',
    notices: [],
    open: null,
    refusal: null,
    copies: null,
  })
  expect(attributes('a1')).toContain('Can it be read: no')
  expect(attributes('a1')).toContain('Where it was made: on this token')
  expect(attributes('a1')).toContain('Private half, uses: sign, decrypt, unwrap')
  expect(rowOf(rows, 'b1').leaves).toBe('yes')
  expect(rowOf(rows, 'c1')).toMatchObject({ kind: 'secret key', algorithm: 'AES 256' })
  expect(rowOf(rows, 'c1').print).toMatch(/^KCV [0-9a-f]{6}$/)
  expect((await heldKeys(house.ask, hsm.id)).by).toContain('SoftHSM')
})

test('Keys shows what the reading saw, with its time, without another attempt', async () => {
  const filters = [{ property: 'kind', operator: 'is' as const, value: 'key on a token' }]
  const page = { sort: null, search: '', filters, offset: 0, limit: 100 }
  const { rows } = await house.ask('keys.page', { page, read: 'missing' })
  const { asOf } = await heldKeys(house.ask, hsm.id)
  expect(rows.map(({ name }) => name).sort()).toEqual(['KTR-A', 'KTR-AES', 'KTR-B'])
  expect(new Set(rows.map(({ readAt }) => readAt))).toEqual(new Set([asOf]))
  expect(rows[0]?.source).toContain('logged in with the kept PIN')
})

test('another label is set on both halves and read back', async () => {
  const view = await run({ key: 'a1', newLabel: 'KTR-A neu' })
  expect(view.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(evidenceOf(view)).toEqual([
    'Label of a1, private, read again: KTR-A neu',
    'Label of a1, public, read again: KTR-A neu',
  ])
  expect((await own.token.find({ id: 'a1' })).map(({ label }) => label)).toEqual(['KTR-A neu', 'KTR-A neu'])
  expect((await heldKeys(house.ask, hsm.id)).changedBy).toBe(view.id)
  // Its public half is not the one that was read: the plan waits for a new reading.
  expect(await blockersOf({ key: 'a1', newLabel: 'Y' })).toEqual(['KTR-A can’t be worked on'])
  expect(rowOf(await readKeys(house.ask, hsm.id), 'a1').label).toBe('KTR-A neu')
  expect(await blockersOf({ key: 'a1', newLabel: 'KTR-A neu' })).toEqual(['There is nothing to do'])
})

test('a key that somebody labels between reading and run is left as it is', async () => {
  const { digest } = await review({ key: 'b1', newLabel: 'KTR-B2' })
  for (const half of await own.token.find({ id: 'b1', class: 'private' }))
    await own.token.setLabel(half.handle, 'foreign')
  const { run: id } = await house.ask('runs.start', { digest, ticket: 'T', reason: 'a test' })
  const view = await house.program.engine.settled(id as RunView['id'])
  expect(view.steps[0]?.problem).toMatchObject({ code: 'hsm-key-other' })
  await house.ask('runs.leave', { run: id, reason: 'it changed' })
  expect((await own.token.find({ id: 'b1' })).map(({ label }) => label).sort()).toEqual(['KTR-B', 'foreign'])
  const row = rowOf(await readKeys(house.ask, hsm.id), 'b1')
  expect(row.notices).toContain('Its halves have different labels')
})

test('two pairs under one id are shown, and neither is worked on', async () => {
  for (const label of ['TWIN-1', 'TWIN-2'])
    pkcs11Tool(own.token, own.pin, '--keypairgen', '--key-type', 'rsa:2048', '--id', 'd1', '--label', label)
  const rows = (await readKeys(house.ask, hsm.id)).filter(({ id }) => id === 'd1')
  expect(rows.map(({ label }) => label).sort()).toEqual(['TWIN-1', 'TWIN-2'])
  expect(rows.every(({ kind }) => kind === 'key pair')).toBe(true)
  expect(rows.map(({ notices }) => notices[0])).toEqual(
    rows.map(() => '1 other key of this token has the same id'),
  )
  expect(rows[0]?.refusal).toContain('More than one key')
  for (const task of ['label', 'destroy'])
    expect(await blockersOf({ key: 'd1', task, newLabel: 'N', confirmation: 'TWIN-1' })).toHaveLength(1)
})

test('what no copy is known of is destroyed only when its label was typed, and a new session finds nothing', async () => {
  expect(await blockersOf({ key: 'a1', task: 'destroy' })).toEqual(['The label of KTR-A neu is not typed'])
  expect(await blockersOf({ key: 'a1', task: 'destroy', confirmation: 'KTR-A' })).toHaveLength(1)
  const answers = { key: 'a1', task: 'destroy', confirmation: 'KTR-A neu' }
  const { plan, advice } = await review(answers)
  expect(plan.steps.map(({ title, undo }) => `${title}: ${undo.can}`)).toEqual([
    'Destroy the private half of KTR-A neu: false',
    'Destroy the public half of KTR-A neu: false',
    'Look for KTR-A neu in a new session: false',
  ])
  expect(advice.warnings[0]?.what).toBe('Destroying KTR-A neu can’t be undone')
  const view = await run(answers)
  expect(view.steps.flatMap(({ problem }) => problem ?? [])).toEqual([])
  expect(view.state).toBe('verified')
  expect(evidenceOf(view)).toContain('Objects with the id a1, looked for in a new session: 0')
  expect((await keysOn(own.token)).filter((line) => line.startsWith('KTR-A neu'))).toEqual([])
  expect((await readKeys(house.ask, hsm.id)).map(({ id }) => id)).not.toContain('a1')
})

test('a secret key is destroyed in one step', async () => {
  const view = await run({ key: 'c1', task: 'destroy', confirmation: 'KTR-AES' })
  expect(view.steps.map(({ state }) => state)).toEqual(['verified', 'verified'])
  expect(await own.token.find({ id: 'c1' })).toEqual([])
})

test('copies are looked for in every connected vault; what did not answer is named', async () => {
  const head = await house.ask('hsm.compareKeys', { id: hsm.id })
  expect(head.compared?.asked.some((what) => what.endsWith('vault.azure.net, RSA keys'))).toBe(true)
  expect(head.compared?.asked).toContain('the list of escrow packages of this profile')
  const { rows } = await heldKeys(house.ask, hsm.id)
  expect(rowOf(rows, 'b1').copies).toEqual({ vaults: [], servers: [], packages: [] })
})
