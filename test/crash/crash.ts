/**
 * The crash matrix: the main process is killed (SIGKILL) at every point of an encrypted backup, started again, resumed,
 * and the end state is compared with that of a run that nobody disturbed. The simulated server is a process of its own
 * that outlives the kill. `--short` takes every third point.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probePoints } from '../../electron/engine/engine-deps.ts'
import type { ChildOrder, ChildReport, KillAt } from './child.ts'
import { keyringPoints } from './keyring-points.ts'
import { stopSimulators } from '../support/simulators.ts'

const short = process.argv.includes('--short')
const child = join(import.meta.dirname, 'child.ts')
const base = { server: 'ktr-sqlprod-01', databases: ['Sales'], localFolder: 'escrow' }
/** Lives at once: one per core. */
const lanes = 2

interface Trial {
  root: string
  end(): Promise<void>
}

const openTrial = (): Trial => {
  const root = mkdtempSync(join(tmpdir(), 'keyturn-crash-'))
  mkdirSync(join(root, 'home', base.localFolder), { recursive: true })
  return {
    root,
    end: async () => {
      await stopSimulators(join(root, 'profile'))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

interface Life {
  killed: boolean
  report: ChildReport | null
  errors: string
}

const live = (trial: Trial, does: ChildOrder['does'], kill: KillAt): Promise<Life> =>
  new Promise((resolve) => {
    const order: ChildOrder = { ...base, folder: join(trial.root, 'profile'), does, kill }
    const started = spawn(process.execPath, [child, JSON.stringify(order)], {
      env: { ...process.env, HOME: join(trial.root, 'home') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let errors = ''
    started.stdout.on('data', (part: Buffer) => (output += part.toString()))
    started.stderr.on('data', (part: Buffer) => (errors += part.toString()))
    started.once('exit', (code, signal) => {
      const line = output.trim().split('\n').at(-1) ?? ''
      resolve({
        killed: signal === 'SIGKILL',
        report: code === 0 && line.startsWith('{') ? (JSON.parse(line) as ChildReport) : null,
        errors,
      })
    })
  })

const undisturbed = async (): Promise<ChildReport> => {
  const trial = openTrial()
  try {
    const { report, errors } = await live(trial, 'run', null)
    if (report?.state !== 'verified')
      throw new Error(`the undisturbed run ended as ${report?.state ?? 'nothing'}\n${errors}`)
    return report
  } finally {
    await trial.end()
  }
}

/** What is wrong after kill and resume; an empty list is a point that holds. */
const tryPoint = async (kill: KillAt, expected: ChildReport): Promise<string[]> => {
  const trial = openTrial()
  try {
    const first = await live(trial, 'run', kill)
    if (!first.killed) return [`the process was not killed\n${first.errors}`]
    const { report, errors } = await live(trial, 'resume', null)
    if (!report) return [`the resuming process failed\n${errors}`]
    return [
      ...(report.state === 'verified'
        ? []
        : [`the run ended as ${report.state}: ${JSON.stringify(report.steps)}`]),
      ...(report.chain ? [] : ['the chain of the record is broken']),
      ...(report.sealed === 0 ? [] : ['sealed secrets were left in the keyring']),
      ...differences(expected.endState, report.endState),
      ...differences(expected.proofs.toSorted(), report.proofs.toSorted()),
    ]
  } finally {
    await trial.end()
  }
}

const differences = (expected: readonly string[], got: readonly string[]): string[] => [
  ...expected.filter((line) => !got.includes(line)).map((line) => `missing: ${line}`),
  ...got.filter((line) => !expected.includes(line)).map((line) => `too much: ${line}`),
  ...(expected.length === got.length ? [] : [`${got.length} lines instead of ${expected.length}`]),
]

const nameOf = (kill: KillAt): string =>
  kill === null ? 'none' : 'at' in kill ? `${kill.step} ${kill.at}` : `backup at ${kill.percent} percent`

const reference = await undisturbed()
const all: KillAt[] = [
  ...reference.steps.flatMap(({ id }) => probePoints.map((at) => ({ at, step: id }))),
  ...[10, 50, 90].map((percent) => ({ percent })),
]
const points = short ? all.filter((_point, index) => index % 3 === 0) : all
console.log(`crash: ${reference.steps.length} steps, ${points.length} of ${all.length} points`)

const waiting = [...points]
let ok = 0
const work = async (): Promise<void> => {
  for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
    const faults = await tryPoint(point, reference)
    if (faults.length === 0) ok += 1
    console.log(
      faults.length === 0
        ? `ok      ${nameOf(point)}`
        : `FAILED  ${nameOf(point)}\n        ${faults.join('\n        ')}`,
    )
  }
}
await Promise.all(Array.from({ length: lanes }, work))
const keyring = await keyringPoints(short)
console.log(`crash: keyring passphrase change, ${keyring.points} points, ${keyring.ok} ok`)
const total = { points: points.length + keyring.points, ok: ok + keyring.ok }
console.log(`crash: ${total.points} points, ${total.ok} ok`)
process.exit(total.ok === total.points ? 0 : 1)
