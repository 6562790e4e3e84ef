import { z } from 'zod'
import type { Answers } from './form.ts'
import {
  aesAlgorithm,
  dayOf,
  expiryProblem,
  flag,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsOf,
  progressStep,
  whole,
  type AnswerProblem,
} from './draft-parts.ts'
import { existingNameProblem, newNameProblem, serverFolderProblem, subjectProblem } from './names.ts'
import { containerProblems, writtenBlobShape } from './storage-draft.ts'

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

/** Draft of before a key in a vault could be chosen: a certificate. */
const encryptor = z.preprocess(
  (value) => value ?? 'certificate',
  z.enum(['certificate', 'asymmetric-key'], { error: 'Choose what the backup is encrypted under' }),
)

/** Null where it is not asked. */
const optionalChoice = <const Words extends readonly [string, ...string[]]>(words: Words, error: string) =>
  z.preprocess((value) => value ?? null, z.enum(words, { error }).nullable())

const masterKeyMissing = 'Choose what happens with the master key'
const certificateMissing = 'Choose whether to use or to create a certificate'

const keysShape = z.object({
  encryptor,
  asymmetricKeyName: optionalText,
  masterKeyMode: optionalChoice(['use', 'create', 'repair'], masterKeyMissing),
  masterKeyPassword: optionalId,
  certificateMode: optionalChoice(['use', 'create'], certificateMissing),
  certificateName: optionalText,
  certificateSubject: optionalText,
  certificateExpiry: optionalText,
})

const keysAt = (now: () => Date) =>
  whole(keysShape, (keys, problem) => {
    if (keys.encryptor === 'asymmetric-key') {
      problem('asymmetricKeyName', existingNameProblem(keys.asymmetricKeyName, 'The asymmetric key'))
      return
    }
    if (keys.masterKeyMode === null) problem('masterKeyMode', masterKeyMissing)
    if (keys.certificateMode === null) problem('certificateMode', certificateMissing)
    if (keys.masterKeyMode === 'create' && !isHandle(keys.masterKeyPassword)) {
      problem('masterKeyPassword', 'The password of the new master key is missing. Enter or generate one')
    }
    if (keys.masterKeyMode === 'repair' && !isHandle(keys.masterKeyPassword)) {
      problem('masterKeyPassword', 'The password of the master key that is there is missing. Enter it')
    }
    if (keys.certificateMode === 'use') {
      problem('certificateName', existingNameProblem(keys.certificateName, 'The certificate'))
    } else if (keys.certificateMode === 'create') {
      problem('certificateName', newNameProblem(keys.certificateName, 'The certificate name'))
      problem('certificateSubject', subjectProblem(keys.certificateSubject))
      problem('certificateExpiry', expiryProblem(keys.certificateExpiry, dayOf(now())))
    }
  })

const path = z.preprocess((value) => value ?? '', z.string().max(20_000))

const filesShape = z.object({
  encryptor,
  keyFolder: path,
  certificateFilePassword: optionalId,
  masterKeyFilePassword: optionalId,
  serviceMasterKeyFile: flag(false),
  serviceMasterKeyFilePassword: optionalId,
  proveOnServer: flag(true),
  localCopy: optionalId,
})

const files = whole(filesShape, (answers, problem) => {
  if (answers.encryptor === 'asymmetric-key') return
  problem('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder for key files'))
  if (!isHandle(answers.certificateFilePassword)) {
    problem(
      'certificateFilePassword',
      'The password of the private key file is missing. Enter or generate one',
    )
  }
  if (!isHandle(answers.masterKeyFilePassword)) {
    problem('masterKeyFilePassword', 'The password of the master key file is missing. Enter or generate one')
  }
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

const destinationShape = z.object({
  destination: z.preprocess(
    (value) => value ?? 'disk',
    z.enum(['disk', 'url'], { error: 'Choose where the backups go' }),
  ),
  backupFolder: path,
  ...writtenBlobShape,
  algorithm: aesAlgorithm('The algorithm is not one of the three. Choose one'),
  compression: flag(false),
  checksum: flag(true),
  stats: progressStep,
  copyOnly: flag(true),
  verifyAfter: flag(true),
})

const destination = whole(destinationShape, (answers, problem) => {
  if (answers.destination === 'disk')
    problem('backupFolder', serverFolderProblem(answers.backupFolder, 'The folder for backups'))
  else containerProblems(answers, problem)
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
