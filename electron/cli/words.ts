import type { RunSummary, RunView } from '../../shared/model/plan.ts'

export const summaryLine = ({ id, state, title, stepsDone, stepsTotal, startedAt }: RunSummary): string =>
  `${id}  ${state.padEnd(20)}  ${stepsDone} of ${stepsTotal} steps  ${startedAt}  ${title}`

export const runLines = (run: RunView): string[] => [
  `Run ${run.id}: ${run.title}`,
  `State: ${run.state}. Started ${run.startedAt} by ${run.operator}. Ticket ${run.ticket}: ${run.reason}`,
  ...run.plan.steps.map((step, index) => {
    const outcome = run.steps[index]
    const problem = outcome?.problem ? `: ${outcome.problem.title}` : ''
    return `  ${step.id}  ${(outcome?.state ?? 'waiting').padEnd(16)}  ${step.title}${problem}`
  }),
  ...(run.choices.length === 0 ? [] : [`You may: ${run.choices.join(', ')}`]),
]
