import { z } from 'zod'
import {
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
import {
  existingNameProblem,
  localKeyFileProblem,
  newNameProblem,
  serverFileNameProblem,
  serverFolderProblem,
  subjectProblem,
} from './names.ts'

/** Answers of the job "Certificate". The first one, `task`, says which of the others count. */

export const certificateTasks = [
  'create',
  'export',
  'import-local',
  'import-server',
  'compare',
  'copy',
] as const
export type CertificateTask = (typeof certificateTasks)[number]

const taskShape = z.object({
  target: id('No server is chosen. Choose one'),
  task: z.enum(certificateTasks, { error: 'Choose what is to be done' }),
})

const certificateShape = z.object({
  certificateName: optionalText,
  certificateSubject: optionalText,
  certificateExpiry: optionalText,
  keyUse: z.preprocess(
    (value) => value ?? 'backup',
    z.enum(['backup', 'tde', 'other'], { error: 'Choose what the key is for' }),
  ),
})

const placesShape = z.object({
  format: keyFileFormat,
  /** As typed: Windows drops a space at its end, so it must be seen. */
  keyFolder: z.preprocess((value) => value ?? '', z.string().max(20_000)),
  certificateFilePassword: optionalId,
  proveOnServer: flag(true),
  localCopy: optionalId,
  sourceFolder: optionalId,
  sourceCertificateFile: optionalText,
  sourcePrivateKeyFile: optionalText,
  serverCertificateFile: optionalText,
  serverPrivateKeyFile: optionalText,
  replicas: z.preprocess((value) => value ?? [], z.array(z.string())),
})

export type CertificateDraft = z.output<typeof taskShape> &
  z.output<typeof certificateShape> &
  z.output<typeof placesShape>

type Task = Pick<CertificateDraft, 'task'>

export const makesFiles = (task: CertificateTask): boolean => task === 'create' || task === 'export'
export const isImport = (task: CertificateTask): boolean =>
  task === 'import-local' || task === 'import-server'
export const readsLocalFiles = (task: CertificateTask): boolean =>
  task === 'import-local' || task === 'compare'

const checkCertificate = (
  answers: z.output<typeof certificateShape> & Task,
  now: Date,
  say: Say<z.output<typeof certificateShape>>,
): void => {
  const { task, certificateName } = answers
  if (task === 'create' || isImport(task)) {
    say('certificateName', newNameProblem(certificateName, 'The certificate name'))
  } else {
    say('certificateName', existingNameProblem(certificateName, 'The certificate'))
  }
  if (task !== 'create') return
  say('certificateSubject', subjectProblem(answers.certificateSubject))
  say('certificateExpiry', expiryProblem(answers.certificateExpiry, dayOf(now)))
}

type Places = z.output<typeof placesShape>

const checkPlaces = (answers: Places & Task & { target?: unknown }, say: Say<Places>): void => {
  const { task } = answers
  if (makesFiles(task) || task === 'import-server') {
    say('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder for key files'))
  }
  if (makesFiles(task)) {
    if (!isHandle(answers.certificateFilePassword)) {
      say('certificateFilePassword', 'The password of the private key file is missing. Enter or generate one')
    }
    if (answers.localCopy !== null && !isHandle(answers.localCopy)) {
      say('localCopy', 'The folder of yours is not known here. Pick it again')
    }
  }
  if (task === 'import-server') checkServerFiles(answers, say)
  if (readsLocalFiles(task)) checkLocalFiles(answers, say)
  if (task === 'copy') checkReplicas(answers, say)
}

const isPfx = (file: string): boolean => /\.(pfx|p12)$/i.test(file)

const checkServerFiles = (answers: Places, say: Say<Places>): void => {
  const { serverCertificateFile: certificate, serverPrivateKeyFile: key } = answers
  say('serverCertificateFile', serverFileNameProblem(certificate, 'The certificate file'))
  if (isPfx(certificate)) {
    if (key !== '') say('serverPrivateKeyFile', 'A .pfx holds the private key. Leave this file empty')
  } else {
    say('serverPrivateKeyFile', serverFileNameProblem(key, 'The private key file'))
  }
  if (!isHandle(answers.certificateFilePassword)) {
    say('certificateFilePassword', 'The password of the private key file is missing. Enter it')
  }
}

const checkLocalFiles = (answers: Places & Task, say: Say<Places>): void => {
  const { sourceCertificateFile: certificate, sourcePrivateKeyFile: key, task } = answers
  if (!isHandle(answers.sourceFolder)) {
    say('sourceFolder', 'No folder of yours is picked. Pick the one with the files')
  }
  if (answers.certificateFilePassword !== null && !isHandle(answers.certificateFilePassword)) {
    say('certificateFilePassword', 'The password is not kept any more. Enter it again')
  }
  say('sourceCertificateFile', localKeyFileProblem(certificate, 'The certificate file'))
  if (isPfx(certificate)) {
    if (key !== '') say('sourcePrivateKeyFile', 'A .pfx holds the private key. Choose no second file')
  } else if (key !== '') {
    say('sourcePrivateKeyFile', localKeyFileProblem(key, 'The private key file'))
  } else if (task === 'import-local') {
    say(
      'sourcePrivateKeyFile',
      'The private key file is not chosen. Choose the .pvk that was written with this .cer',
    )
  }
}

const checkReplicas = (answers: Places & { target?: unknown }, say: Say<Places>): void => {
  const { replicas, target } = answers
  if (replicas.length === 0) return say('replicas', 'No server is chosen. Choose at least one')
  if (replicas.length > 20) return say('replicas', 'At most 20 servers fit in one run')
  if (replicas.some((one) => !isHandle(one)))
    return say('replicas', 'A server is not known here. Choose again')
  if (new Set(replicas).size !== replicas.length)
    return say('replicas', 'A server is chosen twice. Choose each once')
  if (replicas.includes(String(target)))
    say('replicas', 'The server that has the certificate is among those that get it. Take it out')
}

const screensAt = (now: () => Date) =>
  ({
    task: taskShape,
    certificate: whole(taskShape.pick({ task: true }).extend(certificateShape.shape), (answers, say) =>
      checkCertificate(answers, now(), say),
    ),
    places: whole(taskShape.extend(placesShape.shape), checkPlaces),
  }) as const

export const certificateScreens = ['task', 'certificate', 'places'] as const
export type CertificateScreenId = (typeof certificateScreens)[number]

export const certificateDraftAt = (now: () => Date): z.ZodType<CertificateDraft> => {
  const screens = screensAt(now)
  return screens.task.and(screens.certificate).and(screens.places)
}

/** Errors of another screen's field (the task not chosen yet) are named there, not here. */
export const certificateScreenProblems = (
  screen: CertificateScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => {
  const found = problemsOf(screensAt(now)[screen], answers)
  return screen === 'task' ? found : found.filter(({ field }) => field !== 'task' && field !== 'target')
}
