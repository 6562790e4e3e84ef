import { z } from 'zod'
import {
  flag,
  id,
  isHandle,
  optionalId,
  problemsOf,
  progressStep,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { serverFolderProblem } from './names.ts'

/** Answers of the restore drill, checked per screen and as a whole. Secrets are ids of handles. */

/** As it was typed: a space at the end of a file name is a fault to be named, not to be removed. */
const typedText = z.preprocess((value) => value ?? '', z.string().max(20_000))

/** A drill restores one database after the other; more than this is several drills. */
export const mostDrilled = 200

const backupShape = z.object({
  target: id('No server is chosen. Choose the one whose backups are drilled'),
  which: z.enum(['chosen', 'latest'], { error: 'Choose which backups are drilled' }),
  backups: z.preprocess((value) => value ?? [], z.array(z.string())),
  follow: flag(true),
})

const setId = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/

const backup = whole(backupShape, (answers, say) => {
  if (answers.which !== 'chosen') return
  const refuse = (message: string): void => say('backups', message)
  if (answers.backups.length === 0) return refuse('No backup is chosen. Choose at least one')
  if (answers.backups.length > mostDrilled)
    return refuse(`At most ${mostDrilled} backups fit in one drill. Choose fewer`)
  if (answers.backups.some((one) => !setId.test(one)))
    return refuse('A chosen backup is not one of the list. Choose again')
  if (new Set(answers.backups).size !== answers.backups.length)
    refuse('A backup is chosen twice. Choose each once')
})

const serverShape = z.object({
  drillTarget: id('No drill server is chosen. Choose an empty one'),
  filesWhere: z.enum(['same', 'folder'], { error: 'Choose where the drill server finds the backup files' }),
  backupFolder: typedText,
  dataFolder: typedText,
  logFolder: typedText,
  masterKeyMode: z.enum(['throw-away', 'password', 'use'], {
    error: 'Choose which master key the drill server uses',
  }),
  masterKeyPassword: optionalId,
})

const network = { network: true }

const server = whole(serverShape, (answers, refuse) => {
  if (answers.filesWhere === 'folder')
    refuse(
      'backupFolder',
      serverFolderProblem(answers.backupFolder, 'The folder of the backup files', network),
    )
  refuse('dataFolder', serverFolderProblem(answers.dataFolder, 'The folder for data files'))
  refuse('logFolder', serverFolderProblem(answers.logFolder, 'The folder for log files'))
  if (answers.masterKeyMode === 'password' && !isHandle(answers.masterKeyPassword))
    refuse('masterKeyPassword', 'The password of the new master key is missing. Enter or generate one')
})

export const longestFileName = 120

/** A file name without folder, as Windows and Linux both take it. */
export const keyFileProblem = (text: string, what: string, endings: readonly string[]): string | null => {
  if (text === '')
    return `${what} is not named. Enter its file name, for instance KT_Backup_2026${endings[0] ?? ''}`
  if (text.length > longestFileName)
    return `${what} has ${text.length} characters; at most ${longestFileName} fit. Rename the file`
  // A name has the rules of a folder below a drive, without any separator in it.
  if (/[\\/]/.test(text)) return `${what} holds a \\ or /. Enter the file name alone; its folder stands above`
  const problem = serverFolderProblem(`X:\\${text}`, what)
  if (problem !== null) return problem
  return endings.some((ending) => text.toLowerCase().endsWith(ending))
    ? null
    : `${what} does not end in ${endings.join(' or ')}. Enter the name of such a file`
}

const keyFiles = z.enum(['pair', 'pfx', 'none'], { error: 'Choose which key files there are' })

const keysShape = z.object({
  keyFiles,
  keyFolder: typedText,
  certificateFile: typedText,
  privateKeyFile: typedText,
  passwordFrom: typedText,
  keyPassword: optionalId,
  secondKeyFiles: z.preprocess((value) => value ?? 'none', keyFiles),
  secondCertificateFile: typedText,
  secondPrivateKeyFile: typedText,
  secondPasswordFrom: typedText,
  secondKeyPassword: optionalId,
})

type KeysAnswers = z.output<typeof keysShape>

interface OneKey {
  kind: z.output<typeof keyFiles>
  fields: {
    certificate: 'certificateFile' | 'secondCertificateFile'
    privateKey: 'privateKeyFile' | 'secondPrivateKeyFile'
    from: 'passwordFrom' | 'secondPasswordFrom'
    password: 'keyPassword' | 'secondKeyPassword'
  }
  what: string
}

const checkKey = (answers: KeysAnswers, { kind, fields, what }: OneKey, refuse: Say<KeysAnswers>): void => {
  if (kind === 'none') return
  const pfx = kind === 'pfx'
  refuse(
    fields.certificate,
    keyFileProblem(
      answers[fields.certificate],
      pfx ? `The .pfx file${what}` : `The certificate file${what}`,
      pfx ? ['.pfx', '.p12'] : ['.cer', '.crt', '.der'],
    ),
  )
  if (!pfx)
    refuse(
      fields.privateKey,
      keyFileProblem(answers[fields.privateKey], `The private key file${what}`, ['.pvk']),
    )
  const from = answers[fields.from]
  if (from === '')
    return refuse(fields.from, `The password${what} is not chosen. Choose to type it or a kept one`)
  if (from !== 'typed')
    return refuse(
      fields.from,
      isHandle(from) ? null : `The kept password${what} is not known here. Choose again`,
    )
  if (!isHandle(answers[fields.password]))
    refuse(fields.password, `The password of the private key file${what} is missing. Enter it`)
}

const keys = whole(keysShape, (answers, refuse) => {
  if (answers.keyFiles !== 'none' || answers.secondKeyFiles !== 'none')
    refuse('keyFolder', serverFolderProblem(answers.keyFolder, 'The folder of the key files', network))
  if (answers.keyFiles === 'none' && answers.secondKeyFiles !== 'none')
    refuse('keyFiles', 'There is a second key and no first one. Enter the only key as the first')
  checkKey(
    answers,
    {
      kind: answers.keyFiles,
      fields: {
        certificate: 'certificateFile',
        privateKey: 'privateKeyFile',
        from: 'passwordFrom',
        password: 'keyPassword',
      },
      what: '',
    },
    refuse,
  )
  checkKey(
    answers,
    {
      kind: answers.secondKeyFiles,
      fields: {
        certificate: 'secondCertificateFile',
        privateKey: 'secondPrivateKeyFile',
        from: 'secondPasswordFrom',
        password: 'secondKeyPassword',
      },
      what: ' of the second key',
    },
    refuse,
  )
})

const checks = z.object({
  consistency: flag(true),
  stats: progressStep,
})

export const drillScreens = ['backup', 'server', 'keys', 'checks'] as const
export type DrillScreenId = (typeof drillScreens)[number]

const screens = { backup, server, keys, checks } as const

export type RestoreDrillDraft = z.output<typeof backupShape> &
  z.output<typeof serverShape> &
  z.output<typeof keysShape> &
  z.output<typeof checks>

const sameServer = 'The drill server is the server of the backups. Choose another, empty one'

/** All answers of the job. */
export const restoreDrillDraft: z.ZodType<RestoreDrillDraft> = backup
  .and(server)
  .and(keys)
  .and(checks)
  .superRefine((answers, ctx) => {
    if (answers.target === answers.drillTarget)
      ctx.addIssue({ code: 'custom', path: ['drillTarget'], message: sameServer })
  })

export const drillScreenProblems = (screen: DrillScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  const same = typeof answers['target'] === 'string' && answers['target'] === answers['drillTarget']
  return screen === 'server' &&
    same &&
    answers['target'] !== '' &&
    !found.some(({ field }) => field === 'drillTarget')
    ? [{ field: 'drillTarget', message: sameServer }, ...found]
    : found
}
