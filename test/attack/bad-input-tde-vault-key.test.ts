/** Every field of the job "TDE with a vault key" with what does not belong there, by the door of the window. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answers } from '../../shared/forms/form.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { AskedPurpose } from '../../shared/model/secrets.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import { azureRefOf } from '../support/vault-answers.ts'
import { vaultKeyAnswers, withoutConnector } from '../support/vault-key-answers.ts'

const server = 'ktr-sqlprod-01'
let house: TestRehearsal
let good: Answers

beforeAll(async () => {
  house = await openRehearsal()
  await withoutConnector(house.simulators, server)
  good = await vaultKeyAnswers(house.program, house.ask, { server, databases: ['Sales'] })
})
afterAll(() => house?.end())

const quotes = '\u2018; Stop-Service MSSQLSERVER; \u2019'
const rows: [string, Answers][] = [
  ['target', { target: 'X; --' }],
  ['task', { task: 'turn-off' }],
  ['databases', { databases: [] }],
  ['databases', { databases: ['a\nb'] }],
  ['algorithm', { algorithm: 'RC4' }],
  ['azureMode', { azureMode: 'maybe' }],
  ['azure', { azure: '../x' }],
  ['vaultHost', { vaultHost: 'https://ktr-vault-weu.vault.azure.net' }],
  ['vaultHost', { vaultHost: 'ktr-vault-weu' }],
  ['vaultHost', { vaultHost: 'ktr.evil.example' }],
  ['vaultKey', { vaultKey: 'a-name-of-27-characters-xyz' }],
  ['vaultKey', { vaultKey: "x'; DROP" }],
  ['keyVersion', { versionMode: 'pinned', keyVersion: 'a'.repeat(31) }],
  ['identityKind', { identityKind: 'me' }],
  ['clientId', { clientId: "1'--" }],
  ['keptSecret', { secretFrom: 'kept' }],
  ['credentialName', { credentialName: '#x' }],
  ['keyName', { keyName: 'x\0y' }],
  ['keyLogin', { keyLogin: 'x'.repeat(129) }],
  ['providerName', { providerName: '' }],
  ['providerLibrary', { providerLibrary: 'C:\\x\r\ny.dll' }],
  ['providerLibrary', { providerLibrary: 'x.dll' }],
  ['connectorSetup', { connectorSetup: 'C:\\x.exe' }],
  ['connectorSetup', { connectorSetup: 'C:\\x" /qn EVIL=1.msi' }],
  ['connectorSetup', { connectorSetup: 'C:\\x\n.msi' }],
  ['exportFolder', { exportFolder: '..\\Windows' }],
]

describe('refused', () => {
  test.each(rows)('%s: %j', async (field, answers) => {
    const draft = await saveDraft(house.ask, { ...good, ...answers }, 'tde-vault-key')
    const problem = await refusalOf(house.ask('wizard.review', { draft }))
    expectHelpful(problem)
    expect(problem.code).toBe('answers-incomplete')
    const messages = problem.fields?.filter((one) => one.field === field) ?? []
    expect(messages).toHaveLength(1)
    expect(messages[0]?.message).toMatch(/^[^\p{Cc}\u202e]{15,}$/u)
  })
})

test('the quotes that PowerShell knows stay inside of their string, in the script that is shown', async () => {
  const setup = `C:\\${quotes}.msi`
  const draft = await saveDraft(house.ask, { ...good, connectorSetup: setup }, 'tde-vault-key')
  const { plan } = await house.ask('wizard.review', { draft })
  const text = plan.steps
    .flatMap(({ scripts }) => scripts.flatMap(({ parts }) => parts))
    .find((part) => typeof part === 'string' && part.includes('Stop-Service'))
  expect(text).toContain(
    '$subject = \u0027C:\\\u2018\u2018; Stop-Service MSSQLSERVER; \u2019\u2019.msi\u0027',
  )
})

describe('a stolen handle in the place of the secret', () => {
  const secretOf = async (purpose: AskedPurpose, target: TargetId): Promise<string> =>
    (
      await house.ask('secrets.keep', {
        purpose,
        target,
        label: 'Not for this',
        rule: 'existing-password',
        bytes: new TextEncoder().encode('Not-For-This-2026-x'),
      })
    ).handle
  const start = async (clientSecret: string): Promise<string> => {
    const draft = await saveDraft(house.ask, { ...good, clientSecret }, 'tde-vault-key')
    const { digest, advice } = await house.ask('wizard.review', { draft })
    if (advice.blockers.length > 0) return 'blocked'
    return (await refusalOf(house.ask('runs.start', { digest, ticket: 'T-1', reason: 'stolen' }))).code
  }

  test('of another use, of another target, and one that is not there are refused; nothing runs', async () => {
    const own = await targetNamed(house.ask, server)
    const other = await targetNamed(house.ask, 'ktr-sqlempty-01')
    const { id: azure } = await azureRefOf(house.ask)
    expect(await start(await secretOf('sql.dmk-password', own))).toBe('handle-not-for-this')
    expect(await start(await secretOf('ekm.client-secret', other))).toBe('handle-not-for-this')
    expect(await start(await secretOf('ekm.client-secret', azure))).toBe('handle-not-for-this')
    expect(await start('h-aaaaaaaaaaaa')).toBe('blocked')
    expect(house.program.engine.list()).toEqual([])
  })
})
