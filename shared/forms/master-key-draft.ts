import { z } from 'zod'
import {
  flag,
  folder,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsOf,
  whole,
  type AnswerProblem,
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { existingNameProblem, serverFileProblem } from './names.ts'

/** What can be done with the database master key of one database. */
export const databaseKeyActs = [
  'create',
  'back-up',
  'add-copy',
  'drop-copy',
  'change-password',
  'regenerate',
  'restore',
] as const
/** What can be done with the service master key of an instance. */
export const serviceKeyActs: readonly string[] = ['back-up', 'regenerate', 'restore']

const serverShape = z.object({
  target: id('No server is chosen. Choose one'),
  key: z.enum(['database', 'service'], { error: 'Choose which key it is about' }),
  database: optionalText,
})

const server = whole(serverShape, ({ key, database }, say) => {
  if (key === 'database') say('database', existingNameProblem(database, 'The database'))
})

const actShape = z.object({
  key: z.enum(['database', 'service']).optional(),
  act: z.enum(databaseKeyActs, { error: 'Choose what happens with the key' }),
  presentPassword: optionalId,
  newPassword: optionalId,
  restoreFile: optionalText,
  restorePassword: optionalId,
  force: flag(false),
})

type ActAnswers = z.output<typeof actShape>
type KeyAndAct = Pick<ActAnswers, 'key' | 'act'>

/** Whether the new key or copy gets a password of its own. */
export const needsNewPassword = ({ key, act }: KeyAndAct): boolean =>
  key === 'database' && ['create', 'change-password', 'regenerate', 'restore'].includes(act)

/** Whether the act can't be done without the password that the key has. Others ask for it where the key is closed. */
export const needsPresentPassword = ({ key, act }: KeyAndAct): boolean =>
  key === 'database' && ['add-copy', 'drop-copy', 'change-password'].includes(act)

const act = whole(actShape, (answers, problem) => {
  if (answers.key === 'service' && !serviceKeyActs.includes(answers.act)) {
    problem('act', 'The service master key can be exported, regenerated or restored. Choose one of them')
  }
  if (needsPresentPassword(answers) && !isHandle(answers.presentPassword)) {
    problem('presentPassword', 'The password that the key has is missing. Enter it')
  }
  if (needsNewPassword(answers) && !isHandle(answers.newPassword)) {
    problem('newPassword', 'The new password is missing. Enter or generate one')
  }
  if (answers.act === 'restore') {
    problem('restoreFile', serverFileProblem(answers.restoreFile, 'The key file'))
    if (!isHandle(answers.restorePassword)) {
      problem('restorePassword', 'The password of the key file is missing. Enter it')
    }
  }
})

const files = z.object({
  keyFolder: folder('The folder for key files'),
  filePassword: id('The password of the key file is missing. Enter or generate one'),
  proveOnServer: flag(true),
})

export const masterKeyScreens = ['server', 'act', 'files'] as const
export type MasterKeyScreenId = (typeof masterKeyScreens)[number]

const screens = { server, act, files } as const

export type MasterKeyDraft = z.output<typeof serverShape> & ActAnswers & z.output<typeof files>

/** All answers of the job. */
export const masterKeyDraft: z.ZodType<MasterKeyDraft> = server.and(act).and(files)

export const masterKeyScreenProblems = (screen: MasterKeyScreenId, answers: Answers): AnswerProblem[] =>
  problemsOf(screens[screen], answers)
