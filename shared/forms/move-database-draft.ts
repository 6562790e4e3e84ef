import { z } from 'zod'
import {
  allOf,
  flag,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsIn,
  whole,
  type Say,
} from './draft-parts.ts'
import { existingNameProblem, newNameProblem, serverFileNameProblem, serverFolderProblem } from './names.ts'

/** Answers of the job "Move a database". */

const serversShape = z.object({
  target: id('No source server is chosen. Choose one'),
  database: optionalText,
  destination: id('No destination server is chosen. Choose one'),
})

const keysShape = z.object({
  /** How the certificates come to the destination, where they are not there already. */
  certificateFrom: z.preprocess(
    (value) => value ?? 'connection',
    z.enum(['connection', 'files'], { error: 'Choose how the certificate comes to the destination' }),
  ),
  certificateName: optionalText,
  keyFolder: optionalText,
  serverCertificateFile: optionalText,
  serverPrivateKeyFile: optionalText,
  certificateFilePassword: optionalId,
  /** Of the database's own master key; null: it has none, or it stays closed. */
  databaseKeyPassword: optionalId,
})

const wayShape = z.object({
  way: z.preprocess(
    (value) => value ?? 'backup',
    z.enum(['backup', 'detach'], { error: 'Choose how the database travels' }),
  ),
  newName: optionalText,
  dataFolder: optionalText,
  backupFolder: optionalText,
  /** The same folder as the destination sees it; empty: it has the same path there. */
  readFolder: optionalText,
  backupCertificate: optionalText,
})

const afterShape = z.object({
  sourceAfter: z.preprocess(
    (value) => value ?? 'as-it-was',
    z.enum(['as-it-was', 'offline'], { error: 'Choose what becomes of the database on the source' }),
  ),
  checkConsistency: flag(true),
})

export type MoveDraft = z.output<typeof serversShape> &
  z.output<typeof keysShape> &
  z.output<typeof wayShape> &
  z.output<typeof afterShape>

const checkServers = (answers: z.output<typeof serversShape>, say: Say<typeof answers>): void => {
  const { target, database, destination } = answers
  say('database', existingNameProblem(database, 'The database'))
  if (/^(master|model|msdb|tempdb)$/i.test(database))
    say('database', 'The engine’s own databases can’t be moved. Choose another one')
  if (target === destination)
    say('destination', 'Source and destination are the same server. Choose another one')
}

const checkKeys = (answers: z.output<typeof keysShape>, say: Say<typeof answers>): void => {
  if (answers.databaseKeyPassword !== null && !isHandle(answers.databaseKeyPassword))
    say('databaseKeyPassword', 'The password is not kept any more. Enter it again')
  if (answers.certificateFrom === 'connection') return
  say('certificateName', newNameProblem(answers.certificateName, 'The certificate name'))
  say('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder with the key files', { network: true }))
  const { serverCertificateFile: certificate, serverPrivateKeyFile: key } = answers
  say('serverCertificateFile', serverFileNameProblem(certificate, 'The certificate file'))
  if (/\.(pfx|p12)$/i.test(certificate)) {
    if (key !== '') say('serverPrivateKeyFile', 'A .pfx holds the private key. Leave this file empty')
  } else {
    say('serverPrivateKeyFile', serverFileNameProblem(key, 'The private key file'))
  }
  if (!isHandle(answers.certificateFilePassword))
    say('certificateFilePassword', 'The password of the private key file is missing. Enter it')
}

const checkWay = (answers: z.output<typeof wayShape>, say: Say<typeof answers>): void => {
  const network = { network: true }
  say('newName', newNameProblem(answers.newName, 'The name on the destination'))
  say('dataFolder', serverFolderProblem(answers.dataFolder, 'The folder for the database files', network))
  if (answers.way === 'detach') return
  say('backupFolder', serverFolderProblem(answers.backupFolder, 'The folder for the backup', network))
  if (answers.readFolder !== '')
    say(
      'readFolder',
      serverFolderProblem(answers.readFolder, 'The folder as the destination sees it', network),
    )
  if (answers.backupCertificate !== '')
    say('backupCertificate', existingNameProblem(answers.backupCertificate, 'The certificate'))
}

const screens = {
  servers: whole(serversShape, checkServers),
  keys: whole(keysShape, checkKeys),
  way: whole(wayShape, checkWay),
  after: afterShape,
} as const

export const moveScreens = ['servers', 'keys', 'way', 'after'] as const
export type MoveScreenId = (typeof moveScreens)[number]

export const moveDraft: z.ZodType<MoveDraft> = allOf(
  screens.servers,
  screens.keys,
  screens.way,
  screens.after,
)

export const moveScreenProblems = problemsIn<MoveScreenId>(screens)
