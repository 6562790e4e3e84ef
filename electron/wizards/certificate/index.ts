import { certificateDraftAt, type CertificateDraft } from '../../../shared/forms/certificate-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import { commonSteps } from '../sqlserver/steps/index.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planCertificate } from './plan.ts'

/** The job "Certificate". Order, risks and undo: README.md beside this file. */
export const certificate: Job<CertificateDraft, Facts> = {
  id: 'certificate',
  parse: parseWith(certificateDraftAt(() => new Date())),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planCertificate,
  steps: commonSteps,
  notChecked,
}
