import type { FieldProblem } from '../../../shared/errors/problem.ts'
import type { Answers, FactOption, FormDescription, FormFacts } from '../../../shared/forms/form.ts'
import type { Job, PlanReader } from '../../engine/contract.ts'
import type { JobFront } from '../front.ts'
import type { Preview } from './preview-parts.ts'

/** What one job on SQL Servers puts into its front; the rest is the same for all of them. */
export interface ServerJob<Facts, ScreenId extends string> {
  job: Job
  form: FormDescription
  screens: readonly ScreenId[]
  screenProblems(screen: ScreenId, answers: Answers): FieldProblem[]
  /** What answers lack in the light of the facts that were read last for these servers; absent: nothing. */
  factProblems?(screen: ScreenId, answers: Answers, facts: Facts): FieldProblem[]
  /** Asked only where the first target is connected; `isConnected` says it of any other. */
  readFacts(answers: Answers, reader: PlanReader, isConnected: (target: unknown) => boolean): Promise<Facts>
  /** `facts` is null while no connected server is chosen; `now` is an ISO time. */
  formFacts(
    screen: string,
    answers: Answers,
    facts: Facts | null,
    targets: readonly FactOption[],
    now: string,
  ): FormFacts
  preview(answers: Answers, facts: Facts | null): Preview
  exports: JobFront['exports']
}

/** `targets` lists the connected servers at the moment it is called. */
export const serverFront = <Facts, ScreenId extends string>(
  {
    job,
    form,
    screens,
    screenProblems,
    factProblems,
    readFacts,
    formFacts,
    preview,
    exports,
  }: ServerJob<Facts, ScreenId>,
  targets: () => readonly FactOption[],
): JobFront => {
  // Facts of other servers than the chosen ones say nothing about these.
  const lastFacts = new Map<string, Facts>()
  const serversOf = (answers: Answers): string =>
    JSON.stringify(form.targetFields.map((field) => answers[field] ?? null))
  return {
    job,
    form,
    facts: async (answers, screen, reader) => {
      const connected = targets()
      const isConnected = (target: unknown): boolean => connected.some(({ value }) => value === target)
      const facts = isConnected(answers[form.targetFields[0]])
        ? await readFacts(answers, { ...reader, plannedAt: reader.clock.now() }, isConnected)
        : null
      if (facts !== null) lastFacts.set(serversOf(answers), facts)
      return formFacts(screen, answers, facts, connected, reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      screens
        .filter((one) => one === screen || !screens.some((known) => known === screen))
        .flatMap((one) => {
          const facts = lastFacts.get(serversOf(answers))
          return [
            ...screenProblems(one, answers),
            ...(facts === undefined ? [] : (factProblems?.(one, answers, facts) ?? [])),
          ]
        }),
    preview: (answers) => preview(answers, lastFacts.get(serversOf(answers)) ?? null),
    exports,
  }
}
