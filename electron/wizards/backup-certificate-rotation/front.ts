import {
  backupCertificateRotationForm,
  rotationScreenProblems,
  rotationScreens,
  type RotationScreenId,
} from '../../../shared/forms/backup-certificate-rotation.ts'
import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { readFacts, type Facts } from './facts.ts'
import { backupCertificateRotation } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const backupCertificateRotationFront = (targets: () => readonly FactOption[]): JobFront => {
  const lastFacts = new Map<string, Facts>()
  const chosen = (answers: Answers): string =>
    typeof answers['target'] === 'string' ? answers['target'] : ''
  const isScreen = (screen: string): screen is RotationScreenId =>
    rotationScreens.some((one) => one === screen)
  return {
    job: backupCertificateRotation,
    form: backupCertificateRotationForm,
    facts: async (answers, screen, reader) => {
      const target = chosen(answers)
      const known = targets().some(({ value }) => value === target)
      const facts = known ? await readFacts(answers, reader) : null
      if (facts) lastFacts.set(target, facts)
      return formFacts(screen, answers, facts, targets(), reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      isScreen(screen)
        ? rotationScreenProblems(screen, answers)
        : rotationScreens.flatMap((one) => rotationScreenProblems(one, answers)),
    preview: (answers) => preview(answers, lastFacts.get(chosen(answers)) ?? null),
    exports: runbooks,
  }
}
