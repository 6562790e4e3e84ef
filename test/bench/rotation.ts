/**
 * Rotation of the vault key of 200 databases: the product's run against FreeTDS `tsql` that sends the same T-SQL in one go.
 * Measured twice: with a vault that answers each request after 40 ms (a guess at the service's, as for `vault-inventory`),
 * and with one that answers at once, which leaves only what the program itself costs.
 *
 * Both sides: a simulated server as it was at its first start whose connector asks the simulated vault, 200 encrypted
 * databases under the older version of the vault key, and the plan of the wizard that puts them under the newest version:
 * credential, asymmetric key, login and mappings, then ALTER DATABASE ENCRYPTION KEY for each. The vault unwraps and
 * wraps once for each database on both sides.
 * Ours: from `runs.start` (the approved digest) to the end of the run: the script and what a run does more (facts read
 * again and compared, the server's lock, check before and read-back after each step, two flushed transitions of the
 * record per step), and the steps on the vault: the key's backup and the proof. Not in it: draft, facts, plan and review.
 * Reference ("tsql"): one process from its start to its end; every batch of T-SQL of the plan once, in order, with the
 * secret in its place. Not in it: the vault's steps, any check, any reading back, any record.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import { startProgram } from '../../electron/program.ts'
import type { Sandbox } from '../../electron/rehearsal/sandbox-process.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { Plan } from '../../shared/model/plan.ts'
import { askOf } from '../support/ask.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { simulatorsOf } from '../support/simulators.ts'
import {
  answersOfKeyRotation,
  applicationOfEstate,
  ekmEstate,
  protectorsOf,
  putUnderOldVersion,
  type KeyHouse,
} from '../support/vault-key-rotation-answers.ts'
import { serverName, startBenchServers } from './bench-server.ts'
import { inTurns, median, type Measured } from './report.ts'
import { runByTsql } from './tsql.ts'

const databaseBytes = 64 * 1024
const vaultLatencyMs = 40
const escrow = 'escrow'

interface Sent {
  ms: number
  steps: number
  /** Processor time of this process: what other work on the machine changes least. */
  cpuMs: number
}

export const measureRotation = async (
  count = 200,
  rounds = 3,
): Promise<{ lines: Measured[]; remark: string }> => {
  const databases = Array.from(
    { length: count },
    (_none, index) => `Shop_${String(index + 1).padStart(3, '0')}`,
  )
  const root = mkdtempSync(join(tmpdir(), 'keyturn-bench-rotation-'))
  const profile = join(root, 'profile')
  mkdirSync(join(root, escrow), { recursive: true })
  const sandbox = await startBenchServers(profile, [
    {
      name: serverName,
      connector: '15.0.2000.440',
      databases: databases.map((name) => ({ name, bytes: databaseBytes })),
      folders: ['D:\\Backup', 'D:\\Keys'],
    },
  ])
  try {
    const program = await startProgram({
      profile: 'rehearsal',
      dataFolder: profile,
      version: '0.0.0-bench',
      sandboxEntry,
      openProfile: () => Promise.resolve(),
      startFolder: root,
    })
    try {
      await program.ready()
      const house: KeyHouse = { program, ask: askOf(program), simulators: simulatorsOf(profile) }
      const measure = async (latencyMs: number) =>
        resultOf(
          `rotate-${count}-databases${latencyMs === 0 ? '-vault-at-once' : ''}`,
          await inTurns(
            rounds,
            () => ours(house, databases, latencyMs),
            () => theirs(house, sandbox, databases, latencyMs),
          ),
        )
      const results = [await measure(vaultLatencyMs), await measure(0)]
      return {
        lines: results.map(({ line }) => line),
        remark: results.map(({ remark }) => remark).join('\n'),
      }
    } finally {
      await program.close()
    }
  } finally {
    await sandbox.shutdown()
    rmSync(root, { recursive: true, force: true })
  }
}

const resultOf = (
  name: string,
  times: { ours: Sent[]; theirs: Sent[] },
): { line: Measured; remark: string } => {
  const value = median(times.ours.map(({ ms }) => ms))
  const reference = median(times.theirs.map(({ ms }) => ms))
  const steps = median(times.ours.map((sent) => sent.steps))
  const cpu = median(times.ours.map(({ cpuMs }) => cpuMs))
  return {
    remark: `${name}: ${steps} steps; ${cpu.toFixed(0)} ms of Keyturn’s own processor time`,
    line: {
      name,
      value,
      unit: 'ms',
      reference: { name: 'tsql', value: reference },
      goal: { word: '<=', ratio: 1.2 },
    },
  }
}

/** Both sides wait for the same vault; making the databases and looking at them afterwards does not. */
const withVault = async <Result>(
  { simulators }: KeyHouse,
  latencyMs: number,
  work: () => Promise<Result>,
): Promise<Result> => {
  const answersAfter = (milliseconds: number) =>
    simulators.order({ command: 'azure', order: { do: 'settings', change: { latencyMs: milliseconds } } })
  await answersAfter(latencyMs)
  try {
    return await work()
  } finally {
    await answersAfter(0)
  }
}

const ours = async (house: KeyHouse, databases: readonly string[], latencyMs: number): Promise<Sent> => {
  const { digest } = await freshPlan(house, databases)
  const { ask, program } = house
  const cpu = process.cpuUsage()
  const from = performance.now()
  const run = await withVault(house, latencyMs, async () => {
    const started = await ask('runs.start', { digest, ticket: 'BENCH-1', reason: 'benchmark' })
    await program.engine.settled(asRunId(started.run))
    return started.run
  })
  const ms = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  const view = program.engine.get(asRunId(run))
  if (view.state !== 'verified') {
    const failed = view.steps.find(({ problem }) => problem !== null)
    throw new Error(`the run ended as ${view.state}: ${failed?.id ?? ''} ${JSON.stringify(failed?.problem)}`)
  }
  await assertMoved(house, databases)
  return { ms, steps: view.steps.length, cpuMs: (user + system) / 1000 }
}

const theirs = async (
  house: KeyHouse,
  sandbox: Sandbox,
  databases: readonly string[],
  latencyMs: number,
): Promise<Sent> => {
  const { plan } = await freshPlan(house, databases)
  const server = sandbox.servers.find(({ name }) => name === serverName)
  if (!server) throw new Error(`no server ${serverName}`)
  const { secret } = await applicationOfEstate(house.simulators, ekmEstate.application)
  const ms = await withVault(house, latencyMs, () => runByTsql(server, batchesOf(plan, secret)))
  await assertMoved(house, databases)
  return { ms, steps: plan.steps.length, cpuMs: 0 }
}

const freshPlan = async (house: KeyHouse, databases: readonly string[]) => {
  const { ask } = house
  await ask('rehearsal.reset', {})
  await putUnderOldVersion(house, serverName, databases)
  const answers = await answersOfKeyRotation(house, {
    server: serverName,
    databases,
    place: await pickFolder(ask, escrow),
    changes: { to: 'newest' },
  })
  const draft = await saveDraft(ask, answers, 'vault-key-rotation')
  const { plan, digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(`the plan is blocked: ${JSON.stringify(advice.blockers)}`)
  return { plan, digest }
}

const batchesOf = ({ steps }: Plan, secret: string): string[] =>
  steps.flatMap(({ scripts }) =>
    scripts
      .filter(({ language }) => language === 'tsql')
      .map(({ parts }) => parts.map((part) => (typeof part === 'string' ? part : secret)).join('')),
  )

/** Neither side counts that did not do its work. */
const assertMoved = async (house: KeyHouse, databases: readonly string[]): Promise<void> => {
  const moved = (await protectorsOf(house, serverName)).filter(({ protector }) => protector === 'tde_new')
  if (moved.length !== databases.length)
    throw new Error(`${moved.length} databases are under the new key, not ${databases.length}`)
}
