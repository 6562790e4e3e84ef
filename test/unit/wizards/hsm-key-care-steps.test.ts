import { expect, test } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { StepContext } from '../../../electron/engine/contract.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import type { HsmToken } from '../../../electron/ports/hsm.ts'
import type { KeyCopies } from '../../../electron/ports/verdicts.ts'
import { destroyHsmHalfStep } from '../../../electron/wizards/hsm-key-care/steps/destroy.ts'
import { labelHsmKeyStep } from '../../../electron/wizards/hsm-key-care/steps/label.ts'
import { proveHsmKeyGoneStep } from '../../../electron/wizards/hsm-key-care/steps/prove-gone.ts'
import { noUsers } from '../../support/no-users.ts'
import { fakeToken, tokenObject } from '../../support/token-objects.ts'

const target = { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'test' } as const
const found = { keyId: 'a1', label: 'K', spkiSha256: 'a'.repeat(64), checkValue: null }

const contextOf = (token: HsmToken, params: object, change: Partial<StepContext> = {}): StepContext =>
  ({
    runId: asRunId('abcdefghjkmn'),
    step: { id: 's01', target, params } as unknown as PlannedStep,
    before: null,
    attempt: 1,
    hsm: async () => token,
    verdicts: noUsers,
    clock: systemClock,
    signal: new AbortController().signal,
    ...change,
  }) as Partial<StepContext> as StepContext

const begunBefore = { before: { seen: 1 } }
const stateOf = async (work: ReturnType<typeof labelHsmKeyStep.check>): Promise<string> => {
  const result = await work
  return 'problem' in result ? `${result.state} ${result.problem.code}` : result.state
}
const codeOf = async (work: Promise<unknown> | undefined): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    return problemOf(thrown).code
  }
  return 'it was not refused'
}

const pair = (label = 'K') => [tokenObject('private', { label }), tokenObject('public', { label })]
const labelled = {
  ...found,
  newLabel: 'N',
  halves: [
    { class: 'private', label: 'K' },
    { class: 'public', label: 'P' },
  ],
}
const differing = () => [tokenObject('private', { label: 'K' }), tokenObject('public', { label: 'P' })]

test('a label that was set on one half alone is completed after a crash, and taken back by an undo', async () => {
  const fake = fakeToken([tokenObject('private', { label: 'N' }), tokenObject('public', { label: 'P' })])
  const context = contextOf(fake.token, labelled, begunBefore)
  expect(await labelHsmKeyStep.check(context)).toMatchObject({ state: 'needed', partly: true })
  await labelHsmKeyStep.apply(context)
  expect(fake.done).toEqual(['setLabel public'])
  expect(await stateOf(labelHsmKeyStep.check(context))).toBe('satisfied')
  await labelHsmKeyStep.undo?.(context)
  expect(fake.held().map(({ label }) => label)).toEqual(['K', 'P'])
})

test('a token that refuses the second half leaves the first one, which an undo sets back', async () => {
  const fake = fakeToken(differing())
  const context = contextOf(fake.token, labelled, begunBefore)
  await fake.token.setLabel(fake.held()[0]!.handle, 'N')
  fake.fail('setLabel')
  expect(await codeOf(labelHsmKeyStep.apply(context))).toBe('hsm-failed')
  await labelHsmKeyStep.undo?.(context)
  expect(fake.held().map(({ label }) => label)).toEqual(['K', 'P'])
})

test('a label of somebody else is not written over, by no step and by no undo', async () => {
  const fake = fakeToken([tokenObject('private', { label: 'X' }), tokenObject('public', { label: 'N' })])
  const context = contextOf(fake.token, labelled, begunBefore)
  expect(await stateOf(labelHsmKeyStep.check(context))).toBe('blocked hsm-key-other')
  expect(await codeOf(labelHsmKeyStep.undo?.(context))).toBe('hsm-key-other')
  expect(fake.done).toEqual([])
})

test('another key under the id is worked on by no step', async () => {
  const stranger = [
    tokenObject('private', { spkiSha256: 'b'.repeat(64) }),
    tokenObject('public', { spkiSha256: 'b'.repeat(64) }),
  ]
  const both = [...pair(), ...stranger]
  for (const objects of [stranger, both, [tokenObject('private')], []]) {
    const fake = fakeToken(objects)
    expect(await stateOf(labelHsmKeyStep.check(contextOf(fake.token, labelled)))).toBe(
      'blocked hsm-key-other',
    )
    expect(await stateOf(destroyHsmHalfStep.check(contextOf(fake.token, first())))).toBe(
      'blocked hsm-key-other',
    )
    expect(await codeOf(destroyHsmHalfStep.apply(contextOf(fake.token, first())))).toBe('hsm-key-other')
    expect(fake.done).toEqual([])
  }
})

const first = (change: object = {}) => ({
  ...found,
  half: 'private',
  there: ['private', 'public'],
  first: true,
  lastKnown: true,
  serial: '1',
  ...change,
})
const second = { ...first(), half: 'public', there: ['public'], first: false }

test('the private half goes first; each step knows after a crash what it did', async () => {
  const fake = fakeToken(pair())
  expect(await stateOf(destroyHsmHalfStep.check(contextOf(fake.token, first())))).toBe('needed')
  await destroyHsmHalfStep.apply(contextOf(fake.token, first()))
  expect(await stateOf(destroyHsmHalfStep.check(contextOf(fake.token, first(), begunBefore)))).toBe(
    'satisfied',
  )
  const { evidence } = await destroyHsmHalfStep.verify(contextOf(fake.token, first(), begunBefore))
  expect(evidence[0]).toMatchObject({ value: '0' })
  await destroyHsmHalfStep.apply(contextOf(fake.token, second))
  expect(fake.done).toEqual(['destroy private', 'destroy public'])
  expect(await stateOf(destroyHsmHalfStep.check(contextOf(fake.token, second, begunBefore)))).toBe(
    'satisfied',
  )
  expect(destroyHsmHalfStep.undo).toBeUndefined()
})

test('a half that is gone before the run began is a change that nobody planned', async () => {
  const fake = fakeToken([tokenObject('public')])
  expect(await stateOf(destroyHsmHalfStep.check(contextOf(fake.token, first())))).toBe(
    'blocked hsm-key-other',
  )
})

const copiesOf = (copies: Partial<KeyCopies>): Partial<StepContext> => ({
  verdicts: {
    ...noUsers,
    copies: async () => ({
      of: () => ({ vaults: [], servers: [], packages: [], ...copies }),
      asked: [],
      notAsked: [],
    }),
  },
})
const escrowed = { id: 'ep-1', item: 1, group: 'g', escrowedAt: ['USB'], openedAt: null, replacedBy: null }

test('a copy that the plan stood on has to be there still when the key goes', async () => {
  const planned = first({ lastKnown: false })
  const check = (copies: Partial<KeyCopies>): Promise<string> =>
    stateOf(destroyHsmHalfStep.check(contextOf(fakeToken(pair()).token, planned, copiesOf(copies))))
  expect(await check({})).toBe('blocked hsm-key-last-copy')
  expect(await check({ packages: [escrowed] })).toBe('blocked hsm-key-last-copy')
  expect(await check({ packages: [{ ...escrowed, openedAt: '2026-11-01T00:00:00.000Z' }] })).toBe('needed')
  expect(await check({ vaults: [{ host: 'v', kid: 'k', enabled: true }] })).toBe('needed')
})

test('what a new session still finds is no proof, whatever the old one said', async () => {
  const old = fakeToken([])
  const anew = fakeToken([tokenObject('public'), tokenObject('private', { id: 'ff' })])
  const asked: boolean[] = []
  const context = contextOf(old.token, found, {
    hsm: async (options) => {
      asked.push(options?.anew ?? false)
      return options?.anew === true ? anew.token : old.token
    },
  })
  expect(await codeOf(proveHsmKeyGoneStep.verify(context))).toBe('step-not-verified')
  anew.put([tokenObject('private', { id: 'ff' })])
  const { evidence } = await proveHsmKeyGoneStep.verify(context)
  expect(evidence.map(({ value }) => value)).toEqual(['0', '1', 'private, id ff'])
  expect(asked).toEqual([true, true])
})
