/**
 * The restore drill through the door of the window, in one rehearsal: what the record keeps of a drill however it ends,
 * stolen passwords, and simulated servers that are killed in the middle of a restore.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { openSandbox } from '../../electron/rehearsal/sandbox-process.ts'
import type { Answers } from '../../shared/forms/form.ts'
import type { DrillRow } from '../../shared/ipc/schemas.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'
import {
  answersOfRestoreDrill,
  asAdministrator,
  backupsToDrill,
  drillFilePassword,
  drillServer,
  drillSource,
} from '../support/restore-drill-answers.ts'

let house: TestRehearsal
let good: Answers
let untouched: string[]

const files = {
  'restored file': `SELECT f.file_or_directory_name AS name FROM sys.dm_os_enumerate_filesystem(N'D:\\Backup', N'*') AS f`,
}
const onDrillServer = (): Promise<string[]> =>
  endStateOf(house.program, { server: drillServer, localFolder: null, questions: files }, null)

beforeAll(async () => {
  house = await openRehearsal()
  await backupsToDrill(house)
  good = await answersOfRestoreDrill(house)
  untouched = await onDrillServer()
})
afterAll(() => house?.end())

const review = async (answers: Answers) =>
  house.ask('wizard.review', { draft: await saveDraft(house.ask, answers, 'restore-drill') })

const start = async (answers: Answers): Promise<RunView['id']> => {
  const { digest, advice } = await review(answers)
  expect(advice.blockers).toEqual([])
  const { run } = await house.ask('runs.start', { digest, ticket: 'DRILL-1', reason: 'a drill' })
  return asRunId(run)
}
const drill = async (answers: Answers): Promise<RunView> => house.program.engine.settled(await start(answers))

const newestDrill = async (): Promise<DrillRow | undefined> =>
  (
    await house.ask('drills.page', {
      page: { offset: 0, limit: 10, sort: null, search: '', filters: [] },
    })
  ).rows[0]

const keep = async (text: string): Promise<string> =>
  (
    await house.ask('secrets.keep', {
      purpose: 'sql.key-file-password',
      target: String(good['target']) as never,
      label: 'Another password',
      rule: 'existing-password',
      bytes: new TextEncoder().encode(text),
    })
  ).handle

/** Long enough that a restore is still under way when its progress is told. */
const slowly = () =>
  house.simulators.order({
    command: 'fault',
    instance: drillServer,
    fault: { kind: 'throttle', bytesPerSecond: 4_000_000 },
  })

/** Resolves `restoring` when a tenth of the restore is done. */
const startAndWatch = async () => {
  const told = Promise.withResolvers<void>()
  const off = house.program.engine.events.on('run-changed', ({ steps }) => {
    if (!steps.some(({ state, progress }) => state === 'applying' && (progress?.percent ?? 0) >= 10)) return
    off()
    told.resolve()
  })
  return { run: await start(good), restoring: told.promise }
}

describe('what the record keeps', () => {
  test('of a drill that restored: the sets, the certificate, the rung, the times', async () => {
    const view = await drill(good)
    expect(view.state).toBe('verified')
    expect(await onDrillServer()).toEqual(untouched)
    const row = await newestDrill()
    expect(row).toMatchObject({
      database: 'Sales',
      source: drillSource,
      drillServer,
      outcome: 'restored',
      level: 'restored',
      passwords: 'typed',
      checks: ['state', 'size', 'DBCC CHECKDB'],
      problem: null,
      run: view.id,
    })
    expect(row?.sets.map((set) => set.split(',')[0])).toEqual(['full', 'differential', 'log'])
    expect(row?.thumbprints).toHaveLength(1)
    expect(row?.restoreSeconds).toBeGreaterThanOrEqual(0)
    expect(house.program.record.verifyChain().unbroken).toBe(true)
  })

  test('of a drill that failed and was undone: the number, the reason and the rung it reached', async () => {
    const view = await drill({ ...good, keyPassword: await keep('Nobody-Wrote-This-1') })
    expect(view.state).toBe('waiting-for-decision')
    const problem = view.steps.find((step) => step.problem !== null)?.problem
    if (!problem) throw new Error('no reason')
    expectHelpful(problem)
    expect(problem.code).toBe('drill-wrong-password')
    await house.ask('runs.undo', { run: view.id })
    expect((await house.program.engine.settled(view.id)).state).toBe('undone')
    expect(await onDrillServer()).toEqual(untouched)
    expect(await newestDrill()).toMatchObject({
      outcome: 'failed',
      level: 'recorded',
      problem: { number: 'SQL 15465', title: problem.title },
    })
  })

  test('of a drill whose check failed and was tried again: one entry, that of its end', async () => {
    await house.simulators.order({
      command: 'fault',
      instance: drillServer,
      fault: { kind: 'fail', match: 'DBCC CHECKDB', nth: 1, number: 8921, message: 'Check terminated.' },
    })
    const view = await drill(good)
    expect(view.state).toBe('waiting-for-decision')
    await house.simulators.order({ command: 'clearFaults', instance: drillServer })
    await house.ask('runs.retry', { run: view.id })
    expect((await house.program.engine.settled(view.id)).state).toBe('verified')
    expect(await newestDrill()).toMatchObject({ outcome: 'restored', problem: null })
    expect(await onDrillServer()).toEqual(untouched)
  })
})

describe('passwords', () => {
  test('a kept password of the source opens the files, and the drill says that it was a kept one', async () => {
    const kept = await keep(drillFilePassword)
    const { plan, advice } = await review({
      ...good,
      passwordFrom: 'kept',
      keptPasswords: [kept],
      keyPassword: null,
    })
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain(
      'The passwords come from Keyturn, not from where they are kept for the emergency',
    )
    expect(plan.secrets.map(({ hole, target }) => `${hole}: ${target.name}`)).toEqual([
      `key_file_password: ${drillSource}`,
    ])
    const view = await drill({ ...good, passwordFrom: 'kept', keptPasswords: [kept], keyPassword: null })
    expect(view.state).toBe('verified')
    expect(await newestDrill()).toMatchObject({ passwords: 'kept' })
  })

  test.each([
    ['of another use', 'sql.dmk-password', 'target'],
    ['of another server', 'sql.key-file-password', 'drillTarget'],
  ] as const)('a stolen handle %s is refused before anything is sent', async (_what, purpose, field) => {
    const { handle } = await house.ask('secrets.keep', {
      purpose,
      target: String(good[field]) as never,
      label: 'Not for this',
      rule: 'existing-password',
      bytes: new TextEncoder().encode('Not-For-This-1'),
    })
    const chosen = await review({ ...good, passwordFrom: 'kept', keptPasswords: [handle], keyPassword: null })
    expect(chosen.advice.blockers.map(({ what }) => what)).toContain(
      'The chosen kept password is not one of a key file of this server',
    )
    const typed = await review({ ...good, keyPassword: handle })
    const refused = await refusalOf(
      house.ask('runs.start', { digest: typed.digest, ticket: 'T-1', reason: 'stolen' }),
    )
    expect(refused.code).toBe('handle-not-for-this')
    expect(await onDrillServer()).toEqual(untouched)
  })

  test('stand in no file that the program wrote, nor in what the window was told', async () => {
    const all = (folder: string): string[] =>
      readdirSync(folder).flatMap((name) => {
        const path = join(folder, name)
        if (name === 'simulators') return []
        return statSync(path).isDirectory() ? all(path) : [path]
      })
    const profile = join(house.home, '..', 'profile')
    const written = all(profile)
    expect(written.length).toBeGreaterThan(3)
    for (const path of written) {
      const bytes = readFileSync(path)
      for (const encoding of ['latin1', 'utf16le'] as const)
        expect(bytes.includes(Buffer.from(drillFilePassword, encoding)), path).toBe(false)
    }
    const told = JSON.stringify([
      await house.ask('runs.list', {}),
      await house.ask('audit.page', {
        page: { offset: 0, limit: 100, sort: null, search: '', filters: [] },
        check: false,
      }),
      house.program.engine.list().map(({ id }) => house.program.engine.get(id)),
    ])
    expect(told).not.toContain(drillFilePassword)
  })
})

test('files that a person carries in the rehearsal: copied once, readable, and refused where nothing fits', async () => {
  await asAdministrator(house.program, house.ask, drillSource, [
    `USE [master]; BACKUP DATABASE [Payroll] TO DISK = N'D:\\Keys\\payroll.bak' WITH FORMAT, CHECKSUM;`,
  ])
  const [from, to] = [String(good['target']), String(good['drillTarget'])]
  const carried = await house.ask('rehearsal.carryFiles', { from, to })
  expect(carried.files).toBeGreaterThanOrEqual(6)
  const answers = await answersOfRestoreDrill(house, { database: 'Payroll' })
  const plain = { keyFiles: 'none', keyPassword: null, filesWhere: 'folder', backupFolder: 'D:\\Keys' }
  expect((await drill({ ...answers, ...plain })).state).toBe('verified')
  const again = await house.ask('rehearsal.carryFiles', { from, to })
  expect(again.files).toBeLessThan(carried.files)
  for (const ids of [
    { from, to: from },
    { from, to: 't-nobody' },
  ])
    expect((await refusalOf(house.ask('rehearsal.carryFiles', ids))).code).toBe('not-found')
})

test('stopped in the middle of the restore and undone: the half-restored database is taken back too', async () => {
  await slowly()
  const { run, restoring } = await startAndWatch()
  await restoring
  await house.ask('runs.stop', { run, when: 'now' })
  expect((await house.program.engine.settled(run)).state).toBe('waiting-for-decision')
  await house.simulators.order({ command: 'clearFaults', instance: drillServer })
  await house.ask('runs.undo', { run })
  expect((await house.program.engine.settled(run)).state).toBe('undone')
  expect(await onDrillServer()).toEqual(untouched)
  expect(await newestDrill()).toMatchObject({ outcome: 'not-finished', level: 'matched' })
})

test('the simulated servers are killed in the middle of the restore: after a retry nothing is left either', async () => {
  const simulators = join(house.home, '..', 'profile', 'simulators')
  await slowly()
  const { pid } = JSON.parse(readFileSync(join(simulators, 'sandbox.json'), 'utf8')) as { pid: number }
  const { run, restoring } = await startAndWatch()
  await restoring
  process.kill(pid, 'SIGKILL')
  const broken = await house.program.engine.settled(run)
  expect(broken.state).toBe('waiting-for-decision')
  const problem = broken.steps.find((step) => step.problem !== null)?.problem
  if (!problem) throw new Error('no reason')
  expectHelpful(problem)
  await openSandbox({ folder: simulators, entry: sandboxEntry })
  await house.ask('runs.retry', { run })
  expect((await house.program.engine.settled(run)).state).toBe('verified')
  expect(await onDrillServer()).toEqual(untouched)
  expect(await newestDrill()).toMatchObject({ outcome: 'restored' })
})
