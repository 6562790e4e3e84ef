import type { FieldProblem } from '../../shared/errors/problem.ts'
import type { Answers, ExportKind, FormDescription, FormFacts } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { PlanAdvice, Plan } from '../../shared/model/plan.ts'
import type { PlanDigest } from '../../shared/model/ids.ts'
import type { FactReader, Job } from '../engine/contract.ts'

/** What a job gives the window besides its plan: its form, what stands on each screen, and what can be exported. */
export interface JobFront {
  job: Job
  form: FormDescription
  /**
   * Reads what the screen shows. With answers that name no target yet, only what needs none. Errors of the target go
   * up; a missing right is part of the facts.
   */
  facts(answers: Answers, screen: string, reader: FactReader): Promise<FormFacts>
  /** Every answer of one screen that needs a change; an unknown screen checks all. Pure. */
  problems(answers: Answers, screen: string): FieldProblem[]
  /**
   * The script as far as the answers go: blanks as ‹name›, secrets as «name». Reads nothing; stands on the facts that
   * `facts` read last. `refused` says what no statement can hold.
   */
  preview(answers: Answers): { statements: { title: string; text: string }[]; refused: string | null }
  /** One for each kind that the form names. */
  exports: Readonly<Partial<Record<ExportKind, JobExport>>>
}

export interface JobExport {
  /** Without folder; holds the run's mark. */
  fileName(plan: Plan): string
  text(reviewed: { plan: Plan; digest: PlanDigest; advice: PlanAdvice }): string
}

export type JobFronts = ReadonlyMap<JobId, JobFront>
