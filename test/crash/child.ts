/**
 * One life of the main process for the crash matrix: prepares a scenario, runs its job or resumes the run, and kills
 * itself (SIGKILL, no handler runs) at the point that it was told. Input: one JSON argument, no secrets. Output: one
 * JSON line.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import type { ProbePoint } from '../../electron/engine/engine-deps.ts'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { startProgram } from '../../electron/program.ts'
import { asRunId, type RunId } from '../../shared/model/ids.ts'
import { askOf } from '../support/ask.ts'
import { saveDraft } from '../support/encrypted-backup-answers.ts'
import { endStateOf } from '../support/end-state.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { clearAnswers, watchHsm, type HsmKill, type HsmWatch } from './hsm-watch.ts'
import { localFolder, scenarioOf, type CrashScenario, type Stage } from './scenario.ts'
import { serverLoss, whenItReached, type ServerKill, type ServerLoss } from './server-kill.ts'

/** The program itself, the servers that it works on, or the process of a token's module. */
export type KillAt =
  { at: ProbePoint; step: string } | { percent: number } | ServerKill | { module: HsmKill } | null

export interface ChildOrder {
  /** The profile's data folder. */
  folder: string
  /** Name of the scenario: its job's id, where there is one only. */
  job: string
  does: 'prepare' | 'run' | 'resume'
  kill: KillAt
}

export interface ChildReport {
  steps: { id: string; kind: string; state: string }[]
  /** Where this life came by. A step that was found done already has no intent. */
  reached: { at: ProbePoint; step: string }[]
  state: string
  chain: boolean
  sealed: number
  proofs: string[]
  /** What was asked of a token since the run began, in order. */
  asked: readonly string[]
  /** The request at which its module's process was killed; null: it was not. */
  killedAt: string | null
  /** The code under which the program saw that the servers were gone; null: they were not, or it did not. */
  lostServers: string | null
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
  const { kill } = order
  const reached: ChildReport['reached'] = []
  const loss = kill !== null && 'server' in kill ? serverLoss(order.folder, kill) : null
  const watch = watchHsm()
  const program = await startProgram({
    profile: 'rehearsal',
    dataFolder: order.folder,
    version: '0.0.0-crash',
    sandboxEntry,
    openProfile: () => Promise.resolve(),
    startHsmProcess: watch.start,
    probe: {
      at: async (point, step) => {
        reached.push({ at: point, step })
        if (kill && 'at' in kill && !('server' in kill) && kill.at === point && kill.step === step) killSelf()
        await loss?.at(point, step)
      },
    },
  })
  await program.ready()
  const stage: Stage = { program, ask: askOf(program), simulators: simulatorsOf(order.folder) }
  const run = await act(stage, scenario, order, loss, watch)
  const [asked, killedAt] = [watch.asked(), watch.killedAt()]
  const report = { ...(await reportOn(stage, scenario, run, loss)), reached, asked, killedAt }
  await program.close()
  return report
}

/** The run that it was about; null: none yet. */
const act = async (
  stage: Stage,
  scenario: CrashScenario,
  order: ChildOrder,
  loss: ServerLoss | null,
  watch: HsmWatch,
): Promise<RunId | null> => {
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
      await scenario.middle?.letGo?.(stage)
      await ask('runs.resume', { run })
      await settledWithHelp(stage, scenario, run, loss)
    }
    return run
  }
  await loss?.arm(stage, scenario)
  if (order.kill && 'percent' in order.kill && !('server' in order.kill))
    await killInTheMiddle(stage, scenario, order.kill.percent)
  const draft = await saveDraft(ask, await scenario.answers(stage), scenario.job)
  const { digest, advice } = await ask('wizard.review', { draft })
  if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
  watch.begin(order.kill && 'module' in order.kill ? order.kill.module : null)
  const start = () => ask('runs.start', { digest, ticket: 'CRASH-1', reason: 'crash matrix' })
  const { run } = await start().catch((error: unknown) => {
    // A start reads the token once more. Refused there, nothing has begun, and the person presses Run again.
    if (watch.killedAt() === null) throw error
    return start()
  })
  await settledWithHelp(stage, scenario, asRunId(run), loss)
  if (watch.killedAt() !== null) await retryOnce(stage, asRunId(run))
  return asRunId(run)
}

/** A step whose token's process was killed has said so; the person presses Retry. */
const retryOnce = async ({ program, ask }: Stage, run: RunId): Promise<void> => {
  const { state, steps } = program.engine.get(run) ?? { state: 'none', steps: [] }
  const code = steps.find(({ problem }) => problem !== null)?.problem?.code ?? ''
  if (state !== 'waiting-for-decision' || !clearAnswers.test(code)) return
  await ask('runs.retry', { run })
  await program.engine.settled(run)
}

/** A run may wait for what a person does outside of the program, more than once. */
const settledWithHelp = async (
  stage: Stage,
  { help }: CrashScenario,
  run: RunId,
  loss: ServerLoss | null,
): Promise<void> => {
  const { engine } = stage.program
  const asked = new Set<string>()
  for (;;) {
    const view = await engine.settled(run)
    const failed = view.steps.find(({ problem }) => problem !== null)?.problem
    if (view.state !== 'waiting-for-decision' || failed === null || failed === undefined) return
    if (!(await loss?.mended(failed))) {
      // The same answer twice is no progress: the report shows it.
      if (help === undefined || asked.has(failed.code)) return
      asked.add(failed.code)
      await help(stage, failed.code, view)
    }
    await stage.ask('runs.retry', { run })
  }
}

/** Slow enough that the operation is still under way when its progress is told. */
const killInTheMiddle = async (stage: Stage, { middle }: CrashScenario, percent: number): Promise<void> => {
  if (middle === null) throw new Error('this scenario has no long operation')
  await middle.slow(stage, percent)
  whenItReached(stage, middle.kind, percent, killSelf)
}

const reportOn = async (
  stage: Stage,
  scenario: CrashScenario,
  run: RunId | null,
  loss: ServerLoss | null,
): Promise<Omit<ChildReport, 'reached' | 'asked' | 'killedAt'>> => {
  const { engine, record, keyring } = stage.program
  const view = run ? engine.get(run) : null
  return {
    endState: run ? await endStates(stage, scenario, run) : [],
    state: view?.state ?? 'none',
    steps:
      view?.plan.steps.map(({ id, kind }, index) => ({
        id,
        kind,
        state: view.steps[index]?.state ?? '',
      })) ?? [],
    chain: record.verifyChain().unbroken,
    sealed: keyring.sealedRuns().length,
    lostServers: loss?.seenAs() ?? null,
    proofs:
      view?.steps.flatMap(({ proofs }) => proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`)) ??
      [],
  }
}

const endStates = async (
  stage: Stage,
  { servers, questions = {}, endState }: CrashScenario,
  run: RunId,
): Promise<string[]> => {
  const { program } = stage
  const lines: string[] = []
  for (const [index, server] of servers.entries()) {
    const local = index === 0 ? join(homedir(), localFolder) : null
    const state = await endStateOf(program, { server, localFolder: local, questions }, run)
    lines.push(...state.map((line) => `${server}: ${line}`))
  }
  return [...lines, ...((await endState?.(stage, run)) ?? [])]
}

scrubEnvironment()
const result = await live(JSON.parse(process.argv[2] ?? '{}') as ChildOrder)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
