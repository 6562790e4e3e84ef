import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import {
  databaseKeyActs,
  serviceKeyActs,
  type MasterKeyDraft,
} from '../../../shared/forms/master-key-draft.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { JobFront } from '../front.ts'
import type { Facts } from './facts-model.ts'
import { planMasterKey } from './plan.ts'

/** Stands where the review will have the mark of a run. */
const markBlank = asRunId('aaaaaaaaaaaa')

/** The statements that the answers so far lead to: unanswered values as ‹key folder›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): ReturnType<JobFront['preview']> => {
  const draft = withBlanks(answers)
  if (draft === null) return { statements: [], refused: null }
  try {
    const { plan } = planMasterKey(draft, facts ?? noFacts, markBlank)
    return {
      statements: plan.steps.map(({ title, scripts }) => ({
        title,
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

const shown = (text: string): string => text.replaceAll('aaaaaaaa', '‹mark›').replaceAll('00000000', '‹date›')

/** Null while it is not chosen what happens with which key. */
const withBlanks = (answers: Answers): MasterKeyDraft | null => {
  const key = answers['key'] === 'service' ? 'service' : 'database'
  const act = databaseKeyActs.find((one) => one === answers['act'])
  if (act === undefined || (key === 'service' && !serviceKeyActs.includes(act))) return null
  const text = (field: string, blank: string): string => {
    const value = answers[field]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : blank
  }
  return {
    target: text('target', ''),
    key,
    database: text('database', '‹database›'),
    act,
    presentPassword: text('presentPassword', ''),
    newPassword: text('newPassword', ''),
    restoreFile: text('restoreFile', '‹key file›'),
    restorePassword: text('restorePassword', ''),
    force: answers['force'] === true,
    keyFolder: text('keyFolder', '‹folder for key files›'),
    filePassword: text('filePassword', ''),
    proveOnServer: answers['proveOnServer'] !== false,
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
  database: null,
  key: null,
  below: null,
  serviceKey: notYet,
  opened: notYet,
  keyFolder: null,
  secrets: {},
}
