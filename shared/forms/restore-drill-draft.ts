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
} from './draft-parts.ts'
import type { Answers } from './form.ts'
import { blobProblems, blobsShape } from './restore-drill-blobs.ts'
import { serverFolderProblem } from './names.ts'
import { keys, typedText, type KeysAnswers } from './restore-drill-keys.ts'

/** Answers of the restore drill, checked per screen and as a whole. Secrets are ids of handles. */

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
  filesWhere: z.enum(['same', 'folder', 'container', 'blobs'], {
    error: 'Choose where the drill server finds the backup files',
  }),
  backupFolder: typedText,
  ...blobsShape,
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
  blobProblems(answers, refuse)
  refuse('dataFolder', serverFolderProblem(answers.dataFolder, 'The folder for data files'))
  refuse('logFolder', serverFolderProblem(answers.logFolder, 'The folder for log files'))
  if (answers.masterKeyMode === 'password' && !isHandle(answers.masterKeyPassword))
    refuse('masterKeyPassword', 'The password of the new master key is missing. Enter or generate one')
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
  KeysAnswers &
  z.output<typeof checks>

const sameServer = 'The drill server is the server of the backups. Choose another, empty one'

/** Named blobs are those of one backup: which of several they would be, nobody said. */
const isOneBackup = ({ which, backups, follow }: Answers): boolean =>
  which === 'chosen' && Array.isArray(backups) && backups.length === 1 && follow === false
const oneBackup =
  'Blobs that you name are those of one backup. Choose one full backup, without what follows it; or a container'

/** All answers of the job. */
export const restoreDrillDraft: z.ZodType<RestoreDrillDraft> = backup
  .and(server)
  .and(keys)
  .and(checks)
  .superRefine((answers, ctx) => {
    if (answers.target === answers.drillTarget)
      ctx.addIssue({ code: 'custom', path: ['drillTarget'], message: sameServer })
    if (answers.filesWhere === 'blobs' && !isOneBackup(answers))
      ctx.addIssue({ code: 'custom', path: ['filesWhere'], message: oneBackup })
  })

export const drillScreenProblems = (screen: DrillScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  if (screen !== 'server') return found
  const add = (field: string, message: string): void => {
    if (!found.some((one) => one.field === field)) found.unshift({ field, message })
  }
  if (answers['filesWhere'] === 'blobs' && !isOneBackup({ ...answers, follow: answers['follow'] ?? true }))
    add('filesWhere', oneBackup)
  const target = answers['target']
  if (typeof target === 'string' && target !== '' && target === answers['drillTarget'])
    add('drillTarget', sameServer)
  return found
}
