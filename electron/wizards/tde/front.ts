import { tdeForm } from '../../../shared/forms/tde.ts'
import { tdeScreenProblems, tdeScreens } from '../../../shared/forms/tde-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { tde } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const tdeFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: tde,
      form: tdeForm,
      screens: tdeScreens,
      screenProblems: tdeScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
