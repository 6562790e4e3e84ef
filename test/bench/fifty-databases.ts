/**
 * The encrypted backup of 50 databases: the product's run against FreeTDS `tsql` that sends the same script.
 *
 * Both sides: a simulated server as it was at its first start (master without keys, 50 databases of 8 MB,
 * its own process), the plan of the wizard for it (master key, certificate, their files and the proof that these open,
 * then a backup and a RESTORE VERIFYONLY per database), over TLS.
 * Ours: from `runs.start` (the approved digest) to the end of the run. That is the script and, around it, what a run
 * does more: facts read again and compared, the server's lock, check before and read-back after each step, two flushed
 * transitions of the record per step, sealed secrets filled in and erased. Not in it: draft, facts, plan and review.
 * Reference ("tsql"): one process from its start to its end, so its login is in it; every batch of the plan once, in
 * order, with other passwords in the same places. Not in it: any check, any reading back, any record.
 * What a run does more takes the same time whatever a database's size, so the remark tells it by step: with databases of
 * half a megabyte the ratio would be a multiple of this one.
 * The local copy of the certificate is left out on both sides: `tsql` can't write one.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { refOf } from '../../electron/profile/target-ref.ts'
import type { Sandbox } from '../../electron/rehearsal/sandbox-process.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Plan } from '../../shared/model/plan.ts'
import { askOf, type Ask } from '../support/ask.ts'
import { draftEncryptedBackup } from '../support/encrypted-backup-answers.ts'
import { serverName, startBenchServer } from './bench-server.ts'
import { inTurns, median, type Measured } from './report.ts'
import { runByTsql } from './tsql.ts'

const rounds = 3
const databases = Array.from({ length: 50 }, (_none, index) => `Shop_${String(index + 1).padStart(2, '0')}`)

export const measureFiftyDatabases = async (): Promise<{ lines: Measured[]; remark: string }> => {
  const profile = mkdtempSync(join(tmpdir(), 'keyturn-bench-run-'))
  const sandbox = await startBenchServer(profile, databases)
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
      const times = await inTurns(
        rounds,
        () => ours(program),
        () => theirs(program, sandbox),
      )
      return resultOf(times)
    } finally {
      await program.close()
    }
  } finally {
    await sandbox.shutdown()
    rmSync(profile, { recursive: true, force: true })
  }
}

interface Sent {
  ms: number
  steps: number
  /** Processor time of this process: what other work on the machine changes least. */
  cpuMs: number
}

const resultOf = (times: { ours: Sent[]; theirs: Sent[] }): { lines: Measured[]; remark: string } => {
  const time = (sent: Sent[]): number => median(sent.map(({ ms }) => ms))
  const value = time(times.ours)
  const reference = time(times.theirs)
  const steps = median(times.ours.map((sent) => sent.steps))
  const perStep = (ms: number): string => (ms / steps).toFixed(1)
  const cpu = perStep(median(times.ours.map(({ cpuMs }) => cpuMs)))
  return {
    remark: `run-50-databases: ${perStep(value - reference)} ms more per step than the bare script, ${steps} steps; ${cpu} ms of Keyturn’s own processor time per step`,
    lines: [
      {
        name: 'run-50-databases',
        value,
        unit: 'ms',
        reference: { name: 'tsql', value: reference },
        goal: { word: '<=', ratio: 1.2 },
      },
    ],
  }
}

const ours = async (program: Program): Promise<Sent> => {
  const { ask, digest } = await freshPlan(program)
  const cpu = process.cpuUsage()
  const from = performance.now()
  const { run } = await ask('runs.start', { digest, ticket: 'BENCH-1', reason: 'benchmark' })
  await program.engine.settled(asRunId(run))
  const took = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  const view = program.engine.get(asRunId(run))
  if (view.state !== 'verified') {
    const failed = view.steps.find(({ problem }) => problem !== null)
    throw new Error(
      `the run ended as ${view.state}: ${failed?.id ?? ''} ${JSON.stringify(failed?.problem ?? '')}`,
    )
  }
  await assertBackedUp(program)
  return { ms: took, steps: view.steps.length, cpuMs: (user + system) / 1000 }
}

const theirs = async (program: Program, sandbox: Sandbox): Promise<Sent> => {
  const { plan } = await freshPlan(program)
  const server = sandbox.servers.find(({ name }) => name === serverName)
  if (!server) throw new Error(`no server ${serverName}`)
  const took = await runByTsql(server, batchesOf(plan))
  await assertBackedUp(program)
  return { ms: took, steps: plan.steps.length, cpuMs: 0 }
}

const freshPlan = async (program: Program) => {
  await program.rehearsal?.reset()
  const ask: Ask = askOf(program)
  const { draft } = await draftEncryptedBackup(ask, { server: serverName, databases, localFolder: null })
  const { plan, digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(`the plan is blocked: ${JSON.stringify(advice.blockers)}`)
  return { ask, plan, digest }
}

/** The same hole is the same secret throughout a plan, so any password will do that is the same each time. */
const batchesOf = ({ steps }: Plan): string[] =>
  steps.flatMap(({ scripts }) =>
    scripts.map(({ parts }) =>
      parts.map((part) => (typeof part === 'string' ? part : `Bench-${part.hole}-2026`)).join(''),
    ),
  )

/** Neither side counts that did not do its work. */
const assertBackedUp = async (program: Program): Promise<void> => {
  const found = (await askOf(program)('connections.list', {})).find(
    ({ connection }) => connection.name === serverName,
  )
  if (!found) throw new Error(`no connection ${serverName}`)
  const server = await program.servers.open(refOf(found.connection))
  const [row] = await server.query(
    'SELECT COUNT(*) AS backups FROM msdb.dbo.backupset AS bs WHERE bs.encryptor_thumbprint IS NOT NULL',
  )
  if (Number(row?.['backups']) !== databases.length)
    throw new Error(`${String(row?.['backups'])} encrypted backups are on record, not ${databases.length}`)
}
