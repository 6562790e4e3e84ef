import { z } from 'zod'
import type { Answers } from './form.ts'
import {
  answerProblems,
  dayOf,
  expiryProblem,
  flag,
  folder,
  id,
  isHandle,
  optionalId,
  optionalText,
  type AnswerProblem,
} from './draft-parts.ts'
import { existingNameProblem, newNameProblem, subjectProblem } from './names.ts'

/** Answers of the job, checked per screen and as a whole. Secrets are ids of handles; a place is an id too. */

const server = z.object({
  target: id('No server is chosen. Choose one'),
  databases: z
    .preprocess((value) => value ?? [], z.array(z.string()))
    .superRefine((names, ctx) => {
      if (names.length === 0)
        ctx.addIssue({ code: 'custom', message: 'No database is chosen. Choose at least one' })
      if (names.length > 1000)
        ctx.addIssue({ code: 'custom', message: 'At most 1,000 databases fit in one run' })
      for (const name of names) {
        const problem = existingNameProblem(name, 'A database name')
        if (problem !== null) return ctx.addIssue({ code: 'custom', message: problem })
      }
      if (new Set(names).size !== names.length) {
        ctx.addIssue({ code: 'custom', message: 'A database is chosen twice. Choose each once' })
      }
    }),
})

const keysShape = z.object({
  masterKeyMode: z.enum(['use', 'create', 'repair'], { error: 'Choose what happens with the master key' }),
  masterKeyPassword: optionalId,
  certificateMode: z.enum(['use', 'create'], { error: 'Choose whether to use or to create a certificate' }),
  certificateName: optionalText,
  certificateSubject: optionalText,
  certificateExpiry: optionalText,
})

const keysAt = (now: () => Date) =>
  keysShape.superRefine((keys, ctx) => {
    const problem = (path: keyof typeof keys, message: string | null): void => {
      if (message !== null) ctx.addIssue({ code: 'custom', path: [path], message })
    }
    if (keys.masterKeyMode === 'create' && !isHandle(keys.masterKeyPassword)) {
      problem('masterKeyPassword', 'The password of the new master key is missing. Enter or generate one')
    }
    if (keys.masterKeyMode === 'repair' && !isHandle(keys.masterKeyPassword)) {
      problem('masterKeyPassword', 'The password of the master key that is there is missing. Enter it')
    }
    if (keys.certificateMode === 'use') {
      problem('certificateName', existingNameProblem(keys.certificateName, 'The certificate'))
    } else {
      problem('certificateName', newNameProblem(keys.certificateName, 'The certificate name'))
      problem('certificateSubject', subjectProblem(keys.certificateSubject))
      problem('certificateExpiry', expiryProblem(keys.certificateExpiry, dayOf(now())))
    }
  })

const files = z
  .object({
    keyFolder: folder('The folder for key files'),
    certificateFilePassword: id('The password of the private key file is missing. Enter or generate one'),
    masterKeyFilePassword: id('The password of the master key file is missing. Enter or generate one'),
    serviceMasterKeyFile: flag(false),
    serviceMasterKeyFilePassword: optionalId,
    proveOnServer: flag(true),
    localCopy: optionalId,
  })
  .superRefine((answers, ctx) => {
    if (answers.serviceMasterKeyFile && !isHandle(answers.serviceMasterKeyFilePassword)) {
      ctx.addIssue({
        code: 'custom',
        path: ['serviceMasterKeyFilePassword'],
        message:
          'The password of the service master key file is missing. Enter or generate one, or leave the file out',
      })
    }
    if (answers.localCopy !== null && !isHandle(answers.localCopy)) {
      ctx.addIssue({
        code: 'custom',
        path: ['localCopy'],
        message: 'The folder of yours is not known here. Pick it again',
      })
    }
  })

const destination = z.object({
  backupFolder: folder('The folder for backups'),
  algorithm: z.preprocess(
    (value) => value ?? 'AES_256',
    z.enum(['AES_256', 'AES_192', 'AES_128'], { error: 'The algorithm is not one of the three. Choose one' }),
  ),
  compression: flag(false),
  checksum: flag(true),
  stats: z.preprocess(
    (value) => value ?? 5,
    z
      .number({ error: 'The progress step is not a number. Enter a whole number from 1 to 100' })
      .int('The progress step is not a whole number. Enter one from 1 to 100')
      .min(1, 'The progress step is below 1. Enter a whole number from 1 to 100')
      .max(100, 'The progress step is above 100. Enter a whole number from 1 to 100'),
  ),
  copyOnly: flag(true),
  verifyAfter: flag(true),
})

/** One schema per screen, by its id. `now` decides what a past expiry is. */
export const screenSchemasAt = (now: () => Date) =>
  ({ server, keys: keysAt(now), files, destination }) as const

export const screenSchemas = screenSchemasAt(() => new Date())
export type ScreenId = keyof typeof screenSchemas

export type EncryptedBackupDraft = z.output<typeof server> &
  z.output<typeof keysShape> &
  z.output<typeof files> &
  z.output<typeof destination>

const wholeAt = (now: () => Date) => {
  const screens = screenSchemasAt(now)
  return screens.server.and(screens.keys).and(screens.files).and(screens.destination)
}

/** All answers of the job. */
export const encryptedBackupDraft: z.ZodType<EncryptedBackupDraft> = wholeAt(() => new Date())

export const screenProblems = (
  screen: ScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => {
  const read = screenSchemasAt(now)[screen].safeParse(answers)
  return read.success ? [] : answerProblems(read.error)
}
