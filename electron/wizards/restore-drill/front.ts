import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import { restoreDrillForm } from '../../../shared/forms/restore-drill.ts'
import {
  drillScreenProblems,
  drillScreenSchemas,
  type DrillScreenId,
} from '../../../shared/forms/restore-drill-draft.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { restoreDrill } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const restoreDrillFront = (targets: () => readonly FactOption[]): JobFront => {
  const lastFacts = new Map<string, Facts>()
  const keyOf = (answers: Answers): string => `${String(answers['target'])} ${String(answers['drillTarget'])}`
  return {
    job: restoreDrill,
    form: restoreDrillForm,
    facts: async (answers, screen, reader) => {
      const all = targets()
      const isKnown = (answer: unknown): boolean => all.some(({ value }) => value === answer)
      const asked = isKnown(answers['drillTarget']) ? answers : { ...answers, drillTarget: null }
      const facts = isKnown(answers['target'])
        ? await readFacts(asked, { ...reader, plannedAt: reader.clock.now() })
        : null
      if (facts) lastFacts.set(keyOf(answers), facts)
      return formFacts(screen, answers, facts, { targets: all }, reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      isScreen(screen)
        ? drillScreenProblems(screen, answers)
        : screens.flatMap((one) => drillScreenProblems(one, answers)),
    preview: (answers) => preview(answers, lastFacts.get(keyOf(answers)) ?? null),
    exports: runbooks,
  }
}

const screens = Object.keys(drillScreenSchemas) as DrillScreenId[]
const isScreen = (screen: string): screen is DrillScreenId => Object.hasOwn(drillScreenSchemas, screen)
