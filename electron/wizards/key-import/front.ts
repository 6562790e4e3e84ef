import { keyImportForm } from '../../../shared/forms/key-import.ts'
import { keyImportScreenProblems, keyImportScreens } from '../../../shared/forms/key-import-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import { azureRunbooks } from '../azure/exports.ts'
import type { JobFront } from '../front.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { problemsOn } from './findings.ts'
import { keyImport } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. Each list is what is connected at the moment it is called. */
export const keyImportFront = (
  subscriptions: () => readonly FactOption[],
  tokens: () => readonly FactOption[],
  servers: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: keyImport,
      form: keyImportForm,
      screens: keyImportScreens,
      screenProblems: keyImportScreenProblems,
      factProblems: problemsOn,
      readFacts,
      formFacts: (screen, answers, facts, targets, now) =>
        formFacts({ screen, answers, facts, targets, tokens: tokens(), servers: servers(), now }),
      preview,
      exports: azureRunbooks,
    },
    subscriptions,
  )
