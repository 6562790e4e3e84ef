import type { Answers } from '../../../shared/forms/form.ts'
import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planRestoreDrill } from './plan.ts'

/** The statements that the answers so far lead to: unanswered values as ‹words›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview =>
  facts === null
    ? { statements: [], refused: null }
    : previewOf(() => planRestoreDrill(withBlanks(answers), facts, markBlank).plan)

const withBlanks = (answers: Answers): RestoreDrillDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  const chosen = answers['backups']
  const stats = answers['stats']
  return {
    target: text('target', ''),
    which: oneOf('which', ['chosen', 'latest']),
    backups: Array.isArray(chosen) ? chosen : [],
    follow: flag('follow', true),
    drillTarget: text('drillTarget', ''),
    filesWhere: oneOf('filesWhere', ['folder', 'same']),
    backupFolder: text('backupFolder', '‹folder of the backup files›'),
    dataFolder: text('dataFolder', '‹folder for data files›'),
    logFolder: text('logFolder', '‹folder for log files›'),
    masterKeyMode: oneOf('masterKeyMode', ['throw-away', 'password', 'use']),
    masterKeyPassword: null,
    keyFiles: oneOf('keyFiles', ['pair', 'pfx', 'none']),
    keyFolder: text('keyFolder', '‹folder of the key files›'),
    certificateFile: text('certificateFile', '‹certificate file›'),
    privateKeyFile: text('privateKeyFile', '‹private key file›'),
    passwordFrom: 'typed',
    keyPassword: null,
    secondKeyFiles: oneOf('secondKeyFiles', ['none', 'pair', 'pfx']),
    secondCertificateFile: text('secondCertificateFile', '‹second certificate file›'),
    secondPrivateKeyFile: text('secondPrivateKeyFile', '‹second private key file›'),
    secondPasswordFrom: 'typed',
    secondKeyPassword: null,
    consistency: flag('consistency', true),
    stats: typeof stats === 'number' && Number.isInteger(stats) && stats >= 1 && stats <= 100 ? stats : 5,
  }
}
