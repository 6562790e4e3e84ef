import { z } from 'zod'
import type { Answers } from './form.ts'
import {
  aesAlgorithm,
  dayOf,
  expiryProblem,
  flag,
  folder,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsOf,
  progressStep,
  whole,
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
  whole(keysShape, (keys, problem) => {
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

const filesShape = z.object({
  keyFolder: folder('The folder for key files'),
  certificateFilePassword: id('The password of the private key file is missing. Enter or generate one'),
  masterKeyFilePassword: id('The password of the master key file is missing. Enter or generate one'),
  serviceMasterKeyFile: flag(false),
  serviceMasterKeyFilePassword: optionalId,
  proveOnServer: flag(true),
  localCopy: optionalId,
})

const files = whole(filesShape, (answers, problem) => {
  if (answers.serviceMasterKeyFile && !isHandle(answers.serviceMasterKeyFilePassword)) {
    problem(
      'serviceMasterKeyFilePassword',
      'The password of the service master key file is missing. Enter or generate one, or leave the file out',
    )
  }
  if (answers.localCopy !== null && !isHandle(answers.localCopy)) {
    problem('localCopy', 'The folder of yours is not known here. Pick it again')
  }
})

const destination = z.object({
  backupFolder: folder('The folder for backups'),
  algorithm: aesAlgorithm('The algorithm is not one of the three. Choose one'),
  compression: flag(false),
  checksum: flag(true),
  stats: progressStep,
  copyOnly: flag(true),
  verifyAfter: flag(true),
})

export const encryptedBackupScreens = ['server', 'keys', 'files', 'destination'] as const
export type EncryptedBackupScreenId = (typeof encryptedBackupScreens)[number]

/** `now` decides what a past expiry is. */
const screensAt = (now: () => Date) => ({ server, keys: keysAt(now), files, destination }) as const

export type EncryptedBackupDraft = z.output<typeof server> &
  z.output<typeof keysShape> &
  z.output<typeof files> &
  z.output<typeof destination>

const wholeAt = (now: () => Date) => {
  const screens = screensAt(now)
  return screens.server.and(screens.keys).and(screens.files).and(screens.destination)
}

/** All answers of the job. */
export const encryptedBackupDraft: z.ZodType<EncryptedBackupDraft> = wholeAt(() => new Date())

export const encryptedBackupScreenProblems = (
  screen: EncryptedBackupScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => problemsOf(screensAt(now)[screen], answers)
