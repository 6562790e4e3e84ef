/** Every field of the TDE job with what does not belong there, by the door of the window; and a run of it that names things full of SQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { answersOfTde, databaseKeysQuery, makeMasterKey } from '../support/tde-answers.ts'

const server = 'ktr-sqlprod-01'
let house: TestRehearsal
let good: Answers
let untouched: string[]

const state = (): Promise<string[]> =>
  endStateOf(
    house.program,
    { server, localFolder: house.escrow, questions: { 'database key': databaseKeysQuery } },
    null,
  )

beforeAll(async () => {
  house = await openRehearsal()
  await makeMasterKey(house.program, house.ask, server)
  good = await answersOfTde(house.ask, { server, databases: ['Payroll'], folder: 'escrow' })
  untouched = await state()
})
afterAll(() => house?.end())

const rows: [string, Answers, string?][] = [
  ['target', { target: 'X; --' }],
  ['task', { task: 'drop-everything' }],
  ['databases', { databases: [] }],
  ['databases', { databases: ['Payroll', 'Payroll'] }],
  ['databases', { databases: Array.from({ length: 21 }, (_one, index) => `db${index}`) }],
  ['databases', { databases: ['Pay\0roll'] }],
  ['certificateMode', { certificateMode: 'steal' }],
  ['certificateName', { certificateName: '' }],
  ['certificateName', { certificateName: '##KT##' }],
  ['certificateName', { certificateName: 'KT\r\nGO' }],
  ['certificateName', { certificateName: 'x'.repeat(129) }],
  ['certificateName', { certificateMode: 'use', certificateName: '' }],
  ['certificateSubject', { certificateSubject: 'x'.repeat(65) }],
  ['certificateExpiry', { certificateExpiry: '2031-02-30' }],
  ['certificateExpiry', { certificateExpiry: "20311231'; --" }],
  ['algorithm', { algorithm: 'AES_256); --' }],
  ['format', { format: 'pem' }],
  ['keyFolder', { keyFolder: 'D:\\Backup\\..\\Keys' }],
  ['keyFolder', { keyFolder: "'" }],
  ['certificateFilePassword', { certificateFilePassword: "x' OR 1=1" }],
  ['localCopy', { localCopy: '/etc' }],
  ['backupFolder', { task: 'turn-off', backupFolder: '\\\\?\\C:\\x' }],
]

describe('refused', () => {
  test.each(rows)('%s: %j', async (field, answers) => {
    const draft = await saveDraft(house.ask, { ...good, ...answers }, 'tde')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expectHelpful(problem)
    expect(problem.code).toBe('answers-incomplete')
    const messages = problem.fields?.filter((one) => one.field === field) ?? []
    expect(messages).toHaveLength(1)
    expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{15,}$/u)
  })

  test('and nothing of it reached the server', async () => {
    expect(await state()).toEqual(untouched)
  })
})

test('a database that is not there, full of SQL, blocks the run and is named', async () => {
  const name = "Payroll'; DROP DATABASE Sales --"
  const draft = await saveDraft(house.ask, { ...good, databases: [name] }, 'tde')
  const { advice } = await house.ask('wizard.review', { draft })
  expect(advice.blockers.map(({ what }) => what)).toEqual([`${name} can’t be chosen for this task`])
})
