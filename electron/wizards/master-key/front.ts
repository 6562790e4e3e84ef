import { masterKeyForm } from '../../../shared/forms/master-key.ts'
import { masterKeyScreenProblems, masterKeyScreens } from '../../../shared/forms/master-key-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { masterKey } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const masterKeyFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: masterKey,
      form: masterKeyForm,
      screens: masterKeyScreens,
      screenProblems: masterKeyScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
