import { z } from 'zod'
import { keyNameProblem, vaultPlaceOf } from '../model/azure.ts'
import {
  flag,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsOf,
  whole,
  type AnswerProblem,
  type Say,
} from './draft-parts.ts'
import type { Answers } from './form.ts'

/** Answers of the job "Import to Azure". The first screen says which of four things is done, and to which vaults. */

export const importTasks = ['transfer', 'exchange-key', 'restore', 'compare'] as const
export type ImportTask = (typeof importTasks)[number]
export const keyOrigins = ['token', 'file'] as const
export const exchangeKeyBits = ['4096', '3072', '2048'] as const

const vaultsShape = z.object({
  azure: id('No subscription is chosen. Choose one'),
  task: z.enum(importTasks, { error: 'Choose what is done' }),
  /** Host of a vault or managed HSM of the subscription. */
  vault: optionalText,
  second: flag(false),
  secondVault: optionalText,
})

const choice = <const Words extends readonly [string, ...string[]]>(words: Words, missing: string) =>
  z.preprocess((value) => value ?? words[0], z.enum(words, { error: missing }))

const keyShape = z.object({
  keyName: optionalText,
  exchangeName: optionalText,
  exchangeBits: choice(exchangeKeyBits, 'Choose the size of the key'),
  /** Folder of the files, as it was picked. */
  place: optionalId,
  file: optionalText,
  secondFile: optionalText,
  backupFile: optionalText,
  /** Host of the vault that the backup was taken from; empty: not compared. */
  backupOf: optionalText,
  origin: choice(keyOrigins, 'Choose what the key is compared with'),
  hsm: optionalText,
  /** Id of the key on the token, as hex digits. */
  tokenKey: optionalText,
  publicPlace: optionalId,
  publicFile: optionalText,
  /** A connected SQL Server, and the name of its key object; empty: none is compared. */
  sql: optionalText,
  sqlKey: optionalText,
})

type Vaults = z.output<typeof vaultsShape>
type Key = z.output<typeof keyShape>
export type KeyImportDraft = Vaults & Key

/** As a file of a folder: no path, nothing hidden. */
const isFileName = (name: string, endings: string): boolean =>
  new RegExp(`^[^./\\\\:\\p{Cc}][^/\\\\:\\p{Cc}]*\\.(${endings})$`, 'iu').test(name) && name.length <= 200
export const isTransferName = (name: string): boolean => isFileName(name, 'byok')
export const isBackupName = (name: string): boolean => isFileName(name, 'keybackup|backup|keyvaultkey|blob')
export const isPublicName = (name: string): boolean => isFileName(name, 'pem|pub')

const listed = (text: string, what: string, is: (text: string) => boolean): string | null => {
  if (text === '') return `No ${what} is chosen. Choose one`
  return is(text) ? null : `The ${what} is not one of those listed. Choose again`
}
const isHost = (text: string): boolean => vaultPlaceOf(text) !== null

const checkVaults = (answers: Vaults, say: Say<Vaults>): void => {
  say('vault', listed(answers.vault, 'vault', isHost))
  if (!takesSecond(answers)) return
  say('secondVault', listed(answers.secondVault, 'second vault', isHost))
  if (isHost(answers.secondVault) && answers.secondVault.toLowerCase() === answers.vault.toLowerCase())
    say('secondVault', 'Both are the same vault. Choose another, or one vault only')
}

/** Whether a second vault is part of the run. */
export const takesSecond = ({ task, second }: Pick<Vaults, 'task' | 'second'>): boolean =>
  second && task !== 'restore'

const checkKey = (answers: Key & Pick<Vaults, 'task' | 'second'>, say: Say<Key>): void => {
  const { task } = answers
  if (task === 'exchange-key') {
    say('exchangeName', keyNameProblem(answers.exchangeName, 127))
    return
  }
  say('keyName', keyNameProblem(answers.keyName, task === 'transfer' ? undefined : 127))
  if (task !== 'compare' && !isHandle(answers.place))
    say('place', 'No folder of yours with the files is picked. Pick one')
  if (task === 'restore') {
    say('backupFile', listed(answers.backupFile, 'backup file', isBackupName))
    if (answers.backupOf !== '') say('backupOf', listed(answers.backupOf, 'vault', isHost))
    return
  }
  if (task === 'transfer') {
    say('file', listed(answers.file, 'transfer file', isTransferName))
    if (takesSecond(answers)) {
      say('secondFile', listed(answers.secondFile, 'second transfer file', isTransferName))
      if (answers.secondFile !== '' && answers.secondFile === answers.file)
        say('secondFile', 'Both vaults have the same file. A file opens in one vault: choose the other one')
    }
  }
  checkOrigin(answers, say)
  if (task === 'compare' && answers.sql !== '') {
    say(
      'sql',
      listed(answers.sql, 'SQL Server', (text) => isHandle(text)),
    )
    const { sqlKey } = answers
    say(
      'sqlKey',
      listed(sqlKey, 'key of the server', (text) => text.length <= 128 && !/\p{Cc}/u.test(text)),
    )
  }
}

const checkOrigin = (answers: Key, say: Say<Key>): void => {
  if (answers.origin === 'token') {
    say(
      'hsm',
      listed(answers.hsm, 'token', (text) => isHandle(text)),
    )
    say(
      'tokenKey',
      listed(answers.tokenKey, 'key of the token', (text) => /^([0-9a-f]{2}){1,64}$/.test(text)),
    )
    return
  }
  if (!isHandle(answers.publicPlace))
    say('publicPlace', 'No folder of yours with the public key is picked. Pick one')
  say('publicFile', listed(answers.publicFile, 'public key', isPublicName))
}

const screens = {
  vaults: whole(vaultsShape, checkVaults),
  key: whole(vaultsShape.pick({ task: true, second: true }).extend(keyShape.shape), checkKey),
} as const

export const keyImportScreens = ['vaults', 'key'] as const
export type KeyImportScreenId = (typeof keyImportScreens)[number]

export const keyImportDraft: z.ZodType<KeyImportDraft> = screens.vaults.and(screens.key)

export const keyImportScreenProblems = (screen: KeyImportScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  return screen === 'vaults' ? found : found.filter(({ field }) => field !== 'task' && field !== 'second')
}
