import { z } from 'zod'
import { answerProblems, flag, id, isHandle, optionalId, type AnswerProblem } from './draft-parts.ts'
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

const backup = backupShape.superRefine((answers, ctx) => {
  if (answers.which !== 'chosen') return
  const refuse = (message: string): void => ctx.addIssue({ code: 'custom', path: ['backups'], message })
  if (answers.backups.length === 0) return refuse('No backup is chosen. Choose at least one')
  if (answers.backups.length > mostDrilled)
    return refuse(`At most ${mostDrilled} backups fit in one drill. Choose fewer`)
  if (answers.backups.some((one) => !setId.test(one)))
    return refuse('A chosen backup is not one of the list. Choose again')
  if (new Set(answers.backups).size !== answers.backups.length)
    refuse('A backup is chosen twice. Choose each once')
})

const folderAt = (
  ctx: z.RefinementCtx,
  field: string,
  value: string,
  what: string,
  network: boolean,
): void => {
  const message = serverFolderProblem(value, what, { network })
  if (message !== null) ctx.addIssue({ code: 'custom', path: [field], message })
}

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

const server = serverShape.superRefine((answers, ctx) => {
  if (answers.filesWhere === 'folder')
    folderAt(ctx, 'backupFolder', answers.backupFolder, 'The folder of the backup files', true)
  folderAt(ctx, 'dataFolder', answers.dataFolder, 'The folder for data files', false)
  folderAt(ctx, 'logFolder', answers.logFolder, 'The folder for log files', false)
  if (answers.masterKeyMode === 'password' && !isHandle(answers.masterKeyPassword)) {
    ctx.addIssue({
      code: 'custom',
      path: ['masterKeyPassword'],
      message: 'The password of the new master key is missing. Enter or generate one',
    })
  }
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

interface OneKey {
  kind: z.output<typeof keyFiles>
  fields: { certificate: string; privateKey: string; from: string; password: string }
  what: string
}

const checkKey = (
  answers: z.output<typeof keysShape>,
  { kind, fields, what }: OneKey,
  refuse: (field: string, message: string | null) => void,
): void => {
  if (kind === 'none') return
  const valueOf = (field: string): unknown => (answers as Record<string, unknown>)[field]
  const text = (field: string): string => String(valueOf(field) ?? '')
  const pfx = kind === 'pfx'
  refuse(
    fields.certificate,
    keyFileProblem(
      text(fields.certificate),
      pfx ? `The .pfx file${what}` : `The certificate file${what}`,
      pfx ? ['.pfx', '.p12'] : ['.cer', '.crt', '.der'],
    ),
  )
  if (!pfx)
    refuse(
      fields.privateKey,
      keyFileProblem(text(fields.privateKey), `The private key file${what}`, ['.pvk']),
    )
  const from = text(fields.from)
  if (from === '')
    return refuse(fields.from, `The password${what} is not chosen. Choose to type it or a kept one`)
  if (from !== 'typed')
    return refuse(
      fields.from,
      isHandle(from) ? null : `The kept password${what} is not known here. Choose again`,
    )
  const password = valueOf(fields.password)
  if (typeof password !== 'string' || !isHandle(password))
    refuse(fields.password, `The password of the private key file${what} is missing. Enter it`)
}

const keys = keysShape.superRefine((answers, ctx) => {
  const refuse = (field: string, message: string | null): void => {
    if (message !== null) ctx.addIssue({ code: 'custom', path: [field], message })
  }
  if (answers.keyFiles !== 'none' || answers.secondKeyFiles !== 'none')
    folderAt(ctx, 'keyFolder', answers.keyFolder, 'The folder of the key files', true)
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
  stats: z.preprocess(
    (value) => value ?? 5,
    z
      .number({ error: 'The progress step is not a number. Enter a whole number from 1 to 100' })
      .int('The progress step is not a whole number. Enter one from 1 to 100')
      .min(1, 'The progress step is below 1. Enter a whole number from 1 to 100')
      .max(100, 'The progress step is above 100. Enter a whole number from 1 to 100'),
  ),
})

/** One schema per screen, by its id. */
export const drillScreenSchemas = { backup, server, keys, checks } as const
export type DrillScreenId = keyof typeof drillScreenSchemas

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
  const read = drillScreenSchemas[screen].safeParse(answers)
  const found = read.success ? [] : answerProblems(read.error)
  const same = typeof answers['target'] === 'string' && answers['target'] === answers['drillTarget']
  return screen === 'server' &&
    same &&
    answers['target'] !== '' &&
    !found.some(({ field }) => field === 'drillTarget')
    ? [{ field: 'drillTarget', message: sameServer }, ...found]
    : found
}
