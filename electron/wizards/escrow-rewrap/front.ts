import type { FieldProblem } from '../../../shared/errors/problem.ts'
import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import { escrowRewrapForm } from '../../../shared/forms/escrow-rewrap.ts'
import { escrowRewrapScreenProblems, escrowRewrapScreens } from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { packageRefusal } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { readFacts, textsOf } from './facts.ts'
import { escrowRewrap } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. It has no target to connect to: what it works on lies in folders. */
export const escrowRewrapFront = (means: EscrowMeans): JobFront => {
  // Facts of other packages say nothing about these.
  let last: { about: string; facts: Facts } | null = null
  const aboutOf = (answers: Answers): string =>
    JSON.stringify([answers['oldGroup'] ?? null, answers['lookIn'] ?? null])
  const factsFor = (answers: Answers): Facts | null =>
    last !== null && last.about === aboutOf(answers) ? last.facts : null
  return {
    job: escrowRewrap(means),
    form: escrowRewrapForm,
    facts: async (answers, screen, reader) => {
      const facts = await readFacts(answers, reader, means)
      last = { about: aboutOf(answers), facts }
      return formFacts(screen, answers, facts)
    },
    problems: (answers, screen) => {
      const facts = factsFor(answers)
      return escrowRewrapScreens
        .filter((one) => one === screen || !escrowRewrapScreens.some((known) => known === screen))
        .flatMap((one) => [
          ...escrowRewrapScreenProblems(one, answers),
          ...(facts === null ? [] : factProblems(one, answers, facts)),
        ])
    },
    preview: (answers) => preview(answers, factsFor(answers)),
    exports: { 'runbook-md': runbooks['runbook-md'] },
  }
}

/** What answers lack in the light of what was read. */
const factProblems = (screen: string, answers: Answers, { old, packages }: Facts): FieldProblem[] => {
  if (old === null) return []
  if (screen === 'packages')
    return textsOf(answers['packages']).flatMap((id) => {
      const found = packages.find(({ listed }) => listed.id === id)
      const refusal = found === undefined ? 'it is not one of this group' : packageRefusal(found)
      return refusal === null
        ? []
        : [
            {
              field: 'packages',
              message: `Package ${id}: ${refusal}. Leave it out, or pick the folder it lies in`,
            },
          ]
    })
  if (screen !== 'shares') return []
  const { threshold } = old
  return shareFields
    .slice(2, threshold)
    .flatMap((field, index) =>
      typeof answers[field] === 'string' && answers[field] !== ''
        ? []
        : [{ field, message: `The share of holder ${index + 3} is missing. The group needs ${threshold}` }],
    )
}
