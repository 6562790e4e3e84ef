import { cleanUpParts, type CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { isScratch } from '../../../shared/forms/names.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planCleanUp } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹key›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview =>
  previewOf(() => planCleanUp(withBlanks(answers), facts ?? noFacts, markBlank).plan)

const withBlanks = (answers: Answers): CleanUpDraft => {
  const { text, oneOf } = blanksOf(answers)
  const chosen = answers['parts']
  const scratch = answers['scratch']
  return {
    target: text('target', ''),
    scope: oneOf('scope', ['key', 'rest']),
    key: text('key', '‹key›'),
    provider: text('provider', ''),
    keyLogin: text('keyLogin', '‹login of the key›'),
    credential: text('credential', '‹credential›'),
    scratch: Array.isArray(scratch) ? scratch.filter(isScratch) : [],
    parts: Array.isArray(chosen) ? cleanUpParts.filter((part) => chosen.includes(part)) : [],
    exportFolder: text('exportFolder', 'C:\\‹folder›'),
    clientId: '',
    clientSecret: null,
    confirmation: '',
  }
}

const noFacts: Facts = {
  ...noServerFacts,
  ekm: {
    option: notYet,
    providers: notYet,
    credentials: notYet,
    keys: notYet,
    keyLogins: notYet,
    databases: notYet,
    service: notYet,
  },
  keyLogins: notYet,
  use: null,
  registry: null,
  secrets: {},
}
