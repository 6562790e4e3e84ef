import { moveDatabaseForm } from '../../../shared/forms/move-database.ts'
import { moveScreenProblems, moveScreens } from '../../../shared/forms/move-database-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { moveDatabase } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const moveDatabaseFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: moveDatabase,
      form: moveDatabaseForm,
      screens: moveScreens,
      screenProblems: moveScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
