import { expect, test } from 'vitest'
import type { HsmKeyCareDraft } from '../../../shared/forms/hsm-key-care-draft.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { keysOfObjects } from '../../../electron/inventory/token-objects.ts'
import type { HsmKey } from '../../../electron/ports/hsm.ts'
import type { Facts } from '../../../electron/wizards/hsm-key-care/facts-model.ts'
import { formFacts } from '../../../electron/wizards/hsm-key-care/options.ts'
import { planHsmKeyCare } from '../../../electron/wizards/hsm-key-care/plan.ts'
import { openKeysOf } from '../../../electron/wizards/hsm-key/open-keys.ts'
import { preview } from '../../../electron/wizards/hsm-key-care/preview.ts'
import { blankToken } from '../../../electron/wizards/hsm/blank-token.ts'
import { tokenObject } from '../../support/token-objects.ts'

const target = { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'test' } as const
const run = asRunId('abcdefghjkmn')
const at = '2026-11-26T00:00:00.000Z'

const draftOf = (change: Partial<HsmKeyCareDraft> = {}): HsmKeyCareDraft => ({
  hsm: target.id,
  pinMode: 'typed',
  pin: 'h-pin',
  task: 'destroy',
  key: 'a1',
  newLabel: '',
  confirmation: '',
  ...change,
})

const noCopies = { vaults: [], servers: [], packages: [], asked: ['kv, RSA keys'], notAsked: [], at }
const pair = (change: Partial<HsmKey> = {}): HsmKey[] => [
  tokenObject('private', change),
  tokenObject('public', change),
]
const factsOf = (objects: readonly HsmKey[], change: Partial<Facts> = {}): Facts => {
  const keys = keysOfObjects(objects)
  return {
    ...blankToken,
    target,
    identity: { serial: '1', manufacturer: 'M', model: 'T' },
    reading: { target, serial: '1', product: 'M T', at, seesAll: true, keys },
    shown: objects
      .filter((one) => one.class === 'public')
      .map(({ id, label, spkiSha256 }) => ({ id, label, spkiSha256 })),
    key: keys.find(({ id }) => id === 'a1') ?? null,
    twins: [],
    copies: noCopies,
    madeBy: null,
    secrets: { 'h-pin': { generation: 1, label: 'PIN' } },
    ...change,
  }
}

const blockers = (draft: Partial<HsmKeyCareDraft>, facts: Facts): string[] =>
  planHsmKeyCare(draftOf(draft), facts, run).advice.blockers.map(({ what }) => what)
const warnings = (draft: Partial<HsmKeyCareDraft>, facts: Facts): string[] =>
  planHsmKeyCare(draftOf(draft), facts, run).advice.warnings.map(({ what }) => what)

test('the private half goes before the public one, and a secret key alone; each plan ends with a new session', () => {
  const { plan } = planHsmKeyCare(draftOf({ confirmation: 'K' }), factsOf(pair()), run)
  expect(plan.steps.map(({ kind, undo }) => `${kind} ${undo.can}`)).toEqual([
    'destroy-hsm-half false',
    'destroy-hsm-half false',
    'prove-hsm-key-gone false',
  ])
  expect(plan.steps.flatMap(({ scripts }) => scripts.map(displayScript)).join('\n')).toBe(
    [
      'C_Login CKU_USER «hsm_pin»',
      'C_DestroyObject CKO_PRIVATE_KEY with CKA_ID a1',
      'C_DestroyObject CKO_PUBLIC_KEY with CKA_ID a1',
      'C_Login CKU_USER «hsm_pin»',
      'C_FindObjects in a new session: no object with CKA_ID a1',
    ].join('\n'),
  )
  expect(plan.secrets).toHaveLength(1)
  const secret = planHsmKeyCare(draftOf(), factsOf([tokenObject('secret')]), run).plan
  expect(secret.steps.map(({ kind }) => kind)).toEqual(['destroy-hsm-half', 'prove-hsm-key-gone'])
})

test('the last known copy goes only with its label, exactly; a key without one with its id', () => {
  const facts = factsOf(pair())
  expect(blockers({}, facts)).toEqual(['The label of K is not typed'])
  expect(blockers({ confirmation: 'k' }, facts)).toHaveLength(1)
  expect(blockers({ confirmation: 'K' }, facts)).toEqual([])
  const unnamed = factsOf(pair({ label: '' }))
  expect(blockers({ confirmation: '' }, unnamed)).toHaveLength(1)
  expect(blockers({ confirmation: 'a1' }, unnamed)).toEqual([])
  // Nothing was asked: that is no copy.
  expect(blockers({}, factsOf(pair(), { copies: null }))).toHaveLength(1)
})

test('a vault or a package that a drill opened stands for the key; an escrow that nobody opened does not', () => {
  const vault = { host: 'kv', kid: 'https://kv/keys/k/1', enabled: false }
  const server = { server: 'sql-1', key: 'TDE', kid: vault.kid }
  const withVault = factsOf(pair(), { copies: { ...noCopies, vaults: [vault], servers: [server] } })
  expect(blockers({}, withVault)).toEqual([])
  expect(warnings({}, withVault)).toEqual(
    expect.arrayContaining(['https://kv/keys/k/1 is a copy and goes on', 'TDE on sql-1 goes on']),
  )
  const one = { id: 'ep-1', item: 1, group: 'G', escrowedAt: ['USB'], openedAt: null, replacedBy: null }
  const escrowed = factsOf(pair(), { copies: { ...noCopies, packages: [one] } })
  expect(blockers({}, escrowed)).toEqual(['The label of K is not typed'])
  expect(warnings({}, escrowed)).toContain('Package ep-1 was never opened in a drill')
  const drilled = factsOf(pair(), { copies: { ...noCopies, packages: [{ ...one, openedAt: at }] } })
  expect(blockers({}, drilled)).toEqual([])
})

test('what was not asked is a warning by name', () => {
  const facts = factsOf(pair(), { copies: { ...noCopies, notAsked: ['kv-dr: no answer'] } })
  expect(warnings({ confirmation: 'K' }, facts)).toContain('Not asked: kv-dr: no answer')
})

test('a key whose run is not finished is not destroyed; one that nobody goes on with is', () => {
  const open = { run: 'abcdefghjkmn', label: 'K', token: 'token-1', decided: false }
  const confirmation = 'K'
  expect(blockers({ confirmation }, factsOf(pair(), { madeBy: open }))).toEqual([
    'The run that made K is not finished',
  ])
  expect(blockers({ confirmation }, factsOf(pair(), { madeBy: { ...open, decided: true } }))).toEqual([])
})

test('no key is worked on that was not read, is not there, is not alone under its id, or changed since', () => {
  const [, shown] = pair({ spkiSha256: 'b'.repeat(64) })
  const cases: readonly [Facts, RegExp][] = [
    [factsOf(pair(), { reading: null, key: null }), /were not read with its PIN/],
    [factsOf(pair({ id: 'b1' })), /The key with the id a1/],
    [factsOf([...pair(), ...pair({ spkiSha256: 'b'.repeat(64) })]), /can’t be worked on/],
    [factsOf(pair(), { shown: [] }), /can’t be worked on/],
    [factsOf(pair(), { shown: shown === undefined ? [] : [shown] }), /can’t be worked on/],
  ]
  for (const [facts, words] of cases)
    for (const task of ['label', 'destroy'] as const)
      expect(blockers({ task, newLabel: 'N', confirmation: 'K' }, facts)).toEqual([
        expect.stringMatching(words),
      ])
})

test('a label that is there already, or that the token keeps, is not set; one that others have is warned of', () => {
  const label = (newLabel: string, objects: readonly HsmKey[]) => [
    blockers({ task: 'label', newLabel }, factsOf(objects)),
    warnings({ task: 'label', newLabel }, factsOf(objects)),
  ]
  expect(label('K', pair())[0]).toEqual(['There is nothing to do'])
  const { attributes } = tokenObject('private')
  const fixed = tokenObject('private', { attributes: { ...attributes, modifiable: false } })
  expect(label('N', [fixed, tokenObject('public')])[0]).toEqual(['The label of K can’t be changed'])
  expect(label('L', [...pair(), ...pair({ id: 'b1', label: 'L' })])[1]).toContain(
    '1 other key has the label L',
  )
})

test('an undo sets each half’s own old label; a half that had none has no way back', () => {
  const undoOf = (objects: readonly HsmKey[]) =>
    planHsmKeyCare(draftOf({ task: 'label', newLabel: 'N' }), factsOf(objects), run).plan.steps[0]?.undo
  const differing = [tokenObject('private', { label: 'A' }), tokenObject('public', { label: 'B' })]
  const undo = undoOf(differing)
  expect(undo?.can === true ? displayScript(undo.script) : '').toMatch(/CKA_LABEL "A"\n.*CKA_LABEL "B"$/)
  expect(undoOf([tokenObject('private', { label: '' }), tokenObject('public')])?.can).toBe(false)
})

test('the form shows every key, with the reason of those that can’t be chosen, and asks for the name only where it counts', () => {
  const facts = factsOf([...pair(), ...pair({ id: '', spkiSha256: 'b'.repeat(64) })])
  const shown = (task: string, now: Facts | null) => formFacts('copies', { task }, now, [], at)
  const { options, flags } = shown('destroy', facts)
  expect(options['tokenKeys']?.map(({ usable, reason }) => [usable, reason ?? ''])).toEqual([
    [false, expect.stringContaining('no id')],
    [false, expect.stringContaining('no id')],
    [true, ''],
  ])
  expect(flags['lastKnown']).toBe(true)
  expect(shown('label', facts).flags['lastKnown']).toBe(false)
  expect(shown('destroy', null).flags['lastKnown']).toBeUndefined()
})

test('the preview has blanks before anything is chosen, and the PIN by name only', () => {
  const empty = preview({}, null)
  expect(empty.refused).toBeNull()
  expect(empty.statements[0]?.title).toBe('Set the label of ‹key› to ‹new label›')
  const chosen = preview({ task: 'destroy', key: 'a1', pin: 'h-pin' }, factsOf(pair()))
  expect(chosen.statements.map(({ title }) => title)[0]).toBe('Destroy the private half of K')
  expect(JSON.stringify(chosen)).not.toContain('h-pin')
})

test('a key that a run left open is not told as such once it was destroyed; its public half alone says nothing', () => {
  const keyId = Buffer.from(run).toString('hex')
  const { plan } = planHsmKeyCare(draftOf(), factsOf(pair({ id: 'a1' })), run)
  const [gone] = plan.steps
  if (gone === undefined) throw new Error('no step')
  const make = {
    ...gone,
    kind: 'make-hsm-key',
    params: { keyId, label: 'K', type: 'rsa-2048', extractable: true },
  }
  const kept = (job: string, step: typeof gone) => ({
    run: { id: run, job, plan: { ...plan, steps: [step] }, endedAt: at },
    steps: [{ state: 'verified' as const, effect: 'ours' }],
  })
  const destroyed = (half: string) => {
    const params = { ...(gone.params as object), keyId, half, there: [half] }
    return kept('hsm-key-care', { ...gone, params })
  }
  const left = kept('hsm-key', make)
  expect(openKeysOf([left])).toHaveLength(1)
  expect(openKeysOf([left, destroyed('private')])).toEqual([])
  expect(openKeysOf([left, destroyed('public')])).toHaveLength(1)
})
