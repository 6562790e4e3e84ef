import type { Problem } from '../../shared/errors/problem.ts'
import { problemOf } from '../../shared/errors/problem.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { PlannedStep, RunSummary, RunView, StepProgress } from '../../shared/model/plan.ts'
import type { KindAndBody, ObjectRef, RecordOutcome } from '../../shared/model/record.ts'
import type { Record } from '../record/record.ts'
import type { RunWithSteps, StoredRun, StoredStep } from '../record/runs.ts'
import type { Clock } from '../ports/clock.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { endStates, next, type MachineEvent } from './run-machine.ts'
import { viewOf } from './run-view.ts'

const mostMessages = 200
const longestMessage = 500
const quietMs = 100

/** The record could not be written during a run: whatever the run did last, it must be looked at again. */
export class RecordLost extends Error {
  readonly problem: Problem

  constructor(cause: unknown) {
    super('the record could not be written', { cause })
    this.problem = problemOf(cause)
  }
}

export type RunEntry = KindAndBody & { outcome?: RecordOutcome; ordinal?: number }

export interface Change {
  entries: readonly RunEntry[]
  event?: MachineEvent
  run?: Partial<Pick<StoredRun, 'endedAt' | 'leftBecause'>>
  steps?: ReadonlyMap<number, Partial<StoredStep>>
  takeLocks?: readonly TargetId[]
}

export interface LiveRunOptions extends RunWithSteps {
  record: Record
  clock: Clock
  changed(view: RunView): void
}

/** One run in memory. What decides about resuming is in the record before it is here. */
export class LiveRun {
  #run: StoredRun
  #steps: StoredStep[]
  #progress = new Map<number, StepProgress>()
  #current: number | null = null
  #quiet: NodeJS.Timeout | null = null
  #abort = new AbortController()
  readonly #options: LiveRunOptions
  /** What the walk through the steps looks at between two steps. */
  stopAsked = false
  task: Promise<void> | null = null

  constructor(options: LiveRunOptions) {
    this.#options = options
    this.#run = options.run
    this.#steps = options.steps
  }

  get run(): StoredRun {
    return this.#run
  }

  get ended(): boolean {
    return endStates.includes(this.#run.state)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  planned(ordinal: number): PlannedStep {
    const step = this.#run.plan.steps[ordinal]
    if (step === undefined) throw new KeyturnError('internal')
    return step
  }

  step(ordinal: number): StoredStep {
    const step = this.#steps[ordinal]
    if (step === undefined) throw new KeyturnError('internal')
    return step
  }

  get steps(): readonly StoredStep[] {
    return this.#steps
  }

  /** Whether an event is possible now; throws `run-state` where not. */
  require(event: MachineEvent): void {
    if (next(this.#run, event) === null) {
      throw new KeyturnError('run-state', { run: this.#run.id, state: this.#run.state })
    }
  }

  /** Makes one transition durable, then visible. Throws `RecordLost`, and then nothing has changed here or there. */
  commit(change: Change): void {
    const moved = change.event === undefined ? null : next(this.#run, change.event)
    if (change.event !== undefined && moved === null) this.require(change.event)
    const run = { ...this.#run, ...change.run, ...moved }
    const steps = new Map(
      [...(change.steps ?? [])].map(([ordinal, patch]) => [ordinal, { ...this.step(ordinal), ...patch }]),
    )
    try {
      this.#options.record.commit({
        entries: change.entries.map((entry) => ({
          ...entry,
          outcome: entry.outcome ?? 'done',
          runId: run.id,
          objects: this.#objectsOf(entry),
        })),
        run,
        steps: change.takeLocks === undefined ? steps : new Map(this.#steps.entries()),
        ...(change.takeLocks === undefined ? { mayUseReserve: true } : { takeLocks: change.takeLocks }),
        releaseLocks: endStates.includes(run.state),
      })
    } catch (error) {
      throw new RecordLost(error)
    }
    this.#run = run
    for (const [ordinal, step] of steps) this.#steps[ordinal] = step
    if (this.ended) this.#progress.clear()
    this.announce()
  }

  /** A new attempt to walk through the steps begins. */
  startWalk(): void {
    this.stopAsked = false
    this.#abort = new AbortController()
  }

  stopNow(): void {
    this.#abort.abort()
  }

  /** The step that is being worked on; null: none. */
  focus(ordinal: number | null): void {
    this.#current = ordinal
  }

  get current(): number | null {
    return this.#current
  }

  /** Changes what is seen of a step, not what is recorded of it. */
  show(ordinal: number, patch: Partial<StoredStep>): void {
    this.#steps[ordinal] = { ...this.step(ordinal), ...patch }
    this.announce()
  }

  progress(ordinal: number, progress: StepProgress | null): void {
    if (progress === null) this.#progress.delete(ordinal)
    else this.#progress.set(ordinal, { ...progress, message: cut(progress.message) })
    this.#announceSoon()
  }

  say(ordinal: number, message: string): void {
    const step = this.step(ordinal)
    if (step.messages.length >= mostMessages) return
    this.#steps[ordinal] = { ...step, messages: [...step.messages, cut(message)] }
    this.#announceSoon()
  }

  /** The record can't be written: in memory the run is interrupted; the file says the same after a restart. */
  lost(problem: Problem): void {
    const moved = next(this.#run, 'died')
    if (moved !== null) this.#run = { ...this.#run, ...moved }
    if (this.#current !== null) this.show(this.#current, { problem, state: 'not-verified' })
    this.announce()
  }

  view(): RunView {
    return viewOf(this.#run, this.#steps, this.#progress, this.#current)
  }

  summary(): RunSummary {
    return summaryOf({ run: this.#run, steps: this.#steps })
  }

  announce(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet)
    this.#quiet = null
    this.#options.changed(this.view())
  }

  #announceSoon(): void {
    this.#quiet ??= setTimeout(() => this.announce(), quietMs).unref()
  }

  #objectsOf(entry: RunEntry): ObjectRef[] {
    const run: ObjectRef = { type: 'run', id: this.#run.id, name: this.#run.title }
    if (entry.ordinal === undefined) {
      return [run, ...this.#run.plan.targets.map(({ ref }) => targetRef(ref))]
    }
    const step = this.planned(entry.ordinal)
    return [run, { type: 'step', id: step.id, name: step.title }, targetRef(step.target)]
  }
}

const targetRef = ({ id, name }: PlannedStep['target']): ObjectRef => ({ type: 'target', id, name })

/** Control characters of a hostile server have no business in a list of messages. */
const cut = (message: string): string => message.replace(/\p{Cc}+/gu, ' ').slice(0, longestMessage)

export const summaryOf = ({ run, steps }: RunWithSteps): RunSummary => ({
  id: run.id,
  job: run.job,
  title: run.title,
  state: run.state,
  targets: run.plan.targets.map((target) => target.ref),
  startedAt: run.startedAt,
  endedAt: run.endedAt,
  stepsDone: steps.filter((step) => ['verified', 'satisfied'].includes(step.state)).length,
  stepsTotal: steps.length,
})
