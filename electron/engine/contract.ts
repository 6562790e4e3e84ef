import type { Evidence, KeyCopyProof } from '../../shared/model/evidence.ts'
import type { Problem } from '../../shared/errors/problem.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { Json, PlannedStep, StepProgress, StepRunView } from '../../shared/model/plan.ts'
import type { HandleId, RunId, TargetId } from '../../shared/model/ids.ts'
import type { Plan, PlanAdvice } from '../../shared/model/plan.ts'
import type { KindAndBody, RecordOutcome, ResultKind } from '../../shared/model/record.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { Clock } from '../ports/clock.ts'
import type { AzurePorts } from '../ports/azure.ts'
import type { HsmToken } from '../ports/hsm.ts'
import type { HsmTargets } from '../ports/hsm-targets.ts'
import type { HandleInfo } from '../ports/keyring.ts'
import type { Places } from '../ports/places.ts'
import type { PowerShellHosts } from '../ports/powershell-host.ts'
import type { KnownServer, SqlServer, SqlSession } from '../ports/sql-server.ts'
import type { Verdicts } from '../ports/verdicts.ts'
import type { Keeper } from './keeper.ts'

/**
 * What a job gives the engine. The engine knows no job by name: the composition root hands it a list of these.
 */
export interface Job<Draft = unknown, Facts = unknown> {
  id: JobId
  /** Accepts what the window sent or throws `answers-incomplete` with the fields named. */
  parse(draft: unknown): Draft
  /** Reads the targets; changes nothing. Required permission is named per fact where it is missing. */
  readFacts(draft: Draft, reader: PlanReader): Promise<Facts>
  /** Pure and deterministic: same draft, facts and run id give the same plan, byte for byte. */
  plan(draft: Draft, facts: Facts, runId: RunId): PlanOutcome
  steps: Readonly<Record<string, StepHandler>>
  /** Sentences for the result page: what nobody checked in a run of this plan. Pure. */
  notChecked(plan: Plan): readonly string[]
  /**
   * What the record keeps of a run beside its steps, written with its last entry; absent: nothing. Pure. The kinds are
   * a closed list (`resultKinds`).
   */
  results?(ended: EndedRun): readonly RunResult[]
}

/** A run in the moment in which it ends, whichever way. */
export interface EndedRun {
  how: 'verified' | 'undone' | 'left'
  plan: Plan
  startedAt: string
  endedAt: string
  /** In the order of the plan. An undo takes the problem of a step away; `lastFailure` still has it. */
  steps: readonly Pick<StepRunView, 'state' | 'startedAt' | 'endedAt' | 'evidence' | 'proofs'>[]
  /** Null: no step failed, or every one that did was verified when it was tried again. */
  lastFailure: { step: string; problem: Problem } | null
}

export interface RunResult {
  entry: Extract<KindAndBody, { kind: ResultKind }>
  outcome: RecordOutcome
}

export interface PlanOutcome {
  plan: Plan
  advice: PlanAdvice
}

export interface FactReader {
  sqlServer(target: PlannedStep['target']): Promise<SqlServer>
  azure: AzurePorts
  hosts: PowerShellHosts
  /** Tokens; reading needs no PIN and tries none. */
  hsms: HsmTargets
  /** What may be known about a kept secret: the plan names its generation, so that replacing it changes the digest. */
  secretInfo(handle: HandleId): Pick<HandleInfo, 'generation' | 'label'> | null
  /** The secrets that are kept for one use on one target, so that a person can choose one instead of typing it. */
  keptFor(target: TargetId, purpose: SecretPurpose): readonly Pick<HandleInfo, 'id' | 'label' | 'keptAt'>[]
  /** The person's connections, to find the one of a replica that a catalog names. */
  knownServers(): readonly KnownServer[]
  /** The review says what the steps will ask again. */
  verdicts: Verdicts
  clock: Clock
  places: Places
}

export interface PlanReader extends FactReader {
  /**
   * When the plan is made for the first time. While the plan of an approval is made again this stays what it was: a day
   * that is in a name may not drift because midnight passed between review and start.
   */
  plannedAt: Date
}

/** The verbs of one kind of step. All of them may be called again after a crash. */
export interface StepHandler {
  /**
   * Reads whether the step's effect is there. Review, apply, resume and retry ask the same question. `foreign` means:
   * something of that name is there that this run did not make.
   */
  check(ctx: StepContext): Promise<CheckResult>
  /** Makes the effect. Called only after its intent is durable. Never swallows an error. */
  apply(ctx: StepContext): Promise<void>
  /** Reads the effect back from the target. Throws `step-not-verified` where the target disagrees. */
  verify(ctx: StepContext): Promise<StepOutcome>
  /** Takes the effect back, or throws `undo-refused`. Absent where the plan says that there is no undo. */
  undo?(ctx: StepContext): Promise<readonly Evidence[]>
}

export type CheckResult =
  /** `partly`: something of the effect is there. Apply completes or restarts it, and an undo takes it back. */
  | { state: 'needed'; before: Json; partly?: true }
  | { state: 'satisfied'; before: Json }
  | { state: 'foreign'; problem: Problem }
  /** `undone`: only because an undo of this run took the effect back; a further undo finishes that one's account. */
  | { state: 'blocked'; problem: Problem; undone?: true }

export interface StepOutcome {
  evidence: readonly Evidence[]
  proofs: readonly KeyCopyProof[]
}

export interface StepContext {
  runId: RunId
  step: PlannedStep
  /** What `check` read just before the intent was recorded; after a crash: what the record holds of it. */
  before: Json
  /** 1 for the first try. */
  attempt: number
  /** The step's own target, where that is a SQL Server; asking for it elsewhere is a bug (`internal`). */
  sql: SqlServer
  /** Opens the step's target, where that is Azure's; what is open already is used again. */
  azure: AzurePorts
  /** Windows hosts of the plan's servers, where they can be reached. */
  hosts: PowerShellHosts
  /**
   * The step's token, logged in with the run's PIN (the plan's secret of purpose `hsm.pin` for that target); it is the
   * run's own session and stays open between steps. One attempt for a run: a PIN that was not taken is never tried
   * again (`hsm-pin-refused-before`). After a lost session handles are old and the PIN is given once more. `anew`: the run's
   * process of the token is ended first, and what a new one shows is not what the old one remembered.
   */
  hsm(options?: { anew: boolean }): Promise<HsmToken>
  /** Another target of the plan, to compare with: the run holds its lock as well. */
  server(target: TargetId): SqlServer
  /** A dedicated connection with the run's program name; closed by the engine after the step. */
  session(): Promise<SqlSession>
  /**
   * What the steps before this one read back in this run, in order: "the certificate" stays the one that was made. In an
   * undo with what the step itself read back: another one of the same name, made since, is not this run's to drop.
   */
  earlier: readonly Evidence[]
  /** Sealed secrets of this run by hole name. Valid for this step only. */
  secrets: ReadonlyMap<string, SecretBytes>
  /** For a secret that comes into being in the step: a service makes it and says it once. */
  keeper: Keeper
  places: Places
  verdicts: Verdicts
  clock: Clock
  /** Aborted by "Stop now". */
  signal: AbortSignal
  progress(progress: StepProgress): void
  /** A message of the target, for the run's page and the record. Must not hold a secret. */
  say(message: string): void
}
