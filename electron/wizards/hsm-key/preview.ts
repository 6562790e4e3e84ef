import { hsmKeyTypes, type HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { blanksOf, markBlank, notYet, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import { blankToken } from '../hsm/blank.ts'
import type { Facts } from './facts-model.ts'
import { planHsmKey } from './plan.ts'

/** The calls that the answers so far lead to; the PIN as «hsm_pin». */
export const preview = (answers: Answers, facts: Facts | null): Preview =>
  previewOf(() => planHsmKey(withBlanks(answers), facts ?? noFacts, markBlank).plan)

const noFacts: Facts = {
  ...blankToken,
  abilities: [],
  probe: null,
  moduleSha256: '',
  shownKeys: notYet,
  vaults: new Map(),
  keptPin: null,
  secrets: {},
  placeLabel: null,
  groups: [],
  packages: [],
  group: null,
  recipients: null,
}

const withBlanks = (answers: Answers): HsmKeyDraft => {
  const { text, oneOf } = blanksOf(answers)
  const keks = answers['keks']
  return {
    hsm: text('hsm', ''),
    pinMode: oneOf('pinMode', ['kept', 'typed']),
    pin: null,
    type: oneOf('type', hsmKeyTypes),
    label: text('label', '‹name›'),
    replaces: '',
    destination: oneOf('destination', ['chosen', 'none']),
    keks: Array.isArray(keks) ? keks : [],
    group: null,
    recipientFolder: null,
    custodianFiles: [],
    recoveryFiles: [],
    place: null,
    placeKind: 'folder',
  }
}
