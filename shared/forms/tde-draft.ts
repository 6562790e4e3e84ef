import { z } from 'zod'
import {
  aesAlgorithm,
  dayOf,
  expiryProblem,
  flag,
  id,
  isHandle,
  keyFileFormat,
  optionalId,
  optionalText,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { existingNameProblem, newNameProblem, serverFolderProblem, subjectProblem } from './names.ts'

/** Answers of the job "TDE". The first ones, `task` and `databases`, say which of the others count. */

export const tdeTasks = [
  'turn-on',
  'watch',
  'suspend',
  'resume',
  'rotate-protector',
  'regenerate',
  'turn-off',
] as const
export type TdeTask = (typeof tdeTasks)[number]

export const mostDatabases = 20

const taskShape = z.object({
  target: id('No server is chosen. Choose one'),
  task: z.enum(tdeTasks, { error: 'Choose what is to be done' }),
  databases: z.preprocess((value) => value ?? [], z.array(z.string())),
})

const keyShape = z.object({
  certificateMode: z.preprocess(
    (value) => value ?? 'create',
    z.enum(['create', 'use'], { error: 'Choose whether the certificate is new' }),
  ),
  certificateName: optionalText,
  certificateSubject: optionalText,
  certificateExpiry: optionalText,
  /** The person looked on the replicas that could not be asked. */
  replicasConfirmed: flag(false),
  algorithm: aesAlgorithm('Choose the algorithm of the database key'),
})

const filesShape = z.object({
  format: keyFileFormat,
  keyFolder: optionalText,
  certificateFilePassword: optionalId,
  proveOnServer: flag(true),
  localCopy: optionalId,
  backupFolder: optionalText,
  logBackups: z.preprocess(
    (value) => value ?? 'take',
    z.enum(['take', 'mine'], { error: 'Choose who takes the log backups that the rule asks for' }),
  ),
})

export type TdeDraft = z.output<typeof taskShape> & z.output<typeof keyShape> & z.output<typeof filesShape>

/** Tasks that put a certificate over the keys. */
export const bringsProtector = (task: TdeTask): boolean => task === 'turn-on' || task === 'rotate-protector'

/** Tasks after which, or before which, the log of a database has to be backed up. */
export const concernsLog = (task: TdeTask): boolean =>
  task === 'rotate-protector' || task === 'regenerate' || task === 'turn-off'

const checkDatabases = (
  { databases }: z.output<typeof taskShape>,
  say: Say<z.output<typeof taskShape>>,
): void => {
  if (databases.length === 0) return say('databases', 'No database is chosen. Choose at least one')
  if (databases.length > mostDatabases) {
    return say(
      'databases',
      `${databases.length} databases are chosen; ${mostDatabases} fit in one run. Choose fewer`,
    )
  }
  if (new Set(databases).size !== databases.length) {
    return say('databases', 'A database is chosen twice. Choose each once')
  }
  const wrong = databases
    .map((name) => existingNameProblem(name, 'A database name'))
    .find((one) => one !== null)
  say('databases', wrong ?? null)
}

type WithTask = { task: TdeTask }

const checkKey = (
  answers: z.output<typeof keyShape> & WithTask,
  now: Date,
  say: Say<typeof answers>,
): void => {
  if (!bringsProtector(answers.task)) return
  if (answers.certificateMode === 'use') {
    return say('certificateName', existingNameProblem(answers.certificateName, 'The certificate'))
  }
  say('certificateName', newNameProblem(answers.certificateName, 'The certificate name'))
  say('certificateSubject', subjectProblem(answers.certificateSubject))
  say('certificateExpiry', expiryProblem(answers.certificateExpiry, dayOf(now)))
}

const checkFiles = (answers: z.output<typeof filesShape> & WithTask, say: Say<typeof answers>): void => {
  if (answers.task === 'turn-off' || (concernsLog(answers.task) && answers.logBackups === 'take')) {
    say('backupFolder', serverFolderProblem(answers.backupFolder, 'The folder for backups'))
  }
  if (!bringsProtector(answers.task)) return
  say('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder for key files'))
  if (!isHandle(answers.certificateFilePassword)) {
    say('certificateFilePassword', 'The password of the private key file is missing. Enter or generate one')
  }
  if (!isHandle(answers.localCopy)) {
    say('localCopy', 'No folder of yours is picked. Pick the one that gets the pair')
  }
}

const screensAt = (now: () => Date) => {
  const task = taskShape.pick({ task: true })
  return {
    task: whole(taskShape, checkDatabases),
    key: whole(task.extend(keyShape.shape), (answers, say) => checkKey(answers, now(), say)),
    files: whole(task.extend(filesShape.shape), checkFiles),
  } as const
}

export const tdeScreens = ['task', 'key', 'files'] as const
export type TdeScreenId = (typeof tdeScreens)[number]

export const tdeDraftAt = (now: () => Date): z.ZodType<TdeDraft> => {
  const screens = screensAt(now)
  return screens.task.and(screens.key).and(screens.files)
}

/** Errors of another screen's field (the task not chosen yet) are named there, not here. */
export const tdeScreenProblems = (
  screen: TdeScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => {
  const found = problemsOf(screensAt(now)[screen], answers)
  return screen === 'task' ? found : found.filter(({ field }) => field !== 'task')
}
