import {
  keyOrigins,
  keyReferences,
  rotationTargets,
  type VaultKeyRotationDraft,
} from '../../../shared/forms/vault-key-rotation-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { isAzureId, vaultPlaceOf } from '../../../shared/model/azure.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planVaultKeyRotation } from './plan.ts'

/** The calls and statements that the answers so far lead to; blanks as ‹name›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  if (draft === null) return { statements: [], refused: null }
  const { statements, refused } = previewOf(
    () => planVaultKeyRotation(draft, facts ?? noFacts, markBlank).plan,
  )
  return { refused, statements: statements.map(({ title, text }) => ({ title, text: readable(text) })) }
}

/** A blank in an address is no name yet: it is shown as it is in the text. */
const readable = (text: string): string =>
  text.replace(/%E2%80%B9(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*%E2%80%BA/gi, (blank) => decodeURIComponent(blank))

/** Null while vault, key or application are not chosen: a statement can't be made without them. */
const withBlanks = (answers: Answers): VaultKeyRotationDraft | null => {
  const { text, flag, oneOf } = blanksOf(answers)
  const vault = text('vault', '')
  const application = text('application', '00000000-0000-0000-0000-000000000000')
  if (vaultPlaceOf(vault) === null || !isAzureId(application)) return null
  const chosen = answers['databases']
  return {
    target: text('target', ''),
    databases: Array.isArray(chosen) && chosen.length > 0 ? chosen : ['‹database›'],
    azure: text('azure', ''),
    vault,
    vaultKey: text('vaultKey', 'key'),
    to: oneOf('to', rotationTargets),
    otherKey: text('otherKey', 'other-key'),
    origin: oneOf('origin', keyOrigins),
    uncovered: flag('uncovered', false),
    reference: oneOf('reference', keyReferences),
    keyBackup: null,
    keyName: text('keyName', '‹asymmetric key›'),
    keyLogin: text('keyLogin', '‹login›'),
    credentialName: text('credentialName', '‹credential›'),
    applicationFilter: '',
    application,
    applicationSecret: null,
    replicasConfirmed: flag('replicasConfirmed', false),
    logBackups: oneOf('logBackups', ['take', 'mine']),
    backupFolder: text('backupFolder', '‹folder for log backups›'),
  }
}

const noFacts: Facts = {
  ...noServerFacts,
  principal: '‹your login›',
  keys: notYet,
  readOnlyFiles: notYet,
  logBackups: notYet,
  logChains: notYet,
  roles: notYet,
  ekm: {
    option: notYet,
    providers: notYet,
    credentials: notYet,
    keys: notYet,
    keyLogins: notYet,
    databases: notYet,
    service: notYet,
  },
  needs: { databases: notYet, logs: notYet, encryptedBackups: notYet, backups: notYet },
  replicasAsked: [],
  replicaKeys: {},
  backupFolder: null,
  azure: null,
  secrets: {},
  backupLabel: null,
}
