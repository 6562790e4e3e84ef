/** Every field of the job "Clean up EKM" with what does not belong there, by the door of the window; nothing of it is sent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { answersOfCleanUp, chainQuestions } from '../support/clean-up-answers.ts'
import { withKeyOfVault } from '../support/credential-answers.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { targetNamed } from '../support/job-answers.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

const server = 'ktr-sqlprod-01'
let house: TestRehearsal
let good: Answers
let untouched: string[]

const everything = (): Promise<string[]> =>
  endStateOf(house.program, { server, localFolder: null, questions: chainQuestions }, null)

beforeAll(async () => {
  house = await openRehearsal()
  await withKeyOfVault(house, server)
  good = await answersOfCleanUp(house, server)
  untouched = await everything()
})
afterAll(() => house?.end())

const rows: [string, Answers][] = [
  ['target', { target: '../x' }],
  ['scope', { scope: 'all' }],
  ['key', { key: '' }],
  ['key', { key: 'a\u0000b' }],
  ['key', { key: 'x'.repeat(129) }],
  ['provider', { scope: 'rest', parts: ['provider'], provider: 'a\nb' }],
  ['keyLogin', { keyLogin: 'a\rb' }],
  ['keyLogin', { keyLogin: '' }],
  ['credential', { credential: '' }],
  ['credential', { credential: 'a\ud83d' }],
  ['scratch', { scratch: ['Sales'] }],
  ['scratch', { scratch: ['KT_scratch_abcd1234]; DROP DATABASE Sales;--'] }],
  ['parts', { parts: [] }],
  ['parts', { parts: ['vault key'] }],
  ['parts', { parts: ['key', 'key'] }],
  ['parts', { scope: 'rest' }],
  ['exportFolder', { exportFolder: '..\\x' }],
  ['exportFolder', { exportFolder: '\\\\server\\share' }],
  ['exportFolder', { exportFolder: '/var/opt' }],
  ['clientId', { clientId: '0a1b2c3d4e5f' }],
  ['clientId', { clientId: '' }],
  ['clientSecret', { clientSecret: null }],
  ['confirmation', { confirmation: 'TDE' }],
  ['confirmation', { confirmation: "tde'; DROP ASYMMETRIC KEY x;--" }],
]

describe('what does not belong into a field', () => {
  test.each(rows)('%s: %j', async (field, changes) => {
    const draft = await saveDraft(house.ask, { ...good, ...changes }, 'ekm-clean-up')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expect(problem.code).toBe('answers-incomplete')
    expect(problem.fields?.map((one) => one.field)).toContain(field)
    expectHelpful(problem)
  })

  test('names that are taken as they are find nothing of that name, and block', async () => {
    for (const changes of [
      { key: "tde];DROP DATABASE Sales;--'", confirmation: "tde];DROP DATABASE Sales;--'" },
      { credential: "c];DROP LOGIN x;--'" },
      { keyLogin: '[sa]' },
    ]) {
      const draft = await saveDraft(house.ask, { ...good, ...changes }, 'ekm-clean-up')
      expect((await house.ask('wizard.review', { draft })).advice.blockers.length).toBeGreaterThan(0)
    }
  })

  test('and nothing of it was sent', async () => {
    expect(await everything()).toEqual(untouched)
  })
})

test('a stolen handle in the place of the secret is refused before anything is dropped', async () => {
  const target = await targetNamed(house.ask, server)
  const { handle } = await house.ask('secrets.keep', {
    purpose: 'sql.dmk-password',
    target,
    label: 'Not for this',
    rule: 'existing-password',
    bytes: new TextEncoder().encode('Not-For-This-2026-x'),
  })
  const draft = await saveDraft(house.ask, { ...good, clientSecret: handle }, 'ekm-clean-up')
  const { digest } = await house.ask('wizard.review', { draft })
  const refused = await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' }))
  expect(refused.code).toBe('handle-not-for-this')
  expect(await everything()).toEqual(untouched)
})
