import { encryptedBackupForm } from '../../../shared/forms/encrypted-backup.ts'
import { screenProblems, screenSchemas, type ScreenId } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import { agentJobSnippet } from '../../scripts/runbook/agent-job.ts'
import { olaSnippet } from '../../scripts/runbook/ola.ts'
import type { JobFront } from '../front.ts'
import { exportName, runbooks } from '../sqlserver/exports.ts'
import type { Facts } from './facts-model.ts'
import { encryptedBackup, formFacts, preview, readFacts } from './index.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const encryptedBackupFront = (targets: () => readonly FactOption[]): JobFront => {
  const lastFacts = new Map<string, Facts>()
  const chosen = (answers: Answers): string =>
    typeof answers['target'] === 'string' ? answers['target'] : ''
  return {
    job: encryptedBackup,
    form: encryptedBackupForm,
    facts: async (answers, screen, reader) => {
      const target = chosen(answers)
      const known = targets().some(({ value }) => value === target)
      const facts = known ? await readFacts(answers, reader) : null
      if (facts) lastFacts.set(target, facts)
      return formFacts(screen, answers, facts, { targets: targets() }, reader.clock.now().toISOString())
    },
    problems: (answers, screen) =>
      isScreen(screen)
        ? screenProblems(screen, answers)
        : (Object.keys(screenSchemas) as ScreenId[]).flatMap((one) => screenProblems(one, answers)),
    preview: (answers) => preview(answers, lastFacts.get(chosen(answers)) ?? null),
    exports: {
      ...runbooks,
      'agent-job': { fileName: exportName('agent-job', 'sql'), text: ({ plan }) => agentJobSnippet(plan) },
      ola: { fileName: exportName('ola-hallengren', 'sql'), text: ({ plan }) => olaSnippet(plan) },
    },
  }
}

const isScreen = (screen: string): screen is ScreenId => Object.hasOwn(screenSchemas, screen)
