/**
 * Two people, two computers, one server: while one run has it, a run of the other is refused by the server's own lock,
 * and the holder is named. Neither data folder knows of the other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { asRunId, runMark } from '../../shared/model/ids.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { answersOfEncryptedBackup, saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { refusalOf } from '../support/refusal.ts'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

const server = 'ktr-sqlprod-01'
const folder = mkdtempSync(join(tmpdir(), 'keyturn-second-desktop-'))
let first: TestRehearsal
let second: Program
let askSecond: Ask

beforeAll(async () => {
  first = await openRehearsal()
  second = await startProgram({
    profile: 'main',
    dataFolder: folder,
    version: '0.0.0-test',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startFolder: first.home,
  })
  askSecond = askOf(second)
  await askSecond('keyring.create', { passphrase: new TextEncoder().encode('second desktop lantern 47') })
  await connectSecond()
})

afterAll(async () => {
  await second?.close()
  await first?.end()
  rmSync(folder, { recursive: true, force: true })
})

/** The second desktop's own connection, as a person makes it. */
const connectSecond = async (): Promise<void> => {
  const { port, caPem, logins } = await first.simulators.facts(server)
  const connection = {
    name: server,
    environment: 'test',
    host: 'localhost',
    port,
    instanceName: null,
    certificateName: null,
    encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: caPem } },
    authentication: { kind: 'sql-login', user: logins[0]?.name ?? '', password: null as string | null },
  }
  const { id } = await askSecond('connections.save', { id: null, connection })
  const { handle } = await askSecond('secrets.keep', {
    purpose: 'sql.login-password',
    target: id,
    label: 'Login',
    rule: 'login-password',
    bytes: new TextEncoder().encode(logins[0]?.password ?? ''),
  })
  connection.authentication.password = handle
  await askSecond('connections.save', { id, connection })
}

test('the second run is refused and names the first; when that has ended, nothing holds the server', async () => {
  const [ours, theirs] = await Promise.all(
    [first.ask, askSecond].map(async (ask, desktop) => {
      const wish = {
        server,
        databases: ['Payroll'],
        localFolder: null,
        certificateName: `KT_Desktop_${desktop}`,
      }
      const { answers } = await answersOfEncryptedBackup(ask, wish)
      return ask('wizard.review', { draft: await saveDraft(ask, { ...answers, compression: false }) })
    }),
  )
  if (!ours || !theirs) throw new Error('two plans were asked for')
  await first.simulators.order({
    command: 'fault',
    instance: server,
    fault: { kind: 'throttle', bytesPerSecond: 400_000 },
  })
  const underWay = Promise.withResolvers<undefined>()
  const off = first.program.engine.events.on('run-changed', ({ plan, steps }) => {
    const at = plan.steps.findIndex(({ kind }) => kind === 'back-up-database')
    if (steps[at]?.state === 'applying') underWay.resolve(undefined)
  })
  const approval = { ticket: 'DESK-1', reason: 'two desktops' }
  const run = asRunId((await first.ask('runs.start', { digest: ours.digest, ...approval })).run)
  await underWay.promise
  off()

  const problem = await refusalOf(askSecond('runs.start', { digest: theirs.digest, ...approval }))
  expect(problem.code).toBe('run-target-locked')
  expect(problem.title).toContain(server)
  expect(problem.title).toContain(runMark(run))
  expect(second.engine.list()).toEqual([])
  expect(second.keyring.sealedRuns()).toEqual([])

  await first.simulators.order({ command: 'clearFaults', instance: server })
  expect((await first.program.engine.settled(run)).state).toBe('verified')
  const left = await endStateOf(first.program, { server, localFolder: first.escrow }, run)
  expect(left.filter((line) => line.includes('KT_Desktop_1'))).toEqual([])
  expect(left.filter((line) => line.startsWith('application lock: '))).toEqual([])

  // The server changed meanwhile, so the second person reads a new plan instead of running the old one.
  const stale = await refusalOf(askSecond('runs.start', { digest: theirs.digest, ...approval }))
  expect(stale.code).toBe('plan-drifted')
  expect(await endStateOf(first.program, { server, localFolder: first.escrow }, run)).toEqual(left)
})
