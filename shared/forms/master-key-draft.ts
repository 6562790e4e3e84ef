import { z } from 'zod'
import { answerProblems, flag, folder, id, isHandle, optionalId, optionalText } from './draft-parts.ts'
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

const server = serverShape.superRefine(({ key, database }, ctx) => {
  const problem = key === 'database' ? existingNameProblem(database, 'The database') : null
  if (problem !== null) ctx.addIssue({ code: 'custom', path: ['database'], message: problem })
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

const act = actShape.superRefine((answers, ctx) => {
  const problem = (path: keyof ActAnswers, message: string | null): void => {
    if (message !== null) ctx.addIssue({ code: 'custom', path: [path], message })
  }
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

export const screenSchemas = { server, act, files } as const
export type ScreenId = keyof typeof screenSchemas

interface FilesAnswers {
  keyFolder: string
  filePassword: string | null
  proveOnServer: boolean
}

export type MasterKeyDraft = z.output<typeof serverShape> & ActAnswers & FilesAnswers

/** All answers of the job. */
export const masterKeyDraft: z.ZodType<MasterKeyDraft> = server.and(act).and(files)

export const screenProblems = (screen: ScreenId, answers: Answers) => {
  const read = screenSchemas[screen].safeParse(answers)
  return read.success ? [] : answerProblems(read.error)
}
