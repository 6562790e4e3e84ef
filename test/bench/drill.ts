/**
 * A restore drill of a 1 GB database against the plain statements of its restore, on the same simulated server.
 *
 * Both sides: an encrypted full backup with checksums in a shared folder, an empty server that reaches it.
 * Ours: from `runs.start` (the approved digest) to the end of the run: facts read again, master key, certificate from
 * its files, headers, RESTORE, the checks, everything removed again, each step read back and recorded.
 * Reference: one connection that sends the statements alone. `plain-restore` is RESTORE DATABASE with the key in
 * place; what prepares and clears (key, certificate, DROP) is outside of its time. The drill that it is held against
 * leaves out the page check, which a plain restore does not do either. `restore-and-checkdb` adds DBCC CHECKDB, and
 * stands against the drill as it is suggested.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { askOf } from '../support/ask.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import {
  answersOfRestoreDrill,
  asAdministrator,
  backupsToDrill,
  drillFilePassword,
  drillServer,
  drillShare,
  drillSource,
} from '../support/restore-drill-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { startBenchServers } from './bench-server.ts'
import { inTurns, median, type Measured } from './report.ts'

const rounds = 3
const gigabyte = 2 ** 30
const database = 'Big'
const drives = [
  { letter: 'C', label: 'System', capacity: 2 * gigabyte },
  { letter: 'D', label: 'Data', capacity: 4 * gigabyte },
]

export const measureDrill = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const profile = mkdtempSync(join(tmpdir(), 'keyturn-bench-drill-'))
  const folders = ['D:\\Backup', 'D:\\Keys']
  const sandbox = await startBenchServers(profile, [
    { name: drillSource, databases: [{ name: database, bytes: gigabyte }], folders, drives },
    { name: drillServer, folders, drives, serviceAccount: 'KTR\\svc-bench' },
  ])
  try {
    const program = await startProgram({
      profile: 'rehearsal',
      dataFolder: profile,
      version: '0.0.0-bench',
      sandboxEntry,
      openProfile: () => Promise.resolve(),
    })
    try {
      await program.ready()
      const ask = askOf(program)
      await backupsToDrill({ program, ask, simulators: simulatorsOf(profile) }, { database, chain: false })
      const bare = await both(program, false)
      const checked = await both(program, true)
      return {
        remark: `drill-1-gb: ${(bare.value - bare.reference.value).toFixed(0)} ms more than the bare RESTORE; the last one: ${bare.parts}`,
        lines: [bare, checked],
      }
    } finally {
      await program.close()
    }
  } finally {
    await sandbox.shutdown()
    rmSync(profile, { recursive: true, force: true })
  }
}

const both = async (program: Program, consistency: boolean): Promise<Measured & { parts: string }> => {
  const times = await inTurns(
    rounds,
    () => drill(program, consistency),
    async () => ({ ms: await plain(program, consistency), parts: '' }),
  )
  const time = (all: readonly Drilled[]): number => median(all.map(({ ms }) => ms))
  return {
    parts: times.ours.at(-1)?.parts ?? '',
    name: consistency ? 'drill-1-gb-checked' : 'drill-1-gb',
    value: time(times.ours),
    unit: 'ms',
    reference: { name: consistency ? 'restore-and-checkdb' : 'plain-restore', value: time(times.theirs) },
    goal: { word: '<=', ratio: 1.25 },
  }
}

/** Where the time of a drill went, in words: `restore 14.2 s, read 0.4 s`. */
const partsOf = ({ plan, steps }: RunView): string =>
  plan.steps
    .flatMap(({ kind }, index) => {
      const step = steps[index]
      if (!step?.startedAt || !step.endedAt) return []
      const seconds = (Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000
      return seconds < 0.1 ? [] : [`${kind} ${seconds.toFixed(1)} s`]
    })
    .join(', ')

interface Drilled {
  ms: number
  parts: string
}

const drill = async (program: Program, consistency: boolean): Promise<Drilled> => {
  const ask = askOf(program)
  const answers = { ...(await answersOfRestoreDrill({ ask }, { database })), consistency }
  const draft = await saveDraft(ask, answers, 'restore-drill')
  const { digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(`the plan is blocked: ${JSON.stringify(advice.blockers)}`)
  const from = performance.now()
  const { run } = await ask('runs.start', { digest, ticket: 'BENCH-1', reason: 'benchmark' })
  const view = await program.engine.settled(asRunId(run))
  const { state, steps } = view
  const took = performance.now() - from
  if (state !== 'verified')
    throw new Error(
      `the drill ended as ${state}: ${JSON.stringify(steps.find(({ problem }) => problem)?.problem)}`,
    )
  return { ms: took, parts: partsOf(view) }
}

const plain = async (program: Program, consistency: boolean): Promise<number> => {
  const ask = askOf(program)
  const send = (...statements: string[]) => asAdministrator(program, ask, drillServer, statements)
  await send(
    `USE [master]; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Bench-Master-Key-1';`,
    `CREATE CERTIFICATE [Bench] FROM FILE = N'${drillShare}\\KT_Drill.cer' WITH PRIVATE KEY (FILE = N'${drillShare}\\KT_Drill.pvk', DECRYPTION BY PASSWORD = N'${drillFilePassword}');`,
  )
  const from = performance.now()
  await send(
    `USE [master]; RESTORE DATABASE [Bench] FROM DISK = N'${drillShare}\\full.bak' WITH MOVE N'${database}' TO N'D:\\Backup\\bench.mdf', MOVE N'${database}_log' TO N'D:\\Backup\\bench.ldf', RECOVERY, CHECKSUM, STATS = 5;`,
    ...(consistency ? ['DBCC CHECKDB ([Bench]);'] : []),
  )
  const took = performance.now() - from
  await send('USE [master]; DROP DATABASE [Bench]; DROP CERTIFICATE [Bench]; DROP MASTER KEY;')
  return took
}
