import { credentialForm } from '../../../shared/forms/credential.ts'
import { credentialScreenProblems, credentialScreens } from '../../../shared/forms/credential-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { credential } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. Both lists are of the connections at the moment they are called. */
export const credentialFront = (
  targets: () => readonly FactOption[],
  subscriptions: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: credential,
      form: credentialForm,
      screens: credentialScreens,
      screenProblems: credentialScreenProblems,
      readFacts,
      formFacts: (screen, answers, facts, servers, now) =>
        formFacts(screen, answers, facts, { targets: servers, subscriptions: subscriptions() }, now),
      preview,
      exports: runbooks,
    },
    targets,
  )
