import { restoreDrillForm } from '../../../shared/forms/restore-drill.ts'
import { drillScreenProblems, drillScreens } from '../../../shared/forms/restore-drill-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { restoreDrill } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const restoreDrillFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: restoreDrill,
      form: restoreDrillForm,
      screens: drillScreens,
      screenProblems: drillScreenProblems,
      readFacts: (answers, reader, isConnected) =>
        readFacts(isConnected(answers['drillTarget']) ? answers : { ...answers, drillTarget: null }, reader),
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
