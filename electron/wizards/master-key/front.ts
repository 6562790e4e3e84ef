import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import { masterKeyForm } from '../../../shared/forms/master-key.ts'
import { screenProblems, screenSchemas, type ScreenId } from '../../../shared/forms/master-key-draft.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { masterKey } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const masterKeyFront = (targets: () => readonly FactOption[]): JobFront => {
  const lastFacts = new Map<string, Facts>()
  const chosen = (answers: Answers): string =>
    typeof answers['target'] === 'string' ? answers['target'] : ''
  return {
    job: masterKey,
    form: masterKeyForm,
    facts: async (answers, screen, reader) => {
      const target = chosen(answers)
      const known = targets().some(({ value }) => value === target)
      const facts = known ? await readFacts(answers, { ...reader, plannedAt: reader.clock.now() }) : null
      if (facts) lastFacts.set(target, facts)
      return formFacts(screen, answers, facts, targets(), reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      isScreen(screen)
        ? screenProblems(screen, answers)
        : (Object.keys(screenSchemas) as ScreenId[]).flatMap((one) => screenProblems(one, answers)),
    preview: (answers) => preview(answers, lastFacts.get(chosen(answers)) ?? null),
    exports: runbooks,
  }
}

const isScreen = (screen: string): screen is ScreenId => Object.hasOwn(screenSchemas, screen)
