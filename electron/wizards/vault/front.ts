import { vaultForm } from '../../../shared/forms/vault.ts'
import { vaultScreenProblems, vaultScreens } from '../../../shared/forms/vault-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import { azureRunbooks } from '../azure/exports.ts'
import type { JobFront } from '../front.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { vault } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `subscriptions` lists the connected ones at the moment it is called. */
export const vaultFront = (subscriptions: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: vault,
      form: vaultForm,
      screens: vaultScreens,
      screenProblems: vaultScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: azureRunbooks,
    },
    subscriptions,
  )
