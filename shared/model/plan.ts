import type { Problem } from '../errors/problem.ts'
import type { Evidence, KeyCopyProof } from './evidence.ts'
import type { HandleId, PlanDigest, RunId } from './ids.ts'
import type { JobId } from './job.ts'
import type { SecretPurpose } from './secrets.ts'
import type { Script } from './script.ts'
import type { TargetRef } from './target.ts'

/** Plain data that has one JSON form. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How a step is recognized after a crash; see docs/decisions. */
export type ResumeClass = 'named' | 'marked' | 'before-image' | 'restart-only'

export type UndoNote =
  | { can: true; action: string; script: Script }
  /** `leaves`: the step only reads, or only removes what this run itself made; an undo would have nothing to do. */
  | { can: false; because: string; leaves?: 'nothing' }
  /** `final`: that step ends it for good, even where the step itself is undone. */
  | { can: 'until'; action: string; beforeStep: number; script: Script; final?: true }

/** One visible change to one target, as data: a handler of that `kind` gives it its verbs. */
export interface PlannedStep {
  /** `s01`, `s02`, ... in order of execution. */
  id: string
  kind: string
  target: TargetRef
  /** Verb and object: "Create certificate KT_Backup_2026". */
  title: string
  now: string
  after: string
  scripts: readonly Script[]
  /** What the handler needs; canonical, no secrets, no paths of this machine. */
  params: Json
  permission: string
  undo: UndoNote
  resume: ResumeClass
  /** True where the step can be broken off in the middle (a backup), with what that leaves. */
  stopNow: { leaves: string } | null
}

/** A step that the check found done already: folded on the review. */
export interface SatisfiedStep {
  title: string
  evidence: Evidence
}

/** What a secret is kept for: a target, or an escrow package. */
export type SecretOwner = Pick<TargetRef, 'id' | 'name'> & Partial<TargetRef>

export interface SecretUse {
  hole: string
  purpose: SecretPurpose
  target: SecretOwner
  handle: HandleId
  generation: number
  label: string
}

/** A fact that the plan stands on; compared again before the run. Times do not belong here. */
export interface ReliedFact {
  target: string
  fact: string
  value: string
}

/** Draft + facts, in order, before anybody approved it. */
export interface Plan {
  format: 1
  job: JobId
  runId: RunId
  title: string
  targets: readonly PlanTarget[]
  steps: readonly PlannedStep[]
  secrets: readonly SecretUse[]
  relied: readonly ReliedFact[]
}

export interface PlanTarget {
  ref: TargetRef
  /** Server name, machine, instance, certificate print: what `identity` was when planned. */
  identity: Json
}

/** What review shows around the plan; not part of the digest. */
export interface PlanAdvice {
  satisfied: readonly SatisfiedStep[]
  blockers: readonly Blocker[]
  warnings: readonly Warning[]
  /** Facts that a person wants to see but the plan does not stand on: free space, replicas. */
  notes: readonly Evidence[]
  factsAt: string
}

export interface Blocker {
  what: string
  measured: string
  limit: string
  /** Screen of the form where it can be fixed, if it can. */
  screen: string | null
  /** The server whose EKM doctor tests what was measured and explains it; absent: it knows nothing of it. */
  doctor?: Pick<TargetRef, 'id' | 'name'>
}

export interface Warning {
  what: string
  why: string
  screen: string | null
}

export interface ReviewedPlan {
  plan: Plan
  digest: PlanDigest
  advice: PlanAdvice
  /** ISO time after which the approval of this digest is refused. */
  validUntil: string
}

export type StepState =
  | 'waiting'
  | 'checking'
  | 'satisfied'
  | 'applying'
  | 'verifying'
  | 'verified'
  | 'not-verified'
  | 'failed'
  | 'undoing'
  | 'undone'
  | 'cannot-be-undone'
  | 'not-reached'

export type RunState =
  /** Running in this process. */
  | 'running'
  | 'stopping'
  | 'undoing'
  /** A step failed or was stopped: waits for a person. */
  | 'waiting-for-decision'
  /** The process that ran it is gone: waits for a person. */
  | 'interrupted'
  | 'verified'
  | 'undone'
  | 'left'

export interface StepProgress {
  /** 0 to 100, only from a measured source (the engine's own messages). */
  percent: number | null
  message: string
}

export interface StepRunView {
  id: string
  state: StepState
  startedAt: string | null
  endedAt: string | null
  progress: StepProgress | null
  evidence: readonly Evidence[]
  proofs: readonly KeyCopyProof[]
  /** What the target said, in order, capped; secrets never occur in it. */
  messages: readonly string[]
  problem: Problem | null
}

export interface RunView {
  id: RunId
  job: JobId
  title: string
  digest: PlanDigest
  state: RunState
  ticket: string
  reason: string
  operator: string
  principal: string
  startedAt: string
  endedAt: string | null
  plan: Plan
  steps: readonly StepRunView[]
  /** What was not checked, as whole sentences. */
  notChecked: readonly string[]
  leftBecause: string | null
  /** What a person may do now. */
  choices: readonly RunChoice[]
}

/** What the target says about a step: `foreign` and `blocked` as `check` means them. */
export type StepFound =
  | 'there'
  | 'not-there'
  | 'foreign'
  | 'blocked'
  /** A session of the earlier attempt is still shown by the server. */
  | 'at-work'
  | 'not-read'
  /** Every step is done; only the end of the run is left to record. */
  | 'done'

/** A fresh reading of the target for the step at which an undecided run stands. */
export interface RunLook {
  /** Number of the step, from 1; null where every step is done. */
  step: number | null
  target: string | null
  at: string
  found: StepFound
  /** Why: for `foreign`, `blocked` and `not-read`. */
  problem: Problem | null
  note: string | null
}

export type RunChoice = 'stop-after-step' | 'stop-now' | 'retry' | 'resume' | 'undo' | 'leave'

export interface RunSummary {
  id: RunId
  job: JobId
  title: string
  state: RunState
  targets: readonly TargetRef[]
  startedAt: string
  endedAt: string | null
  stepsDone: number
  stepsTotal: number
}
