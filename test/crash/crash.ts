/**
 * The crash matrix: for each job the main process is killed (SIGKILL) at every point of a run, started again, resumed,
 * and the end state is compared with that of a run that nobody disturbed. The simulated servers are a process of their
 * own that outlives the kill. Jobs with a long operation are also tried the other way round: the servers are killed,
 * and the program sees it (`server-kill.ts`).
 * `--short` takes a few points of each job, `--servers` only those at which the servers are killed; a job's id or a
 * scenario's name takes only that, `keyring` only the passphrase change of the keyring, `hsm-process` only the kills of a
 * module's process (`hsm-kill.ts`).
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
import { bundleLives } from './bundle.ts'
import type { ChildOrder, ChildReport, KillAt } from './child.ts'
import { hsmKillPoints } from './hsm-kill.ts'
import { keyringPoints, type PointCount } from './keyring-points.ts'
import { stopSimulators } from '../support/simulators.ts'
import { placeOfServerKill, serverKillsOf, type ServerKill } from './server-kill.ts'
import { localFolder, nameOf, scenarios, type CrashScenario } from './scenario.ts'

const short = process.argv.includes('--short')
/** Only the points at which the servers are killed. */
const serversOnly = process.argv.includes('--servers')
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
/** Each life reads the whole program: what the first one compiled serves all. */
const { folder: bundled, child, compiled } = await bundleLives()
process.on('exit', () => rmSync(bundled, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
/** Lives at once: one per core. */
const cores = 2
const chosen = scenarios.filter(
  (scenario) => only.length === 0 || only.includes(scenario.job) || only.includes(nameOf(scenario)),
)
/** Several jobs go side by side, since each begins with lives that wait for one another; one job has all cores. */
const lanes = chosen.length > 1 ? 1 : cores

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

/** What is wrong after kill and resume: nothing is a point that holds. `absent`: this run did not come by there. */
type Tried = readonly string[] | 'absent'

const tryPoint = async (
  what: CrashScenario,
  template: Trial,
  kill: KillAt,
  expected: ChildReport,
): Promise<Tried> => {
  const job = nameOf(what)
  const trial = openTrial(template)
  try {
    if (kill !== null && 'server' in kill) return await tryServerPoint(trial, job, kill, expected)
    if (kill !== null && 'module' in kill) return await tryModulePoint(trial, job, kill, expected)
    const first = await live(trial, { job, does: 'run', kill })
    if (!first.killed) return unlessFoundDone(first, kill, expected, 'the process was not killed')
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
): Promise<Tried> => {
  const life = await live(trial, { job, does: 'run', kill })
  const { report, errors } = life
  if (!report) return [`the process that saw its servers die failed\n${errors}`]
  if (report.lostServers === null)
    return unlessFoundDone(life, kill, expected, 'the servers were not killed, or the program did not see it')
  return faultsOf(report, expected)
}

/** One life of the program, which outlives the module's process. */
const tryModulePoint = async (
  trial: Trial,
  job: string,
  kill: KillAt,
  expected: ChildReport,
): Promise<Tried> => {
  const { report, errors } = await live(trial, { job, does: 'run', kill })
  if (!report) return [`the process that saw its module’s process die failed\n${errors}`]
  return report.killedAt === null ? ['no process of a module was killed'] : faultsOf(report, expected)
}

/** One kill at the first request of each kind. Logins are not among them: a PIN in doubt ends that run, see `hsm-kill.ts`. */
const moduleKillsOf = ({ killsModule }: CrashScenario, { asked }: ChildReport): KillAt[] =>
  killsModule === undefined
    ? []
    : [...new Set(asked)].filter((op) => op !== 'logIn').map((op) => ({ module: { moment: 'answered', op } }))

/**
 * A scan may end before the run comes to watch it: the step is found done and has no intent, so there is no such point
 * in this run, which then has to end as every run. Anything else is a fault.
 */
const unlessFoundDone = (
  { report, errors }: Life,
  kill: KillAt,
  expected: ChildReport,
  fault: string,
): Tried => {
  const at = kill !== null && 'at' in kill ? kill : null
  const foundDone =
    at !== null &&
    report?.steps.find(({ id }) => id === at.step)?.state === 'satisfied' &&
    !report.reached.some((one) => one.at === at.at && one.step === at.step)
  if (!foundDone) return [`${fault}\n${errors}`]
  const faults = faultsOf(report, expected)
  return faults.length === 0 ? 'absent' : faults
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
      : 'module' in kill
        ? `a module’s process, ${'op' in kill.module ? kill.module.op : kill.module.nth} ${kill.module.moment}`
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

interface Counted {
  points: number
  ok: number
  absent: number
}

const matrixOf = async (scenario: CrashScenario): Promise<Counted> => {
  const template = await prepared(scenario)
  try {
    const reference = await undisturbed(scenario, template)
    const edges: KillAt[] = reference.reached
    const middle: KillAt[] = (scenario.middle?.percents ?? []).map((percent) => ({ percent }))
    const servers = serverKillsOf(scenario, reference.reached)
    const modules = moduleKillsOf(scenario, reference)
    const all = [...edges, ...middle, ...servers, ...modules]
    const points = short
      ? [
          ...someOf(edges, scenario.shortPoints ?? 6),
          ...middle.slice(0, 1),
          ...servers.slice(0, 1),
          ...modules.filter((_, index) => index === Math.floor(modules.length / 2)),
        ]
      : all.filter((point) => !serversOnly || (point !== null && 'server' in point))
    const { length } = reference.steps
    console.log(`${nameOf(scenario)}: ${length} steps, ${points.length} of ${all.length} points`)
    const waiting = [...points]
    let ok = 0
    let absent = 0
    const work = async (): Promise<void> => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const tried = await tryPoint(scenario, template, point, reference)
        const what = `${nameOf(scenario)} ${placeOf(point)}`
        if (tried === 'absent') {
          absent += 1
          console.log(`absent  ${what}: in that run the step was found done already`)
        } else if (tried.length === 0) {
          ok += 1
          console.log(`ok      ${what}`)
        } else console.log(`FAILED  ${what}\n        ${tried.join('\n        ')}`)
      }
    }
    await Promise.all(Array.from({ length: lanes }, work))
    return { points: points.length, ok, absent }
  } finally {
    await template.end()
  }
}

/** Points beside the jobs, by the word that takes only them. */
const besideJobs: Readonly<Record<string, { says: string; tryAll(short: boolean): Promise<PointCount> }>> = {
  keyring: { says: 'keyring passphrase change', tryAll: keyringPoints },
  'hsm-process': { says: 'SIGKILL of a module’s process', tryAll: hsmKillPoints },
}
const matrixBeside = async (word: string): Promise<Counted> => {
  const beside = besideJobs[word]
  if (beside === undefined) throw new Error(`no points ${word}`)
  const counted = await beside.tryAll(short)
  console.log(`${beside.says}: ${counted.ok} of ${counted.points} points`)
  return { ...counted, absent: 0 }
}

let points = 0
let ok = 0
let absent = 0
const waitingJobs = chosen.map((scenario) => () => matrixOf(scenario))
for (const word of Object.keys(besideJobs))
  if ((only.length === 0 && !serversOnly) || only.includes(word)) waitingJobs.push(() => matrixBeside(word))
const nextJobs = async (): Promise<void> => {
  for (let job = waitingJobs.shift(); job !== undefined; job = waitingJobs.shift()) {
    const matrix = await job()
    points += matrix.points
    ok += matrix.ok
    absent += matrix.absent
  }
}
await Promise.all(Array.from({ length: cores / lanes }, nextJobs))
console.log(`crash: ${points} points, ${ok} ok${absent > 0 ? `, ${absent} not come by` : ''}`)
process.exit(ok + absent === points ? 0 : 1)
