import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { saveDraft } from '../../support/encrypted-backup-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import { vaultKeyAnswers, vaultKeyQuestions } from '../../support/vault-key-answers.ts'

const server = 'ktr-sqlprod-01'

let stage: TestRehearsal
let answers: Answers
beforeAll(async () => {
  stage = await openRehearsal()
  answers = await vaultKeyAnswers(stage.program, stage.ask, { server, databases: ['Sales'] })
}, 60_000)
afterAll(() => stage.end())

const review = async (changes: Answers = {}) =>
  stage.ask('wizard.review', {
    draft: await saveDraft(stage.ask, { ...answers, ...changes }, 'tde-vault-key'),
  })

const run = async (changes: Answers = {}) => {
  const { digest, advice } = await review(changes)
  expect(advice.blockers).toEqual([])
  const started = await stage.ask('runs.start', { digest, ticket: 'TEST-1', reason: 'a test' })
  return stage.program.engine.settled(asRunId(started.run))
}

const shown = async () => {
  const sql = await stage.program.servers.open({
    id: answers['target'] as never,
    kind: 'sqlserver',
    name: server,
    environment: 'rehearsal',
  })
  return {
    keys: await sql.query(vaultKeyQuestions['database key']),
    objects: await sql.query(vaultKeyQuestions['key object']),
    credentials: await sql.query(vaultKeyQuestions.credential),
  }
}

describe('a run of the job in a rehearsal', () => {
  it('goes from nothing to state 3, over the restart of the service, and says what it compared', async () => {
    const view = await run()
    expect(view.steps.map(({ problem }) => problem?.title ?? null).filter((title) => title !== null)).toEqual(
      [],
    )
    expect(view.state).toBe('verified')
    const found = await shown()
    expect(found.keys.filter(({ name }) => name === 'Sales')).toEqual([
      { name: 'Sales', state: 3, type: 'ASYMMETRIC KEY', protector: 'KT_tde_key' },
    ])
    const text = JSON.stringify(view)
    const secret =
      stage.program.rehearsal?.azure()?.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.secret ??
      ''
    expect(secret.length).toBeGreaterThan(8)
    expect(text).not.toContain(secret)
  })

  it('a second database: what is there is named and not made again; its undo leaves key, login and credential', async () => {
    const { plan, advice } = await review({ databases: ['Payroll'], clientSecret: null })
    expect(advice.blockers).toEqual([])
    expect(advice.satisfied.map(({ title }) => title)).toEqual([
      ...['Connector', 'Registry key of the connector', 'Extensible key management'],
      ...['Provider AzureKeyVault_EKM', 'Credential KT_tde_credential', 'Key object KT_tde_key'],
      ...['Login KT_tde_key_login', 'Credential of the key’s login'],
    ])
    expect(plan.steps[0]?.kind).toBe('create-scratch')
    expect(plan.secrets).toEqual([])
    const before = await shown()
    const view = await run({ databases: ['Payroll'], clientSecret: null })
    expect(view.state).toBe('verified')
    expect((await shown()).credentials).toEqual(before.credentials)
  })
})
