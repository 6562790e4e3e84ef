import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { ServerFacts } from './facts-model.ts'
import { serverRef } from './read-server.ts'

/** The script beside a form, as far as its answers go. */
export interface Preview {
  statements: { title: string; text: string }[]
  /** What no statement can hold; null: nothing. */
  refused: string | null
}

/** Stands where the review will have the mark of a run. */
export const markBlank = asRunId('aaaaaaaaaaaa')

/** A blank day that no person enters; it is shown as words. */
export const dateBlank = '9999-12-31'

/** Reads answers of a form that is not complete, with something to show where one is missing. */
export const blanksOf = (answers: Answers) => {
  const text = (field: string, blank: string): string => {
    const value = answers[field]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : blank
  }
  return {
    text,
    flag: (field: string, initial: boolean): boolean => {
      const value = answers[field]
      return typeof value === 'boolean' ? value : initial
    },
    oneOf: <Word extends string>(field: string, words: readonly [Word, ...Word[]]): Word =>
      words.find((word) => word === answers[field]) ?? words[0],
    /** A day that is not one yet is shown as a blank. */
    day: (field: string): string => {
      const typed = text(field, dateBlank)
      return /^\d{4}-\d{2}-\d{2}$/.test(typed) ? typed : dateBlank
    },
  }
}

/** The statements of a plan whose unanswered values are blanks in ‹ ›; secrets as «name». */
export const previewOf = (plan: () => Plan): Preview => {
  try {
    return {
      statements: plan().steps.map(({ title, scripts }) => ({
        title: shown(title),
        text:
          scripts.length === 0
            ? '-- No statement: this step only reads'
            : shown(scripts.map(displayScript).join('\n')),
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

const shown = (text: string): string =>
  text
    .replaceAll("'99991231'", '‹expiry date›')
    .replaceAll(dateBlank, '‹expiry date›')
    .replaceAll(Buffer.from(markBlank).toString('hex'), '‹id of the run›')
    .replaceAll('aaaaaaaa', '‹mark›')
    .replaceAll('00000000', '‹date›')

/** A fact before any server was read. */
export const notYet = { read: false, because: 'not read yet', source: 'Keyturn', at: '' } as const

/** Before any server was read. */
export const noServerFacts: ServerFacts = {
  target: { ...serverRef(''), name: '‹server›' },
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
}
