/**
 * One life of the main process for the crash matrix: prepares a scenario, runs its job or resumes the run, and kills
 * itself (SIGKILL, no handler runs) at the point that it was told. Input: one JSON argument, no secrets. Output: one
 * JSON line.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import type { EngineProbe, ProbePoint } from '../../electron/engine/engine-deps.ts'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import type { JobId } from '../../shared/model/job.ts'
import { asRunId, type RunId } from '../../shared/model/ids.ts'
import { askOf } from '../support/ask.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { localFolder, scenarioOf, type CrashScenario, type Stage } from './scenario.ts'

export type KillAt = { at: ProbePoint; step: string } | { percent: number } | null

export interface ChildOrder {
  /** The profile's data folder. */
  folder: string
  job: JobId
  does: 'prepare' | 'run' | 'resume'
  kill: KillAt
}

export interface ChildReport {
  steps: { id: string; kind: string; state: string }[]
  state: string
  chain: boolean
  sealed: number
  proofs: string[]
  /** What the servers and the local folder hold, with times and random parts taken out. */
  endState: string[]
}

const killSelf = (): never => {
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way; nothing more may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

const live = async (order: ChildOrder): Promise<ChildReport> => {
  const scenario = scenarioOf(order.job)
  const probe: EngineProbe = {
    at: (point, step) => {
      if (order.kill && 'at' in order.kill && order.kill.at === point && order.kill.step === step) killSelf()
    },
  }
  const program = await startProgram({
    profile: 'rehearsal',
    dataFolder: order.folder,
    version: '0.0.0-crash',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    probe,
  })
  await program.ready()
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(order.folder) }
  const run = await act(stage, scenario, order)
  const report = await reportOn(stage, scenario, run)
  await program.close()
  return report
}

/** The run that it was about; null: none yet. */
const act = async (stage: Stage, scenario: CrashScenario, order: ChildOrder): Promise<RunId | null> => {
  const { program, ask } = stage
  const { engine } = program
  if (order.does === 'prepare') {
    await scenario.prepare?.(stage)
    return null
  }
  if (order.does === 'resume') {
    const [interrupted] = engine.list()
    if (!interrupted) throw new Error('there is no run to resume')
    const run = asRunId(interrupted.id)
    if (interrupted.endedAt === null) {
      await ask('runs.resume', { run })
      await engine.settled(run)
    }
    return run
  }
  if (order.kill && 'percent' in order.kill) await killInTheMiddle(stage, scenario, order.kill.percent)
  const draft = await saveDraft(ask, await scenario.answers(stage), scenario.job)
  const { digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
  const { run } = await ask('runs.start', { digest, ticket: 'CRASH-1', reason: 'crash matrix' })
  await engine.settled(asRunId(run))
  return asRunId(run)
}

/** Slow enough that the operation is still under way when its progress is told. */
const killInTheMiddle = async (stage: Stage, { middle }: CrashScenario, percent: number): Promise<void> => {
  if (middle === null) throw new Error('this scenario has no long operation')
  await middle.slow(stage)
  stage.program.engine.events.on('run-changed', ({ steps, plan }) => {
    const reached = steps.some(
      (step, index) =>
        plan.steps[index]?.kind === middle.kind &&
        step.state === 'applying' &&
        (step.progress?.percent ?? 0) >= percent,
    )
    if (reached) killSelf()
  })
}

const reportOn = async (
  { program }: Stage,
  scenario: CrashScenario,
  run: RunId | null,
): Promise<ChildReport> => {
  const { engine, record, keyring } = program
  const view = run ? engine.get(run) : null
  return {
    endState: run ? await endStates(program, scenario, run) : [],
    state: view?.state ?? 'none',
    steps:
      view?.plan.steps.map(({ id, kind }, index) => ({
        id,
        kind,
        state: view.steps[index]?.state ?? '',
      })) ?? [],
    chain: record.verifyChain().unbroken,
    sealed: keyring.sealedRuns().length,
    proofs:
      view?.steps.flatMap(({ proofs }) => proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`)) ??
      [],
  }
}

const endStates = async (
  program: Program,
  { servers, questions = {} }: CrashScenario,
  run: RunId,
): Promise<string[]> => {
  const lines: string[] = []
  for (const [index, server] of servers.entries()) {
    const local = index === 0 ? join(homedir(), localFolder) : null
    const state = await endStateOf(program, { server, localFolder: local, questions }, run)
    lines.push(...state.map((line) => `${server}: ${line}`))
  }
  return lines
}

scrubEnvironment()
const result = await live(JSON.parse(process.argv[2] ?? '{}') as ChildOrder)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
