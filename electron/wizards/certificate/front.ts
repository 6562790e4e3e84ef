import { certificateForm } from '../../../shared/forms/certificate.ts'
import { certificateScreenProblems, certificateScreens } from '../../../shared/forms/certificate-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { certificate } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const certificateFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: certificate,
      form: certificateForm,
      screens: certificateScreens,
      screenProblems: certificateScreenProblems,
      readFacts,
      formFacts,
      preview,
      exports: runbooks,
    },
    targets,
  )
