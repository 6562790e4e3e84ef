import { z } from 'zod'
import { isAzureId, keyNameProblem, vaultPlaceOf } from '../model/azure.ts'
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
import { existingNameProblem, newNameProblem, serverFolderProblem } from './names.ts'

/** Answers of the job "Rotation of a vault key". */

export const rotationTargets = ['new-version', 'newest', 'other-key'] as const
export type RotationTarget = (typeof rotationTargets)[number]
/** Where the material of the key came from, as the person knows it: a vault does not tell. */
export const keyOrigins = ['vault', 'imported', 'unknown'] as const
export const keyReferences = ['version-less', 'pinned'] as const

export const mostRotatedDatabases = 200

const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  initial: Words[number],
  missing: string,
) => z.preprocess((value) => value ?? initial, z.enum(words, { error: missing }))

const databasesShape = z.object({
  target: id('No server is chosen. Choose one'),
  databases: z.preprocess((value) => value ?? [], z.array(z.string()).max(10_000)),
})

const keyShape = z.object({
  azure: id('No subscription is chosen. Choose one'),
  /** Host of the key vault or managed HSM. */
  vault: optionalText,
  /** Name of the vault key that the databases hang on. */
  vaultKey: optionalText,
  to: z.enum(rotationTargets, { error: 'Choose what the databases are to hang on' }),
  /** Name of another key of the same vault. */
  otherKey: optionalText,
  origin: choice(keyOrigins, 'unknown', 'Choose where the material of the key came from'),
  /** In words: the new version is material that no copy outside of the vault covers. */
  uncovered: flag(false),
  reference: choice(keyReferences, 'version-less', 'Choose how SQL Server names the key'),
  keyBackup: optionalId,
})

const serverShape = z.object({
  keyName: optionalText,
  keyLogin: optionalText,
  credentialName: optionalText,
  /** Only narrows the list. */
  applicationFilter: optionalText,
  /** Application (client) id. */
  application: optionalText,
  applicationSecret: optionalId,
  /** The person looked on the replicas that could not be asked. */
  replicasConfirmed: flag(false),
  logBackups: choice(['take', 'mine'], 'take', 'Choose who takes the log backups that the rule asks for'),
  backupFolder: optionalText,
})

export type VaultKeyRotationDraft = z.output<typeof databasesShape> &
  z.output<typeof keyShape> &
  z.output<typeof serverShape>

type Databases = z.output<typeof databasesShape>
type Key = z.output<typeof keyShape>
type Server = z.output<typeof serverShape>

/** A new version whose material may be covered by no copy: the person has to say so. */
export const asksForUncovered = ({ to, origin }: Pick<Key, 'to' | 'origin'>): boolean =>
  to === 'new-version' && origin !== 'vault'

const checkDatabases = ({ databases }: Databases, say: Say<Databases>): void => {
  if (databases.length === 0) return say('databases', 'No database is chosen. Choose at least one')
  if (databases.length > mostRotatedDatabases) {
    return say(
      'databases',
      `${databases.length} databases are chosen; ${mostRotatedDatabases} fit in one run. Choose fewer`,
    )
  }
  if (new Set(databases).size !== databases.length) {
    return say('databases', 'A database is chosen twice. Choose each once')
  }
  say(
    'databases',
    databases.map((name) => existingNameProblem(name, 'A database name')).find((one) => one !== null) ?? null,
  )
}

const checkKey = (answers: Key, say: Say<Key>): void => {
  say('vault', vaultProblem(answers.vault))
  say('vaultKey', notChosen(answers.vaultKey, 'key') ?? keyNameProblem(answers.vaultKey))
  if (answers.to === 'other-key') {
    say(
      'otherKey',
      notChosen(answers.otherKey, 'other key') ??
        keyNameProblem(answers.otherKey) ??
        (answers.otherKey.toLowerCase() === answers.vaultKey.toLowerCase()
          ? 'This is the key that the databases hang on. Choose another one, or a new version of it'
          : null),
    )
  }
  if (!isHandle(answers.keyBackup)) {
    say('keyBackup', 'No folder of yours is picked for the key’s backup. Pick one')
  }
}

const notChosen = (text: string, what: string): string | null =>
  text === '' ? `No ${what} is chosen. Choose one` : null

const vaultProblem = (text: string): string | null => {
  if (text === '') return 'No vault is chosen. Choose one'
  if (/^https?:\/\//i.test(text)) {
    return 'The vault begins with https://. Enter its host alone, for instance contoso.vault.azure.net'
  }
  return vaultPlaceOf(text) === null
    ? 'The vault is no host of a key vault or managed HSM. Choose one of those listed'
    : null
}

const checkServer = (answers: Server, say: Say<Server>): void => {
  say('keyName', newNameProblem(answers.keyName, 'The name of the new asymmetric key'))
  say('keyLogin', newNameProblem(answers.keyLogin, 'The name of the new login'))
  say(
    'credentialName',
    newNameProblem(answers.credentialName, 'The name of the new credential') ??
      (answers.credentialName.startsWith('#')
        ? 'The name of the new credential begins with #, which the server keeps for itself. Change it'
        : null),
  )
  say(
    'application',
    notChosen(answers.application, 'application') ??
      (isAzureId(answers.application)
        ? null
        : 'The application is not one of those listed. Choose again: its client id has hyphens'),
  )
  if (!isHandle(answers.applicationSecret)) {
    say('applicationSecret', 'The secret of the application is missing. Enter it, or choose a kept one')
  }
  if (answers.logBackups === 'take') {
    say('backupFolder', serverFolderProblem(answers.backupFolder, 'The folder for log backups'))
  }
}

const screens = {
  databases: whole(databasesShape, checkDatabases),
  key: whole(keyShape, checkKey),
  server: whole(serverShape, checkServer),
} as const

export const vaultKeyRotationScreens = ['databases', 'key', 'server'] as const
export type VaultKeyRotationScreenId = (typeof vaultKeyRotationScreens)[number]

export const vaultKeyRotationDraft: z.ZodType<VaultKeyRotationDraft> = screens.databases
  .and(screens.key)
  .and(screens.server)

export const vaultKeyRotationScreenProblems = (
  screen: VaultKeyRotationScreenId,
  answers: Answers,
): AnswerProblem[] => problemsOf(screens[screen], answers)
