/**
 * The crash matrix: for each job the main process is killed (SIGKILL) at every point of a run, started again, resumed,
 * and the end state is compared with that of a run that nobody disturbed. The simulated servers are a process of their
 * own that outlives the kill. Jobs with a long operation are also tried the other way round: the servers are killed,
 * and the program sees it (`server-kill.ts`).
 * `--short` takes a few points of each job, `--servers` only those at which the servers are killed; a job's id or a
 * scenario's name takes only that, `keyring` only the passphrase change of the keyring.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { probePoints } from '../../electron/engine/engine-deps.ts'
import type { ChildOrder, ChildReport, KillAt } from './child.ts'
import { keyringPoints } from './keyring-points.ts'
import { stopSimulators } from '../support/simulators.ts'
import { placeOfServerKill, serverKillsOf, type ServerKill } from './server-kill.ts'
import { localFolder, nameOf, scenarios, type CrashScenario } from './scenario.ts'

const short = process.argv.includes('--short')
/** Only the points at which the servers are killed. */
const serversOnly = process.argv.includes('--servers')
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const child = join(import.meta.dirname, 'child.ts')
/** Each life reads the whole program: what the first one compiled serves all. */
const compiled = mkdtempSync(join(tmpdir(), 'keyturn-crash-compiled-'))
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }))
/** Lives at once: one per core. */
const lanes = 2

interface Trial {
  root: string
  end(): Promise<void>
}

const openTrial = (template: Trial | null): Trial => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-crash-'))
  if (template === null) mkdirSync(join(root, 'home', localFolder), { recursive: true })
  else {
    // The line to the simulators belongs to the template's process.
    cpSync(template.root, root, { recursive: true, filter: (path) => basename(path) !== 'sandbox.json' })
    takeOwnPorts(join(root, 'profile', 'simulators'))
  }
  return {
    root,
    end: async () => {
      await stopSimulators(join(root, 'profile'))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** A server keeps its port over its own death; a copy of it gets another, or one trial would meet the servers of the next. */
const takeOwnPorts = (simulators: string): void => {
  for (const { name } of readdirSync(simulators, { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  )) {
    const file = join(simulators, name, 'host.json')
    if (!existsSync(file)) continue
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { port: number }
    writeFileSync(file, JSON.stringify({ ...kept, port: 0 }))
  }
}

interface Life {
  killed: boolean
  report: ChildReport | null
  errors: string
}

const live = (trial: Trial, order: Omit<ChildOrder, 'folder'>): Promise<Life> =>
  new Promise((resolve, reject) => {
    const started = spawn(
      process.execPath,
      [child, JSON.stringify({ ...order, folder: join(trial.root, 'profile') } satisfies ChildOrder)],
      {
        env: { ...process.env, HOME: join(trial.root, 'home'), NODE_COMPILE_CACHE: compiled },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let output = ''
    let errors = ''
    started.stdout.on('data', (part: Buffer) => (output += part.toString()))
    started.stderr.on('data', (part: Buffer) => (errors += part.toString()))
    started.once('error', reject)
    // Not at `exit`: the report may still be in the pipe then.
    started.once('close', (code, signal) => {
      const line = output.trim().split('\n').at(-1) ?? ''
      resolve({
        killed: signal === 'SIGKILL',
        report: code === 0 && line.startsWith('{') ? (JSON.parse(line) as ChildReport) : null,
        errors,
      })
    })
  })

/** A rehearsal where the job can begin; its simulators are stopped, so that its files can be copied. */
const prepared = async (what: CrashScenario): Promise<Trial> => {
  const job = nameOf(what)
  const trial = openTrial(null)
  const { report, errors } = await live(trial, { job, does: 'prepare', kill: null })
  await stopSimulators(join(trial.root, 'profile'))
  if (report === null) throw new Error(`${job} could not be prepared\n${errors}`)
  return trial
}

const undisturbed = async (what: CrashScenario, template: Trial): Promise<ChildReport> => {
  const job = nameOf(what)
  const trial = openTrial(template)
  try {
    const { report, errors } = await live(trial, { job, does: 'run', kill: null })
    if (report?.state !== 'verified')
      throw new Error(
        `the undisturbed run of ${job} ended as ${report?.state ?? 'nothing'}\n${errors}\n${JSON.stringify(report?.steps)}`,
      )
    return report
  } finally {
    await trial.end()
  }
}

/** What is wrong after kill and resume; an empty list is a point that holds. */
const tryPoint = async (
  what: CrashScenario,
  template: Trial,
  kill: KillAt,
  expected: ChildReport,
): Promise<string[]> => {
  const job = nameOf(what)
  const trial = openTrial(template)
  try {
    if (kill !== null && 'server' in kill) return await tryServerPoint(trial, job, kill, expected)
    const first = await live(trial, { job, does: 'run', kill })
    if (!first.killed) return [`the process was not killed\n${first.errors}`]
    const { report, errors } = await live(trial, { job, does: 'resume', kill: null })
    if (!report) return [`the resuming process failed\n${errors}`]
    return faultsOf(report, expected)
  } finally {
    await trial.end()
  }
}

/** One life of the program, which outlives the servers. */
const tryServerPoint = async (
  trial: Trial,
  job: string,
  kill: ServerKill,
  expected: ChildReport,
): Promise<string[]> => {
  const { report, errors } = await live(trial, { job, does: 'run', kill })
  if (!report) return [`the process that saw its servers die failed\n${errors}`]
  return [
    ...(report.lostServers === null ? ['the servers were not killed, or the program did not see it'] : []),
    ...faultsOf(report, expected),
  ]
}

const faultsOf = (report: ChildReport, expected: ChildReport): string[] => [
  ...(report.state === 'verified'
    ? []
    : [`the run ended as ${report.state}: ${JSON.stringify(report.steps)}`]),
  ...(report.chain ? [] : ['the chain of the record is broken']),
  ...(report.sealed === 0 ? [] : ['sealed secrets were left in the keyring']),
  ...differences(expected.endState, report.endState),
  ...differences(expected.proofs.toSorted(), report.proofs.toSorted()),
]

const differences = (expected: readonly string[], got: readonly string[]): string[] => [
  ...expected.filter((line) => !got.includes(line)).map((line) => `missing: ${line}`),
  ...got.filter((line) => !expected.includes(line)).map((line) => `too much: ${line}`),
  ...(expected.length === got.length ? [] : [`${got.length} lines instead of ${expected.length}`]),
]

const placeOf = (kill: KillAt): string =>
  kill === null
    ? 'none'
    : 'server' in kill
      ? placeOfServerKill(kill)
      : 'at' in kill
        ? `${kill.step} ${kill.at}`
        : `in the middle, at ${kill.percent} percent`

/** Evenly spread, the middle of the long operation among them. */
const someOf = (points: readonly KillAt[], most: number): KillAt[] =>
  points.length <= most
    ? [...points]
    : Array.from(
        { length: most },
        (_, index) => points[Math.floor(((index + 0.5) * points.length) / most)] ?? null,
      )

const matrixOf = async (scenario: CrashScenario): Promise<{ points: number; ok: number }> => {
  const template = await prepared(scenario)
  try {
    const reference = await undisturbed(scenario, template)
    const edges: KillAt[] = reference.steps.flatMap(({ id }) => probePoints.map((at) => ({ at, step: id })))
    const middle: KillAt[] = (scenario.middle?.percents ?? []).map((percent) => ({ percent }))
    const servers = serverKillsOf(scenario, reference.steps)
    const all = [...edges, ...middle, ...servers]
    const points = short
      ? [...someOf(edges, scenario.shortPoints ?? 6), ...middle.slice(0, 1), ...servers.slice(0, 1)]
      : all.filter((point) => !serversOnly || (point !== null && 'server' in point))
    const { length } = reference.steps
    console.log(`${nameOf(scenario)}: ${length} steps, ${points.length} of ${all.length} points`)
    const waiting = [...points]
    let ok = 0
    const work = async (): Promise<void> => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const faults = await tryPoint(scenario, template, point, reference)
        if (faults.length === 0) ok += 1
        console.log(
          faults.length === 0
            ? `ok      ${nameOf(scenario)} ${placeOf(point)}`
            : `FAILED  ${nameOf(scenario)} ${placeOf(point)}\n        ${faults.join('\n        ')}`,
        )
      }
    }
    await Promise.all(Array.from({ length: lanes }, work))
    return { points: points.length, ok }
  } finally {
    await template.end()
  }
}

let points = 0
let ok = 0
for (const scenario of scenarios) {
  if (only.length > 0 && !only.includes(scenario.job) && !only.includes(nameOf(scenario))) continue
  const matrix = await matrixOf(scenario)
  points += matrix.points
  ok += matrix.ok
}
if ((only.length === 0 && !serversOnly) || only.includes('keyring')) {
  const keyring = await keyringPoints(short)
  console.log(`keyring passphrase change: ${keyring.ok} of ${keyring.points} points`)
  points += keyring.points
  ok += keyring.ok
}
console.log(`crash: ${points} points, ${ok} ok`)
process.exit(ok === points ? 0 : 1)
