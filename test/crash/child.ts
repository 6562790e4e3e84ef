/**
 * One life of the main process for the crash matrix: takes an encrypted backup in a rehearsal, or resumes one, and
 * kills itself (SIGKILL, no handler runs) at the point that it was told. Input: one JSON argument, no secrets. Output:
 * one JSON line.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import type { EngineProbe, ProbePoint } from '../../electron/engine/engine-deps.ts'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { startProgram } from '../../electron/program.ts'
import { asRunId, type RunId } from '../../shared/model/ids.ts'
import { simulatorsOf } from '../support/simulators.ts'
import { askOf } from '../support/ask.ts'
import { endStateOf } from '../support/end-state.ts'
import { draftEncryptedBackup } from '../support/encrypted-backup-answers.ts'

export type KillAt = { at: ProbePoint; step: string } | { percent: number } | null

export interface ChildOrder {
  folder: string
  server: string
  databases: string[]
  localFolder: string
  does: 'run' | 'resume' | 'plan'
  kill: KillAt
}

export interface ChildReport {
  steps: { id: string; kind: string; state: string }[]
  state: string
  run: RunId | null
  chain: boolean
  sealed: number
  proofs: string[]
  /** What the server and the local folder hold, with times and random parts taken out. */
  endState: string[]
}

const killSelf = (): never => {
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way; nothing more may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

const live = async (order: ChildOrder): Promise<ChildReport> => {
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
  const ask = askOf(program)
  const { engine, record, keyring } = program
  const percent = order.kill && 'percent' in order.kill ? order.kill.percent : null
  if (percent !== null) {
    // Slow enough that the backup is still under way when its progress is told.
    const fault = { kind: 'throttle', bytesPerSecond: 4_000_000 } as const
    await simulatorsOf(order.folder).order({ command: 'fault', instance: order.server, fault })
    engine.events.on('run-changed', ({ steps }) => {
      if (steps.some((step) => step.state === 'applying' && (step.progress?.percent ?? 0) >= percent))
        killSelf()
    })
  }

  const report = async (run: RunId | null): Promise<ChildReport> => {
    const view = run ? engine.get(run) : null
    return {
      endState: run
        ? await endStateOf(
            program,
            { server: order.server, localFolder: join(homedir(), order.localFolder) },
            run,
          )
        : [],
      run,
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
        view?.steps.flatMap(({ proofs }) =>
          proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`),
        ) ?? [],
    }
  }

  let result: ChildReport
  if (order.does === 'resume') {
    const [interrupted] = engine.list()
    if (!interrupted) throw new Error('there is no run to resume')
    const run = asRunId(interrupted.id)
    if (interrupted.endedAt === null) {
      await ask('runs.resume', { run })
      await engine.settled(run)
    }
    result = await report(run)
  } else {
    const { draft } = await draftEncryptedBackup(ask, order)
    const reviewed = await ask('wizard.review', { draft })
    if (order.does === 'plan') {
      result = {
        ...(await report(null)),
        steps: reviewed.plan.steps.map(({ id, kind }) => ({ id, kind, state: 'planned' })),
      }
    } else {
      const { run } = await ask('runs.start', {
        digest: reviewed.digest,
        ticket: 'CRASH-1',
        reason: 'crash matrix',
      })
      await engine.settled(asRunId(run))
      result = await report(asRunId(run))
    }
  }
  await program.close()
  return result
}

scrubEnvironment()
const result = await live(JSON.parse(process.argv[2] ?? '{}') as ChildOrder)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
