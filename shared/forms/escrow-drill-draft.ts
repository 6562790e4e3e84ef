import { z } from 'zod'
import { escrowLimits } from '../model/escrow.ts'
import { mostStripes } from '../model/storage.ts'
import {
  id,
  isHandle,
  optionalId,
  optionalText,
  pinProblem,
  pinShape,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import { givenNamesProblem } from './escrow-drill-names.ts'
import type { Answers } from './form.ts'
import { serverFileProblem } from './names.ts'
import { linesOf } from './restore-drill-blobs.ts'

/** Answers of the escrow drill. Shares and passphrases are ids of handles. */

export const drillPurposes = ['drill', 'recovery'] as const
export type DrillPurpose = (typeof drillPurposes)[number]

const typedText = z.preprocess((value) => value ?? '', z.string().max(20_000))

const packageShape = z.object({
  purpose: z.enum(drillPurposes, { error: 'Choose whether this is a drill or a recovery' }),
  packageFolder: id('No folder is picked. Pick the one with the package'),
  /** Name of the package’s folder where the picked one holds several; empty: there is only one. */
  packageName: optionalText,
  signerFingerprint: optionalText,
  items: z.preprocess((value) => value ?? [], z.array(z.string())),
  /** Of a recovery: one line for each certificate that the package has no name for. */
  certificateNames: typedText,
})

/** As it is noted: in groups, upper or lower case, with or without colons. */
export const fingerprintOf = (typed: string): string => typed.replace(/[\s:]/g, '').toLowerCase()

const isFolderName = (name: string): boolean => /^keyturn-escrow-ep-[a-km-np-z2-9]{12}$/.test(name)

type PackageAnswers = z.output<typeof packageShape>

const checkPackage = (answers: PackageAnswers, say: Say<PackageAnswers>): void => {
  if (answers.packageName !== '' && !isFolderName(answers.packageName))
    say('packageName', 'The package is not one of the list. Choose again')
  const fingerprint = fingerprintOf(answers.signerFingerprint)
  if (fingerprint !== '' && !/^[0-9a-f]{64}$/.test(fingerprint))
    say(
      'signerFingerprint',
      `The fingerprint has ${fingerprint.length} characters or others than 0 to 9 and a to f. Enter all 64 hexadecimal digits, or nothing`,
    )
  if (answers.items.length === 0) say('items', 'No item is chosen. Choose at least one')
  if (answers.items.some((one) => !/^[1-9][0-9]?$/.test(one)))
    say('items', 'A chosen item is not one of the package. Choose again')
  if (new Set(answers.items).size !== answers.items.length)
    say('items', 'An item is chosen twice. Choose each once')
  if (answers.purpose === 'recovery') say('certificateNames', givenNamesProblem(answers.certificateNames))
}

/** Names of the fields for shares, in the order in which holders give them. */
export const shareFields = [
  'share1',
  'share2',
  'share3',
  'share4',
  'share5',
  'share6',
  'share7',
  'share8',
  'share9',
  'share10',
  'share11',
  'share12',
  'share13',
  'share14',
  'share15',
  'share16',
] as const
export type ShareFieldName = (typeof shareFields)[number]

export const sharesShape = Object.fromEntries(shareFields.map((field) => [field, optionalId])) as Record<
  ShareFieldName,
  typeof optionalId
>

export type SharesAnswers = Record<ShareFieldName, string | null>

/** Each is known here and given once; how many are needed, the group says. */
export const checkShares = (answers: SharesAnswers, say: Say<SharesAnswers>): void => {
  const seen = new Set<string>()
  for (const field of shareFields) {
    const handle = answers[field]
    if (handle === null) continue
    if (!isHandle(handle)) say(field, 'This share is not known here any more. Give it again')
    if (seen.has(handle)) say(field, 'This share was given twice. Give the share of another holder')
    seen.add(handle)
  }
  if (seen.size < escrowLimits.leastThreshold)
    say(
      'share1',
      `Shares of fewer than ${escrowLimits.leastThreshold} holders are given. Each group needs more`,
    )
}

export const openedBy = ['shares', 'recipient'] as const
export type OpenedBy = (typeof openedBy)[number]

const openingShape = z.object({
  openWith: z.preprocess(
    (value) => value ?? 'shares',
    z.enum(openedBy, { error: 'Choose what opens the package' }),
  ),
  ...sharesShape,
  recipientFolder: optionalId,
  recipientKeyFile: optionalText,
  recipientPassphrase: optionalId,
})

type OpeningAnswers = z.output<typeof openingShape>

/** Handles of the shares that were given, in the order of the fields. */
export const sharesOf = (answers: Answers | SharesAnswers): string[] =>
  shareFields.flatMap((field) => {
    const handle = answers[field]
    return typeof handle === 'string' && handle !== '' ? [handle] : []
  })

/** Files that can hold a private key in PEM. */
export const isRecipientKeyFile = (name: string): boolean =>
  /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*\.(pem|key|p8|pk8)$/iu.test(name) && name.length <= 200

const checkOpening = (answers: OpeningAnswers, say: Say<OpeningAnswers>): void => {
  if (answers.openWith === 'recipient') {
    if (!isHandle(answers.recipientFolder))
      say('recipientFolder', 'No folder is picked. Pick the one with the private key file')
    if (!isRecipientKeyFile(answers.recipientKeyFile))
      say('recipientKeyFile', 'No private key file is chosen. Choose one of the folder')
    if (answers.recipientPassphrase !== null && !isHandle(answers.recipientPassphrase))
      say('recipientPassphrase', 'This passphrase is not known here any more. Enter it again')
    return
  }
  checkShares(answers, say)
}

/** What takes the keys: certificates go to a SQL Server, keys of tokens to a token. */
export const putOn = ['server', 'token'] as const
export type PutOn = (typeof putOn)[number]

const targetShape = z.object({
  putOn: z.preprocess(
    (value) => value ?? 'server',
    z.enum(putOn, { error: 'Choose what takes the keys: a SQL Server or a token' }),
  ),
  drillTarget: optionalId,
  masterKeyMode: z.preprocess(
    (value) => (value === '' ? null : (value ?? null)),
    z
      .enum(['throw-away', 'password', 'use'], { error: 'Choose which master key that server uses' })
      .nullable(),
  ),
  masterKeyPassword: optionalId,
  backupFiles: typedText,
  hsm: optionalId,
  ...pinShape,
})

type TargetAnswers = z.output<typeof targetShape>

const checkTarget = (answers: TargetAnswers, say: Say<TargetAnswers>): void => {
  if (answers.putOn === 'token') {
    if (!isHandle(answers.hsm)) say('hsm', 'No token is chosen. Choose the one that the key is put on')
    say('pin', pinProblem(answers))
    return
  }
  if (!isHandle(answers.drillTarget))
    say('drillTarget', 'No server is chosen. Choose the one that the certificates are restored on')
  if (answers.masterKeyMode === null) say('masterKeyMode', 'Choose which master key that server uses')
  if (answers.masterKeyMode === 'password' && !isHandle(answers.masterKeyPassword))
    say('masterKeyPassword', 'The password of the new master key is missing. Enter or generate one')
  say('backupFiles', backupFilesProblem(answers.backupFiles))
}

const backupFilesProblem = (text: string): string | null => {
  const files = linesOf(text)
  if (files.length > mostStripes) return `A backup has at most ${mostStripes} stripes. Enter as many lines`
  for (const [index, file] of files.entries()) {
    const problem = serverFileProblem(file, `Line ${index + 1}`)
    if (problem !== null) return problem
  }
  return new Set(files).size === files.length ? null : 'A line stands there twice. Enter each stripe once'
}

const screens = {
  package: whole(packageShape, checkPackage),
  opening: whole(openingShape, checkOpening),
  server: whole(targetShape, checkTarget),
} as const

export const escrowDrillScreens = ['package', 'opening', 'server'] as const
export type EscrowDrillScreenId = (typeof escrowDrillScreens)[number]

export type EscrowDrillDraft = PackageAnswers & OpeningAnswers & TargetAnswers

const throwAwayInRecovery =
  'What is recovered stays, so its master key needs a password that is known. Choose another way'

const throwsAway = ({ purpose, putOn: on, masterKeyMode }: Answers | EscrowDrillDraft): boolean =>
  purpose === 'recovery' && on !== 'token' && masterKeyMode === 'throw-away'

/** All answers of the job. */
export const escrowDrillDraft: z.ZodType<EscrowDrillDraft> = screens.package
  .and(screens.opening)
  .and(screens.server)
  .superRefine((answers, ctx) => {
    if (throwsAway(answers))
      ctx.addIssue({ code: 'custom', path: ['masterKeyMode'], message: throwAwayInRecovery })
  })

export const escrowDrillScreenProblems = (screen: EscrowDrillScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  return screen === 'server' && throwsAway(answers) && !found.some(({ field }) => field === 'masterKeyMode')
    ? [{ field: 'masterKeyMode', message: throwAwayInRecovery }, ...found]
    : found
}
