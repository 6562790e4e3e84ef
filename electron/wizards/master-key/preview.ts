import type { Answers } from '../../../shared/forms/form.ts'
import {
  databaseKeyActs,
  serviceKeyActs,
  type MasterKeyDraft,
} from '../../../shared/forms/master-key-draft.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planMasterKey } from './plan.ts'

/** The statements that the answers so far lead to: unanswered values as ‹key folder›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  return draft === null
    ? { statements: [], refused: null }
    : previewOf(() => planMasterKey(draft, facts ?? noFacts, markBlank).plan)
}

/** Null while it is not chosen what happens with which key. */
const withBlanks = (answers: Answers): MasterKeyDraft | null => {
  const key = answers['key'] === 'service' ? 'service' : 'database'
  const act = databaseKeyActs.find((one) => one === answers['act'])
  if (act === undefined || (key === 'service' && !serviceKeyActs.includes(act))) return null
  const { text, flag } = blanksOf(answers)
  return {
    target: text('target', ''),
    key,
    database: text('database', '‹database›'),
    act,
    presentPassword: text('presentPassword', ''),
    newPassword: text('newPassword', ''),
    restoreFile: text('restoreFile', '‹key file›'),
    restorePassword: text('restorePassword', ''),
    force: flag('force', false),
    keyFolder: text('keyFolder', '‹folder for key files›'),
    filePassword: text('filePassword', ''),
    proveOnServer: flag('proveOnServer', true),
  }
}

const noFacts: Facts = {
  ...noServerFacts,
  database: null,
  key: null,
  below: null,
  serviceKey: notYet,
  opened: notYet,
  keyFolder: null,
  secrets: {},
}
