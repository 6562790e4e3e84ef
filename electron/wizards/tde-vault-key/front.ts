import type { FactOption } from '../../../shared/forms/form.ts'
import { tdeVaultKeyForm } from '../../../shared/forms/tde-vault-key.ts'
import { tdeVaultKeyScreenProblems, tdeVaultKeyScreens } from '../../../shared/forms/tde-vault-key-draft.ts'
import type { JobFront } from '../front.ts'
import { hostRunbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { tdeVaultKey } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. Both list what is connected at the moment they are called. */
export const tdeVaultKeyFront = (
  targets: () => readonly FactOption[],
  subscriptions: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: tdeVaultKey,
      form: tdeVaultKeyForm,
      screens: tdeVaultKeyScreens,
      screenProblems: tdeVaultKeyScreenProblems,
      readFacts,
      formFacts: (screen, answers, facts, servers, now) =>
        formFacts(screen, answers, facts, { targets: servers, subscriptionTargets: subscriptions() }, now),
      preview,
      exports: hostRunbooks,
    },
    targets,
  )
