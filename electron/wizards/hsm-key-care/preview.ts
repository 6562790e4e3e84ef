import { careTasks, type HsmKeyCareDraft } from '../../../shared/forms/hsm-key-care-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { TokenHalf, TokenKeyFact } from '../../ports/token-readings.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import { blankToken } from '../hsm/blank.ts'
import type { Facts } from './facts-model.ts'
import { planHsmKeyCare } from './plan.ts'

/** The calls that the answers so far lead to; the PIN as «hsm_pin». */
export const preview = (answers: Answers, facts: Facts | null): Preview =>
  previewOf(
    () =>
      planHsmKeyCare(withBlanks(answers), { ...(facts ?? noFacts), key: facts?.key ?? blankKey }, markBlank)
        .plan,
  )

const noAttributes: TokenHalf['attributes'] = {
  private: null,
  modifiable: null,
  local: null,
  sensitive: null,
  alwaysSensitive: null,
  extractable: null,
  neverExtractable: null,
  wrapWithTrusted: null,
  trusted: null,
  sign: null,
  verify: null,
  encrypt: null,
  decrypt: null,
  wrap: null,
  unwrap: null,
}

const blank = { id: '‹id of the key›', label: '‹key›', type: 'RSA', bits: null, curve: null } as const
const blankHalf = (of: 'private' | 'public'): TokenHalf => ({
  ...blank,
  class: of,
  kept: 'token',
  attributes: noAttributes,
  spkiSha256: null,
  checkValue: null,
})

/** Which halves a key has is known when one is chosen; most are pairs. */
const blankKey: TokenKeyFact = {
  ...blank,
  mark: '',
  spkiSha256: null,
  checkValue: null,
  halves: [blankHalf('private'), blankHalf('public')],
  sameId: 0,
  sameLabel: 0,
}

const noFacts: Facts = {
  ...blankToken,
  reading: null,
  shown: [],
  key: null,
  twins: [],
  copies: null,
  madeBy: null,
  secrets: {},
}

const withBlanks = (answers: Answers): HsmKeyCareDraft => {
  const { text, oneOf } = blanksOf(answers)
  return {
    hsm: text('hsm', ''),
    pinMode: oneOf('pinMode', ['kept', 'typed']),
    pin: null,
    task: oneOf('task', careTasks),
    key: text('key', ''),
    newLabel: text('newLabel', '‹new label›'),
    confirmation: '',
  }
}
