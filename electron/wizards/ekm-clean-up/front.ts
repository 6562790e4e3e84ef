import { cleanUpForm } from '../../../shared/forms/ekm-clean-up.ts'
import {
  cleanUpNameProblem,
  cleanUpScreenProblems,
  cleanUpScreens,
} from '../../../shared/forms/ekm-clean-up-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { hostRunbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { cleanUp } from './index.ts'
import { formFacts, nameAsked } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `targets` lists the connected servers at the moment it is called. */
export const cleanUpFront = (targets: () => readonly FactOption[]): JobFront =>
  serverFront(
    {
      job: cleanUp,
      form: cleanUpForm,
      screens: cleanUpScreens,
      screenProblems: cleanUpScreenProblems,
      factProblems: (screen, answers, facts) =>
        screen === 'loss' && nameAsked(answers, facts) ? cleanUpNameProblem(answers) : [],
      readFacts,
      formFacts,
      preview,
      exports: hostRunbooks,
    },
    targets,
  )
