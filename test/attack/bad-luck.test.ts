/**
 * A run of the encrypted backup with every kind of bad luck, against one simulated server that is reset for each: the
 * answer is an error of the catalogue with a next step, and after it retry reaches the same end as a run without bad
 * luck, or undo takes back what was made.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readParams } from '../../electron/scripts/runbook/step-params.ts'
import type { Answers } from '../../shared/forms/form.ts'
import { asRunId, runMark, type RunId, type TargetId } from '../../shared/model/ids.ts'
import type { ReviewedPlan, RunView } from '../../shared/model/plan.ts'
import type { Command } from '../../sandbox/sqlserver/host/control.ts'
import { SqlClient } from '../contract/sandbox-process.ts'
import { answersOfEncryptedBackup } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { expectHelpful, refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

const server = 'ktr-sqlprod-01'
type Fault = Extract<Command, { command: 'fault' }>['fault']

let house: TestRehearsal
let target: TargetId
let good: Answers
let untouched: string[]
/** End state of a run without bad luck. */
let expected: string[]

const backupFolder = 'D:\\Backup'

const state = async (run: RunId | null = null): Promise<string[]> => {
  const lines = await endStateOf(house.program, { server, localFolder: house.escrow }, run)
  const { entries } = await house.ask('serverFiles.list', { target, path: backupFolder })
  const names = entries.map(({ name }) => (run === null ? name : name.replaceAll(runMark(run), 'MARK')))
  return [...lines, ...names.map((name) => `server file: backup folder: ${name}`)]
}
const fault = (one: Fault) => house.simulators.order({ command: 'fault', instance: server, fault: one })
const clear = () => house.simulators.order({ command: 'clearFaults', instance: server })

const start = async ({ digest }: ReviewedPlan): Promise<RunId> =>
  asRunId((await house.ask('runs.start', { digest, ticket: 'LUCK-1', reason: 'bad luck' })).run)
const settled = (run: RunId): Promise<RunView> => house.program.engine.settled(run)

const retry = async ({ id, choices }: RunView): Promise<RunView> => {
  await (choices.includes('retry')
    ? house.ask('runs.retry', { run: id })
    : house.ask('runs.resume', { run: id }))
  return settled(id)
}

const undo = async ({ id }: RunView): Promise<RunView> => {
  await house.ask('runs.undo', { run: id })
  return settled(id)
}

/** The error at which the run waits for a person. */
const problemIn = (view: RunView) => {
  expect(view.state).toBe('waiting-for-decision')
  const problem = view.steps.find((step) => step.problem !== null)?.problem
  if (!problem) throw new Error('the run waits without saying why')
  expectHelpful(problem)
  return problem
}

const withClient = async <Result>(use: (client: SqlClient) => Promise<Result>): Promise<Result> => {
  const client = await SqlClient.open(await house.simulators.facts(server))
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** What an undo must take back. Copies of keys are only a person's to delete; The plan says so. */
const withoutKeyCopies = (lines: string[]): string[] =>
  lines.filter((line) => !line.startsWith('server file: ') && !line.startsWith('local file: '))

const keepPassword = async (text: string): Promise<string> =>
  (
    await house.ask('secrets.keep', {
      purpose: 'sql.dmk-password',
      target,
      label: 'Master key that is there',
      rule: 'existing-password',
      bytes: new TextEncoder().encode(text),
    })
  ).handle

const emptyEscrow = (): void => {
  mkdirSync(house.escrow, { recursive: true })
  for (const name of readdirSync(house.escrow)) rmSync(join(house.escrow, name), { recursive: true })
}

beforeAll(async () => {
  house = await openRehearsal()
  const wish = { server, databases: ['Payroll'], localFolder: 'escrow' }
  const filled = await answersOfEncryptedBackup(house.ask, wish)
  target = filled.target
  good = { ...filled.answers, backupFolder }
  untouched = await state()
  const { id, state: ended } = await house.run(good)
  expect(ended).toBe('verified')
  expected = await state(id)
})
afterAll(() => house?.end())

beforeEach(async () => {
  await clear()
  await house.ask('rehearsal.reset', {})
  emptyEscrow()
})

/** A test that failed half-way must not take the next ones with it. */
afterEach(async () => {
  for (const { id, endedAt } of house.program.engine.list())
    if (endedAt === null) await house.ask('runs.leave', { run: id, reason: 'the test is over' })
})

interface Misfortune {
  what: string
  trouble: Fault[]
  code: string
  says?: RegExp
  /** Default true. */
  retryEnds?: boolean
}

test('plans say so: copies of keys and backups stay after an undo', async () => {
  const { plan } = await house.review(good)
  const stay = plan.steps.filter(({ undo: { can } }) => can === false).map(({ kind }) => kind)
  const copies = ['back-up-master-key', 'back-up-certificate', 'fetch-certificate-pair', 'back-up-database']
  expect(stay).toEqual(expect.arrayContaining(copies))
})

const misfortunes: Misfortune[] = [
  {
    what: 'the disk for backups is full',
    trouble: [{ kind: 'diskFull', drive: 'D', freeBytes: 4_096 }],
    code: 'sql-backup-device',
    says: /Payroll_.*\.bak/,
  },
  {
    what: 'the disk for key files is full',
    trouble: [{ kind: 'diskFull', drive: 'C', freeBytes: 0 }],
    code: 'sql-file-exists',
  },
  {
    what: 'the server is gone before the certificate is exported',
    trouble: [{ kind: 'drop', match: 'BACKUP CERTIFICATE', nth: 1, when: 'before' }],
    code: 'sql-lost',
  },
  {
    what: 'the server is gone after the certificate is exported',
    trouble: [{ kind: 'drop', match: 'BACKUP CERTIFICATE', nth: 1, when: 'after' }],
    code: 'sql-lost',
  },
  {
    what: 'the server is gone before the backup',
    trouble: [{ kind: 'drop', match: 'BACKUP DATABASE', nth: 1, when: 'before' }],
    code: 'sql-lost',
  },
  {
    what: 'the server is gone after the backup, before it could say so',
    trouble: [{ kind: 'drop', match: 'BACKUP DATABASE', nth: 1, when: 'after' }],
    code: 'sql-lost',
  },
  {
    what: 'the server lies about the thumbprint',
    trouble: [{ kind: 'wrongThumbprint', certificate: 'KT_Backup_2026' }],
    code: 'step-not-verified',
    // The run noted the thumbprint that the server showed first; what it shows later is another certificate.
    retryEnds: false,
  },
  {
    what: 'a right is taken away in the middle',
    trouble: [{ kind: 'denyPermission', permission: 'CREATE CERTIFICATE' }],
    code: 'sql-permission',
  },
]

const unlucky = async ({ trouble, code, says }: Misfortune): Promise<RunView> => {
  const reviewed = await house.review(good)
  for (const one of trouble) await fault(one)
  const view = await settled(await start(reviewed))
  const problem = problemIn(view)
  expect(problem.code).toBe(code)
  if (says) expect(problem.title).toMatch(says)
  await clear()
  return view
}

test.each(misfortunes.filter(({ retryEnds }) => retryEnds !== false))(
  '$what: retry ends as a run without bad luck',
  async (misfortune) => {
    const done = await retry(await unlucky(misfortune))
    expect(done.state).toBe('verified')
    expect(await state(done.id)).toEqual(expected)
    expect(house.program.keyring.sealedRuns()).toEqual([])
  },
  60_000,
)

test.each(misfortunes)(
  '$what: undo takes back what was made, but not what a backup needs',
  async (misfortune) => {
    const back = await undo(await unlucky(misfortune))
    expect(back.state).toBe('undone')
    expect(house.program.keyring.sealedRuns()).toEqual([])
    const left = withoutKeyCopies(await state(back.id))
    const backupTaken = left.some((line) => line.startsWith('backup: '))
    expect(left).toEqual(withoutKeyCopies(backupTaken ? expected : untouched))
  },
  60_000,
)

test('the server is gone in the middle of the backup: retry writes it once', async () => {
  const reviewed = await house.review({ ...good, compression: false })
  await fault({ kind: 'throttle', bytesPerSecond: 400_000 })
  const midway = Promise.withResolvers<undefined>()
  const off = house.program.engine.events.on('run-changed', ({ plan, steps }) => {
    const at = plan.steps.findIndex(({ kind }) => kind === 'back-up-database')
    if ((steps[at]?.progress?.percent ?? 0) >= 10) midway.resolve(undefined)
  })
  const run = await start(reviewed)
  await midway.promise
  off()
  await house.simulators.order({ command: 'restart', instance: server })
  const view = await settled(run)
  expect(problemIn(view).code).toBe('sql-lost')
  await clear()
  const done = await retry(view)
  expect(done.state).toBe('verified')
  const after = await state(run)
  expect(after.filter((line) => line.startsWith('backup: '))).toHaveLength(1)
  expect(after).toEqual(expected)
})

test('a folder of the server that can’t be written to: undo leaves the server as it was', async () => {
  const folder = String(good['keyFolder'])
  const trouble: Fault[] = [{ kind: 'readOnlyFolder', folder }]
  const view = await unlucky({ what: 'read only', trouble, code: 'sql-file-exists' })
  expect(problemIn(view).title).toContain(folder)
  expect((await undo(view)).state).toBe('undone')
  expect(await state()).toEqual(untouched)
})

test('a repair with a wrong password changes nothing; with the right one it ends', async () => {
  const password = 'The key that was there 4711'
  await withClient(async (client) => {
    await client.run(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${password}'`)
    await client.run(`OPEN MASTER KEY DECRYPTION BY PASSWORD = N'${password}'`)
    await client.run('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
  })
  const before = await state()
  const repair = async (text: string): Promise<Answers> => ({
    ...good,
    masterKeyMode: 'repair',
    masterKeyPassword: await keepPassword(text),
  })
  const view = await house.run(await repair('The key of another server 1'))
  expect(problemIn(view).code).toBe('sql-wrong-password')
  expect((await undo(view)).state).toBe('undone')
  expect(await state()).toEqual(before)
  const done = await house.run(await repair(password))
  expect(done.state).toBe('verified')
})

describe('refused before anything is sent', () => {
  const refusedStart = async (answers: Answers): Promise<{ code: string; blockers: string }> => {
    const before = await state()
    const reviewed = await house.review(answers)
    const { code } = await refusalOf(start(reviewed))
    expect(await state()).toEqual(before)
    expect(house.program.keyring.sealedRuns()).toEqual([])
    for (const blocker of reviewed.advice.blockers)
      for (const words of [blocker.what, blocker.measured, blocker.limit]) expect(words).not.toBe('')
    return {
      code,
      blockers: reviewed.advice.blockers
        .map(({ what, measured, screen }) => `${screen}: ${what}: ${measured}`)
        .join('\n'),
    }
  }
  const withCertificate = async (dates: string): Promise<Answers> => {
    await withClient(async (client) => {
      await client.run("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'The key that was there 4711'")
      await client.run(`CREATE CERTIFICATE [Dated] WITH SUBJECT = N'dated', ${dates}`)
    })
    return { ...good, masterKeyMode: 'use', certificateMode: 'use', certificateName: 'Dated' }
  }

  test('a certificate that has expired', async () => {
    const answers = await withCertificate("START_DATE = '20200101', EXPIRY_DATE = '20210101'")
    const { code, blockers } = await refusedStart(answers)
    expect(code).toBe('plan-blocked')
    expect(blockers).toMatch(/^keys: Certificate Dated can’t take new backups: expired 2021-01-01/m)
  })

  test('a certificate that is not valid yet', async () => {
    const { code, blockers } = await refusedStart(
      await withCertificate("START_DATE = '20400101', EXPIRY_DATE = '20410101'"),
    )
    expect(code).toBe('plan-blocked')
    expect(blockers).toMatch(/^keys: Certificate Dated .*starts only on 2040-01-01/m)
  })

  test('a certificate name that is taken', async () => {
    const taken = { ...(await withCertificate("EXPIRY_DATE = '20350101'")), certificateMode: 'create' }
    const { code, blockers } = await refusedStart({ ...taken, certificateName: 'dated' })
    expect(code).toBe('plan-blocked')
    expect(blockers).toMatch(/^keys: The name dated is taken/m)
  })

  test('a master key that is there, when one was to be created', async () => {
    await withCertificate("EXPIRY_DATE = '20350101'")
    const { code, blockers } = await refusedStart(good)
    expect(code).toBe('plan-blocked')
    expect(blockers).toMatch(/^keys: master has a database master key/m)
  })

  test('a right that is missing', async () => {
    await fault({ kind: 'denyPermission', permission: 'BACKUP DATABASE' })
    const { code, blockers } = await refusedStart(good)
    expect(code).toBe('plan-blocked')
    expect(blockers).toMatch(/^server: No backup of Payroll can be taken: this login has no right/m)
  })

  test('a server that changed between review and approval', async () => {
    const reviewed = await house.review(good)
    await withClient((client) =>
      client.run("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Somebody else 4711'"),
    )
    const before = await state()
    expect((await refusalOf(start(reviewed))).code).toBe('plan-drifted')
    expect((await refusalOf(start(reviewed))).code).toBe('plan-unknown')
    expect(await state()).toEqual(before)
  })
})

test('the server’s clock is years ahead: its refusal of the expired certificate is named, and undone', async () => {
  const reviewed = await house.review(good)
  await house.simulators.order({ command: 'clock', instance: server, days: 365 * 7 })
  const view = await settled(await start(reviewed))
  const { title, next } = problemIn(view)
  expect(`${title} ${next}`).toMatch(/expir|clock|KT_Backup_2026/i)
  await house.simulators.order({ command: 'clock', instance: server, days: 0 })
  expect((await undo(view)).state).toBe('undone')
  expect(withoutKeyCopies(await state())).toEqual(withoutKeyCopies(untouched))
})

describe('names that somebody took between review and run', () => {
  const fileOf = ({ plan }: ReviewedPlan): string => {
    const step = plan.steps.find(({ kind }) => kind === 'back-up-database')
    return readParams('back-up-database', step?.params ?? null).file
  }

  test('the backup file: it is not written over', async () => {
    const reviewed = await house.review(good)
    const file = fileOf(reviewed)
    await withClient((client) =>
      client.run(
        `BACKUP DATABASE [Inventory] TO DISK = N'${file}' WITH COPY_ONLY, DESCRIPTION = N'somebody else'`,
      ),
    )
    const view = await settled(await start(reviewed))
    expect(problemIn(view).title).toContain('Payroll_')
    const { rows } = await withClient((client) => client.run(`RESTORE HEADERONLY FROM DISK = N'${file}'`))
    expect(rows.map((row) => row['BackupDescription'])).toEqual(['somebody else'])
    expect((await undo(view)).state).toBe('undone')
    expect(withoutKeyCopies(await state())).toEqual(withoutKeyCopies(untouched))
  })

  test('the local file: it is not written over; out of the way, retry ends the run', async () => {
    const reviewed = await house.review(good)
    const step = reviewed.plan.steps.find(({ kind }) => kind === 'fetch-certificate-pair')
    const { certificateFile } = readParams('fetch-certificate-pair', step?.params ?? null)
    writeFileSync(join(house.escrow, certificateFile), 'somebody else')
    const view = await settled(await start(reviewed))
    expect(problemIn(view)).toMatchObject({ code: 'local-file-exists' })
    expect(problemIn(view).title).toContain(certificateFile)
    expect(readdirSync(house.escrow)).toEqual([certificateFile])
    rmSync(join(house.escrow, certificateFile))
    const done = await retry(view)
    expect(done.state).toBe('verified')
    expect(await state(done.id)).toEqual(expected)
  })
})

test('the person’s own folder is gone: nothing is lost, and with the folder back retry ends the run', async () => {
  const reviewed = await house.review(good)
  const aside = `${house.escrow}-aside`
  renameSync(house.escrow, aside)
  const view = await settled(await start(reviewed))
  expect(problemIn(view).code).toBe('local-folder-missing')
  renameSync(aside, house.escrow)
  const done = await retry(view)
  expect(done.state).toBe('verified')
  expect(await state(done.id)).toEqual(expected)
})
