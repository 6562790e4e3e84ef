import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import type { StepHandler } from '../../../electron/engine/contract.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { masterKeyFront } from '../../../electron/wizards/master-key/front.ts'
import { masterKey } from '../../../electron/wizards/master-key/index.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { masterKeyForm } from '../../../shared/forms/master-key.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, world, type World } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

let simulated: Simulated
let server: SqlServer
let around: World<SqlServer>
let runs = 0

const passwords: Record<string, string> = {
  dmk_password: 'First-Password-2026',
  dmk_new_password: 'Second-Password-2026',
  dmk_file_password: 'File-Password-2026!',
  smk_file_password: 'Service-File-2026!!',
  restored_file_password: 'File-Password-2026!',
}

const begin = async (): Promise<void> => {
  simulated = await simulatedServer()
  server = await simulated.open()
  around = {
    ...world(server, '/nowhere'),
    verdicts: createVerdicts(simulated.servers),
    secrets: secretsOf(passwords),
  }
}

const secretsOf = (texts: Record<string, string>): Map<string, SecretBytes> =>
  new Map(Object.entries(texts).map(([hole, text]) => [hole, SecretBytes.fromText(text)]))

const reader = planReader(() => server)

const answers = (changes: Answers): Answers => ({
  target: target.id,
  key: 'database',
  database: 'master',
  presentPassword: 'h-present',
  newPassword: 'h-new',
  restorePassword: 'h-restore',
  filePassword: 'h-file',
  keyFolder: 'D:\\Keys',
  ...changes,
})

const review = async (changes: Answers) => {
  const draft = masterKey.parse(answers(changes))
  runs += 1
  return masterKey.plan(
    draft,
    await masterKey.readFacts(draft, reader),
    asRunId(`${String.fromCharCode(96 + runs)}unkeyturn22`),
  )
}

const handlerOf = ({ kind }: PlannedStep): StepHandler => {
  const found = masterKey.steps[kind]
  if (found === undefined) throw new Error(`no handler for ${kind}`)
  return found
}

interface Walked {
  step: PlannedStep
  before: Json
}

/** What the engine does with a plan that meets no trouble. */
const walk = async ({ steps }: Plan): Promise<Walked[]> => {
  const walked: Walked[] = []
  for (const step of steps) {
    const found = await handlerOf(step).check(contextOf(step, around))
    if (found.state !== 'needed') throw new Error(`${step.title}: ${JSON.stringify(found)}`)
    await handlerOf(step).apply(contextOf(step, around, found.before))
    const { evidence } = await handlerOf(step).verify(contextOf(step, around, found.before))
    expect(evidence.every(({ source, at }) => source !== '' && at !== '')).toBe(true)
    around.earlier.push(...evidence)
    walked.push({ step, before: found.before })
  }
  return walked
}

const run = async (changes: Answers): Promise<Walked[]> => {
  const { plan, advice } = await review(changes)
  expect(advice.blockers).toEqual([])
  return walk(plan)
}

const script = (text: string): Promise<void> => runAll(server, [{ language: 'tsql', parts: [text] }])

const createKey = (database = 'master'): Promise<void> =>
  script(
    `USE [${database}]; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${passwords['dmk_password'] ?? ''}';`,
  )

const opensWith = async (password: string, database = 'master'): Promise<boolean> => {
  try {
    await script(
      `USE [${database}]; OPEN MASTER KEY DECRYPTION BY PASSWORD = N'${password}'; CLOSE MASTER KEY;`,
    )
    return true
  } catch (error) {
    expect(problemOf(error).code).toBe('sql-wrong-password')
    return false
  }
}

const kinds = (walked: readonly Walked[]): string[] => walked.map(({ step }) => step.kind)

describe('the master key job on the simulated server', () => {
  beforeEach(begin)
  afterEach(() => simulated.stop())

  it('creates a key in a user database and proves a file of it', async () => {
    const walked = await run({ act: 'create', database: 'Sales' })
    expect(kinds(walked)).toEqual([
      'create-master-key',
      'back-up-master-key',
      'prove-master-key-file',
      'drop-scratch',
    ])
    expect(await opensWith(passwords['dmk_new_password'] ?? '', 'Sales')).toBe(true)
    const again = await review({ act: 'create', database: 'Sales' })
    expect(again.advice.blockers.map(({ what }) => what)).toEqual(['Sales has a database master key'])
  })

  it('changes the password: the new one is seen to open before the old one goes', async () => {
    await createKey()
    const walked = await run({ act: 'change-password' })
    expect(kinds(walked)).toEqual(['add-master-key-password', 'drop-master-key-password'])
    expect(await opensWith('First-Password-2026')).toBe(false)
    expect(await opensWith('Second-Password-2026')).toBe(true)
    for (const { step, before } of walked.toReversed()) {
      await handlerOf(step).undo?.(contextOf(step, around, before))
    }
    expect(await opensWith('First-Password-2026')).toBe(true)
    expect(await opensWith('Second-Password-2026')).toBe(false)
  })

  it('refuses a wrong present password before it changes anything', async () => {
    await createKey()
    around.secrets = secretsOf({ ...passwords, dmk_password: 'Not-The-Password-2026' })
    const { plan } = await review({ act: 'change-password' })
    const [first] = plan.steps
    if (first === undefined) throw new Error('no step')
    const found = await handlerOf(first).check(contextOf(first, around))
    expect(found.state).toBe('needed')
    await expect(handlerOf(first).apply(contextOf(first, around, {}))).rejects.toMatchObject({
      code: 'sql-wrong-password',
    })
    expect(await opensWith('First-Password-2026')).toBe(true)
  })

  it('does not take a password for new that opens the key already', async () => {
    await createKey()
    around.secrets = secretsOf({ ...passwords, dmk_new_password: 'First-Password-2026' })
    for (const act of ['change-password', 'regenerate']) {
      const { plan } = await review({ act, proveOnServer: false })
      const step = plan.steps.find(({ kind }) => kind !== 'back-up-master-key')
      if (step === undefined) throw new Error('no step')
      expect(await handlerOf(step).check(contextOf(step, around))).toMatchObject({
        state: 'blocked',
        problem: { code: 'sql-password-opens-already' },
      })
    }
  })

  it('regenerates between two files, and knows after a crash that it did', async () => {
    await createKey()
    await script(`USE [master]; CREATE CERTIFICATE [KT] WITH SUBJECT = N'x';`)
    const walked = await run({ act: 'regenerate' })
    expect(kinds(walked)).toEqual([
      'back-up-master-key',
      'prove-master-key-file',
      'drop-scratch',
      'regenerate-master-key',
      'back-up-master-key',
      'prove-master-key-file',
      'drop-scratch',
    ])
    const regenerated = walked.find(({ step }) => step.kind === 'regenerate-master-key')
    if (regenerated === undefined) throw new Error('not regenerated')
    const { step, before } = regenerated
    expect((await handlerOf(step).check(contextOf(step, around, before))).state).toBe('satisfied')
    expect(step.undo).toMatchObject({ can: false })
    expect(await opensWith('Second-Password-2026')).toBe(true)
    // The certificate was re-encrypted with it: its private key still comes out.
    await script(
      `USE [master]; BACKUP CERTIFICATE [KT] TO FILE = N'D:\\Keys\\kt.cer' WITH PRIVATE KEY (FILE = N'D:\\Keys\\kt.pvk', ENCRYPTION BY PASSWORD = N'Export-Password-2026');`,
    )
  })

  it('restores a key from its file and lets the server open it again', async () => {
    await createKey('Sales')
    const exported = await run({ act: 'back-up', database: 'Sales' })
    const file = exported.flatMap(({ step }) => (step.kind === 'back-up-master-key' ? [step.after] : []))[0]
    const restoreFile = file?.replace('The server has written ', '') ?? ''
    await script('USE [Sales]; DROP MASTER KEY;')
    const walked = await run({ act: 'restore', database: 'Sales', restoreFile })
    expect(kinds(walked)).toContain('restore-master-key')
    expect(await opensWith('Second-Password-2026', 'Sales')).toBe(true)
  })

  it('a restore with the wrong password of the file changes nothing and names the file', async () => {
    await createKey('Sales')
    const exported = await run({ act: 'back-up', database: 'Sales' })
    const restoreFile =
      exported
        .find(({ step }) => step.kind === 'back-up-master-key')
        ?.step.after.replace('The server has written ', '') ?? ''
    await script('USE [Sales]; DROP MASTER KEY;')
    around.secrets = secretsOf({ ...passwords, restored_file_password: 'Another-Password-2026' })
    const { plan } = await review({ act: 'restore', database: 'Sales', restoreFile })
    await expect(walk(plan)).rejects.toMatchObject({
      code: 'sql-file-wrong-password',
      problem: { title: expect.stringContaining(restoreFile) as string },
    })
    expect((await review({ act: 'create', database: 'Sales' })).advice.blockers).toEqual([])
  })

  it('exports and regenerates the service master key; databases stay open by themselves', async () => {
    await createKey()
    await createKey('Sales')
    const walked = await run({ key: 'service', act: 'regenerate' })
    expect(kinds(walked)).toEqual([
      'back-up-service-master-key',
      'regenerate-service-master-key',
      'back-up-service-master-key',
    ])
    expect(
      (await review({ act: 'drop-copy' })).plan.relied.find(({ fact }) =>
        fact.startsWith('database master key'),
      )?.value,
    ).toContain('opens by itself')
    const before = walked[0]?.step.after.replace('The server has written ', '') ?? ''
    around.secrets = secretsOf({ ...passwords, restored_file_password: passwords['smk_file_password'] ?? '' })
    const restored = await run({ key: 'service', act: 'restore', restoreFile: before })
    expect(kinds(restored)).toContain('restore-service-master-key')
  })

  it('removes the server’s copy only where nothing needs it, and names the state that lasts until a restart', async () => {
    await createKey()
    const walked = await run({ act: 'drop-copy' })
    const dropped = walked.find(({ step }) => step.kind === 'drop-master-key-copy')
    if (dropped === undefined) throw new Error('not dropped')
    await handlerOf(dropped.step).undo?.(contextOf(dropped.step, around, dropped.before))

    await script(`USE [master]; CREATE CERTIFICATE [KT_Idle] WITH SUBJECT = N'idle';`)
    expect((await review({ act: 'drop-copy' })).advice.blockers).toMatchObject([
      { what: 'The server has to open this key by itself', measured: 'Private keys under it: KT_Idle' },
    ])

    await script(
      `USE [master]; CREATE CERTIFICATE [KT_TDE] WITH SUBJECT = N'tde'; USE [Sales]; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE [KT_TDE];`,
    )
    const { advice } = await review({ act: 'drop-copy' })
    expect(advice.blockers).toMatchObject([
      {
        what: 'The server has to open this key by itself',
        measured: 'In use: TDE of Sales',
        limit: expect.stringContaining('until the next restart') as string,
      },
    ])

    await script('USE [master]; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;')
    const other = await review({ act: 'back-up' })
    expect(other.advice.warnings.map(({ what }) => what)).toContain(
      'Works until the next restart: TDE of Sales',
    )
    const mended = await run({ act: 'add-copy' })
    expect(kinds(mended)[0]).toBe('repair-master-key')
    expect((await review({ act: 'back-up' })).advice.warnings).toEqual([])
  })

  it('the same answers and facts give the same plan, and the runbook holds no secret', async () => {
    await createKey()
    const draft = masterKey.parse(answers({ act: 'regenerate', force: true }))
    const facts = await masterKey.readFacts(draft, reader)
    const [one, two] = [1, 2].map(() => masterKey.plan(draft, facts, asRunId('k7f3ab2cdefg')).plan)
    expect(one).toEqual(two)
    if (one === undefined) throw new Error('no plan')
    const runbook = runbookSql(one, 'digest')
    expect(runbook).toContain(
      "ALTER MASTER KEY FORCE REGENERATE WITH ENCRYPTION BY PASSWORD = N'$(DMK_NEW_PASSWORD)'",
    )
    for (const password of Object.values(passwords)) expect(runbook).not.toContain(password)
  })
})

describe('what the screens of the master key job show', () => {
  beforeEach(begin)
  afterEach(() => simulated.stop())

  it('is what their descriptions promise', async () => {
    const front = masterKeyFront(() => [{ value: target.id, label: target.name, usable: true }])
    for (const { id, reads } of masterKeyForm.screens) {
      const { shown, checks } = await front.facts(answers({ act: 'back-up' }), id, reader)
      expect({ facts: shown.map(({ label }) => label), checks: checks.map(({ name }) => name) }).toEqual(
        reads,
      )
    }
  })
})

describe('answers of the master key job', () => {
  const problems = (changes: Answers): string[] => {
    try {
      masterKey.parse(answers(changes))
      return []
    } catch (error) {
      return problemOf(error).fields?.map(({ field }) => field) ?? []
    }
  }
  it.each([
    [{ act: 'create', newPassword: null }, ['newPassword']],
    [{ act: 'change-password', presentPassword: '' }, ['presentPassword']],
    [{ act: 'restore', restoreFile: '' }, ['restoreFile']],
    [{ act: 'restore', restoreFile: 'master.key' }, ['restoreFile']],
    [{ act: 'restore', restoreFile: 'D:\\Keys\\..\\x.key' }, ['restoreFile']],
    [{ act: 'restore', restoreFile: '\\\\files\\keys\\x.key' }, []],
    [{ act: 'back-up', keyFolder: 'keys' }, ['keyFolder']],
    [{ act: 'back-up', database: '' }, ['database']],
    [{ key: 'service', act: 'create', database: '' }, ['act']],
    [{ key: 'service', act: 'back-up', database: '' }, []],
    [{ act: null }, ['act']],
  ] as [Answers, string[]][])('%j: %j', (changes, fields) => expect(problems(changes)).toEqual(fields))
})
