import { credentialDraft, type CredentialDraft } from '../../../shared/forms/credential-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planCredential } from './plan.ts'
import { credentialSteps } from './steps.ts'

/** The job "Credential". Order, risks and undo: README.md beside this file. */
export const credential: Job<CredentialDraft, Facts> = {
  id: 'credential',
  parse: parseWith(credentialDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planCredential,
  steps: credentialSteps(),
  notChecked,
}
