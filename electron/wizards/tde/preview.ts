import type { Answers } from '../../../shared/forms/form.ts'
import { tdeTasks, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planTde } from './plan.ts'

/** The statements that the answers so far lead to; blanks as ‹certificate name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  return draft === null
    ? { statements: [], refused: null }
    : previewOf(() => planTde(draft, facts ?? noFacts, markBlank).plan)
}

/** Null while it is not chosen what is to be done. */
const withBlanks = (answers: Answers): TdeDraft | null => {
  const task = tdeTasks.find((one) => one === answers['task'])
  if (task === undefined) return null
  const { text, flag, oneOf, day } = blanksOf(answers)
  const chosen = answers['databases']
  return {
    target: text('target', ''),
    task,
    databases: Array.isArray(chosen) && chosen.length > 0 ? chosen : ['‹database›'],
    certificateMode: oneOf('certificateMode', ['create', 'use']),
    certificateName: text('certificateName', '‹certificate name›'),
    certificateSubject: text('certificateSubject', '‹subject›'),
    certificateExpiry: day('certificateExpiry'),
    replicasConfirmed: flag('replicasConfirmed', false),
    algorithm: oneOf('algorithm', ['AES_256', 'AES_192', 'AES_128']),
    format: oneOf('format', ['pvk', 'pfx']),
    keyFolder: text('keyFolder', '‹folder for key files›'),
    certificateFilePassword: '',
    proveOnServer: flag('proveOnServer', true),
    localCopy: text('localCopy', '‹folder of yours›'),
    backupFolder: text('backupFolder', '‹folder for the backup›'),
    logBackups: oneOf('logBackups', ['take', 'mine']),
  }
}

const noFacts: Facts = {
  ...noServerFacts,
  keys: notYet,
  readOnlyFiles: notYet,
  logBackups: notYet,
  roles: notYet,
  replicasAsked: [],
  logChains: notYet,
  certificateBits: null,
  keyFolder: null,
  backupFolder: null,
  secrets: {},
  localCopyLabel: null,
}
