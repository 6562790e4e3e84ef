import type { Answers } from '../../../shared/forms/form.ts'
import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { Facts } from './facts-model.ts'
import { planRestoreDrill } from './plan.ts'

/** Stands where the review will have the mark of a run. */
const markBlank = asRunId('aaaaaaaaaaaa')

/** The statements that the answers so far lead to: unanswered values as ‹words›, secrets as «name». */
export const preview = (
  answers: Answers,
  facts: Facts | null,
): { statements: { title: string; text: string }[]; refused: string | null } => {
  if (facts === null) return { statements: [], refused: null }
  try {
    const { plan } = planRestoreDrill(withBlanks(answers), facts, markBlank)
    const shown = (text: string): string => text.replaceAll('aaaaaaaa', '‹mark›')
    return {
      statements: plan.steps
        .filter(({ scripts }) => scripts.length > 0)
        .map(({ title, scripts }) => ({
          title: shown(title),
          text: shown(scripts.map(displayScript).join('\n')),
        })),
      refused: null,
    }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.code !== 'answers-incomplete') throw error
    return {
      statements: [],
      refused: problem.fields?.map(({ message }) => message).join('. ') ?? problem.title,
    }
  }
}

const withBlanks = (answers: Answers): RestoreDrillDraft => {
  const text = (field: string, blank: string): string => {
    const value = answers[field]
    return typeof value === 'string' && value.trim() !== '' ? value : blank
  }
  const flag = (field: string): boolean => answers[field] !== false
  const oneOf = <Word extends string>(field: string, words: readonly [Word, ...Word[]]): Word =>
    words.find((word) => word === answers[field]) ?? words[0]
  const chosen = answers['backups']
  const stats = answers['stats']
  return {
    target: text('target', ''),
    which: oneOf('which', ['chosen', 'latest']),
    backups: Array.isArray(chosen) ? chosen : [],
    follow: flag('follow'),
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
    consistency: flag('consistency'),
    stats: typeof stats === 'number' && Number.isInteger(stats) && stats >= 1 && stats <= 100 ? stats : 5,
  }
}
