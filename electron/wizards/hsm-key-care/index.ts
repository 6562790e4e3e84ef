import { hsmKeyCareDraft, type HsmKeyCareDraft } from '../../../shared/forms/hsm-key-care-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { CareMeans, Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planHsmKeyCare } from './plan.ts'
import { destroyHsmHalfStep } from './steps/destroy.ts'
import { labelHsmKeyStep } from './steps/label.ts'
import { proveHsmKeyGoneStep } from './steps/prove-gone.ts'

/** The job "Keys of a token". Order, risks and undo: README.md beside this file. */
export const hsmKeyCare = (means: CareMeans): Job<HsmKeyCareDraft, Facts> => ({
  id: 'hsm-key-care',
  parse: parseWith(hsmKeyCareDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means),
  plan: planHsmKeyCare,
  steps: {
    'label-hsm-key': labelHsmKeyStep,
    'destroy-hsm-half': destroyHsmHalfStep,
    'prove-hsm-key-gone': proveHsmKeyGoneStep,
  },
  notChecked,
})
