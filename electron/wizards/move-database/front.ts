import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import { moveDatabaseForm } from '../../../shared/forms/move-database.ts'
import {
  moveScreenProblems,
  moveScreens,
  type MoveScreenId,
} from '../../../shared/forms/move-database-draft.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { moveDatabase } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const moveDatabaseFront = (targets: () => readonly FactOption[]): JobFront => {
  const lastFacts = new Map<string, Facts>()
  const chosen = (answers: Answers): string =>
    typeof answers['target'] === 'string' ? answers['target'] : ''
  const isScreen = (screen: string): screen is MoveScreenId => moveScreens.some((one) => one === screen)
  return {
    job: moveDatabase,
    form: moveDatabaseForm,
    facts: async (answers, screen, reader) => {
      const target = chosen(answers)
      const known = targets().some(({ value }) => value === target)
      const facts = known ? await readFacts(answers, { ...reader, plannedAt: reader.clock.now() }) : null
      if (facts) lastFacts.set(target, facts)
      return formFacts(screen, facts, targets(), reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      isScreen(screen)
        ? moveScreenProblems(screen, answers)
        : moveScreens.flatMap((one) => moveScreenProblems(one, answers)),
    preview: (answers) => preview(answers, lastFacts.get(chosen(answers)) ?? null),
    exports: runbooks,
  }
}
