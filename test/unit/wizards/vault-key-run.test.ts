import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { documentedSetUp, ekmEndState } from '../../support/ekm-end-state.ts'
import { saveDraft } from '../../support/encrypted-backup-answers.ts'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'
import { vaultKeyAnswers, vaultKeyQuestions, withoutConnector } from '../../support/vault-key-answers.ts'

const server = 'ktr-sqlprod-01'

let stage: TestRehearsal
let answers: Answers
beforeAll(async () => {
  stage = await openRehearsal()
  await withoutConnector(stage.simulators, server)
  answers = await vaultKeyAnswers(stage.program, stage.ask, { server, databases: ['Sales'] })
})
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

const openServer = () =>
  stage.program.servers.open({
    id: answers['target'] as never,
    kind: 'sqlserver',
    name: server,
    environment: 'rehearsal',
  })

/** Its names in the place of those that the documentation's script uses (`test/witness/seed-003.test.ts`). */
const underDocumentedNames = (line: string): string =>
  [
    ['KT_tde_key_login', 'TDE_Login'],
    ['KT_tde_key', 'EKMSampleASYKey'],
    ['KT_tde_credential', 'sysadmin_ekm_cred'],
    ['Sales', 'TestTDE'],
  ].reduce((text, [ours, theirs]) => text.replaceAll(`"${ours}"`, `"${theirs}"`), line)

const shown = async () => {
  const sql = await openServer()
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
    expect(view.plan.steps.slice(0, 3).map(({ kind }) => kind)).toEqual([
      ...['run-on-host', 'run-on-host', 'restart-service'],
    ])
    const found = await shown()
    expect(found.keys.filter(({ name }) => name === 'Sales')).toEqual([
      { name: 'Sales', state: 3, type: 'ASYMMETRIC KEY', protector: 'KT_tde_key' },
    ])
    const sql = await openServer()
    const left = await ekmEndState((query) => sql.query(query))
    expect(left.map(underDocumentedNames).toSorted()).toEqual(documentedSetUp('ktr-vault-weu').toSorted())
    const text = JSON.stringify(view)
    const secret =
      stage.program.rehearsal?.azure()?.applications.find(({ name }) => name === 'ktr-ekm-sql01')?.secret ??
      ''
    expect(secret.length).toBeGreaterThan(8)
    expect(text).not.toContain(secret)
  })

  it('a second database: what is there is named and not made again; no secret is asked for', async () => {
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

describe('an undo', () => {
  const empty = 'ktr-sqlempty-01'
  const failAt = (match: string) =>
    stage.simulators.order({
      command: 'fault',
      instance: empty,
      fault: { kind: 'fail', match, nth: 1, number: 50000, message: 'made to fail' },
    })
  const attempt = async (match: string) => {
    await failAt(match)
    const prepare = await vaultKeyAnswers(stage.program, stage.ask, { server: empty, databases: [] })
    const { digest, advice } = await stage.ask('wizard.review', {
      draft: await saveDraft(stage.ask, prepare, 'tde-vault-key'),
    })
    expect(advice.blockers).toEqual([])
    const { run: id } = await stage.ask('runs.start', { digest, ticket: 'TEST-2', reason: 'a test' })
    const failed = await stage.program.engine.settled(asRunId(id))
    expect(failed.state).toBe('waiting-for-decision')
    await stage.simulators.order({ command: 'clearFaults', instance: empty })
    await stage.ask('runs.undo', { run: asRunId(id) })
    return stage.program.engine.settled(asRunId(id))
  }
  const shownThere = async () => {
    const target = (await vaultKeyAnswers(stage.program, stage.ask, { server: empty, databases: [] }))[
      'target'
    ]
    const sql = await stage.program.servers.open({
      id: target as never,
      kind: 'sqlserver',
      name: empty,
      environment: 'rehearsal',
    })
    return {
      provider: await sql.query(vaultKeyQuestions.provider),
      credential: await sql.query(vaultKeyQuestions.credential),
      key: await sql.query(vaultKeyQuestions['key object']),
      login: await sql.query(vaultKeyQuestions['key login']),
      scratch: await sql.query("SELECT name FROM sys.databases WHERE name LIKE 'KT[_]scratch%'"),
    }
  }

  it('takes everything on the server back while no database key was under the key', async () => {
    const view = await attempt('CREATE DATABASE')
    expect(view.steps.map(({ problem }) => problem?.title ?? null).filter((title) => title !== null)).toEqual(
      [],
    )
    expect(view.state).toBe('undone')
    expect(await shownThere()).toEqual({ provider: [], credential: [], key: [], login: [], scratch: [] })
  })

  it('after that drops the scratch database only: key object, login and credential stay', async () => {
    const view = await attempt('DROP DATABASE ENCRYPTION KEY')
    expect(view.state).toBe('undone')
    expect(await shownThere()).toMatchObject({
      provider: [{ name: 'AzureKeyVault_EKM' }],
      credential: [{ name: 'KT_tde_credential', login: 'KT_tde_key_login' }],
      key: [{ name: 'KT_tde_key' }],
      login: [{ name: 'KT_tde_key_login' }],
      scratch: [],
    })
    const states = view.steps.map(({ state }, at) => [view.plan.steps[at]?.kind, state])
    expect(states).toContainEqual(['create-asymmetric-key', 'cannot-be-undone'])
    expect(states).toContainEqual(['create-scratch', 'undone'])
  })
})
