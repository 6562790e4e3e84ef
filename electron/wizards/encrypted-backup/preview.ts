import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Facts } from './facts-model.ts'
import { planEncryptedBackup } from './plan.ts'

export interface PreviewText {
  title: string
  text: string
}

/** Stands where the review will have the mark of a run. */
const markBlank = asRunId('aaaaaaaaaaaa')

/**
 * The statements that the answers so far lead to, for the pane beside the form: unanswered values as ‹certificate
 * name›, secrets as «name». Shows what is typed even where it can't run yet; `refused` names what no statement can hold.
 */
export const preview = (
  answers: Answers,
  facts: Facts | null,
): { statements: PreviewText[]; refused: string | null } => {
  try {
    const { plan } = planEncryptedBackup(withBlanks(answers), facts ?? noFacts, markBlank)
    return {
      statements: plan.steps.map(({ title, scripts }) => ({
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

/** A blank day that no person enters; it is shown as words. */
const dateBlank = '9999-12-31'

const shown = (text: string): string =>
  text
    .replaceAll("'99991231'", '‹expiry date›')
    .replaceAll(dateBlank, '‹expiry date›')
    .replaceAll('aaaaaaaa', '‹mark›')
    .replaceAll('00000000', '‹date›')

const withBlanks = (answers: Answers): EncryptedBackupDraft => {
  const text = (field: string, blank: string): string => {
    const value = answers[field]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : blank
  }
  const flag = (field: string, initial: boolean): boolean => {
    const value = answers[field]
    return typeof value === 'boolean' ? value : initial
  }
  const oneOf = <Word extends string>(field: string, words: readonly [Word, ...Word[]]): Word =>
    words.find((word) => word === answers[field]) ?? words[0]
  const chosen = answers['databases']
  const stats = answers['stats']
  const expiry = text('certificateExpiry', dateBlank)
  return {
    target: text('target', ''),
    databases: Array.isArray(chosen) && chosen.length > 0 ? chosen : ['‹database›'],
    masterKeyMode: oneOf('masterKeyMode', ['use', 'create', 'repair']),
    masterKeyPassword: null,
    certificateMode: oneOf('certificateMode', ['create', 'use']),
    certificateName: text('certificateName', '‹certificate name›'),
    certificateSubject: text('certificateSubject', '‹subject›'),
    certificateExpiry: /^\d{4}-\d{2}-\d{2}$/.test(expiry) ? expiry : dateBlank,
    keyFolder: text('keyFolder', '‹folder for key files›'),
    certificateFilePassword: '',
    masterKeyFilePassword: '',
    serviceMasterKeyFile: flag('serviceMasterKeyFile', false),
    serviceMasterKeyFilePassword: null,
    proveOnServer: flag('proveOnServer', true),
    localCopy:
      typeof answers['localCopy'] === 'string' && answers['localCopy'] !== '' ? answers['localCopy'] : null,
    backupFolder: text('backupFolder', '‹folder for backups›'),
    algorithm: oneOf('algorithm', ['AES_256', 'AES_192', 'AES_128']),
    compression: flag('compression', false),
    checksum: flag('checksum', true),
    stats: typeof stats === 'number' && Number.isInteger(stats) && stats >= 1 && stats <= 100 ? stats : 5,
    copyOnly: flag('copyOnly', true),
    verifyAfter: flag('verifyAfter', true),
  }
}

const notYet = { read: false, because: 'not read yet', source: 'Keyturn', at: '' } as const

const noFacts: Facts = {
  target: { id: '' as Facts['target']['id'], kind: 'sqlserver', name: '‹server›', environment: 'production' },
  identity: { serverName: '', machineName: '', instanceName: '', certificateSha256: null },
  principal: '',
  plannedOn: '00000000',
  readAt: '1970-01-01T00:00:00.000Z',
  server: notYet,
  folders: notYet,
  rights: notYet,
  databases: notYet,
  masterKey: notYet,
  certificates: notYet,
  volumes: notYet,
  replicas: notYet,
  runningBackups: notYet,
  keyFolder: null,
  backupFolder: null,
  secrets: {},
  localCopyLabel: null,
}
