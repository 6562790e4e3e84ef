import { z } from 'zod'
import { HostPath } from '../model/host-calls.ts'
import { keyNameProblem, keyVersionProblem } from '../model/azure.ts'
import { clientIdProblem, vaultHostProblem } from '../model/ekm.ts'
import { credentialNameProblem } from './credential-draft.ts'
import {
  aesAlgorithm,
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
import { existingNameProblem, newNameProblem, serverFolderProblem } from './names.ts'

/** Answers of the job "TDE with a vault key". */

export const vaultKeyTasks = ['turn-on', 'prepare'] as const
export const mostVaultKeyDatabases = 20

const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  initial: Words[number],
  missing: string,
) => z.preprocess((value) => value ?? initial, z.enum(words, { error: missing }))

const taskShape = z.object({
  target: id('No server is chosen. Choose one'),
  task: choice(vaultKeyTasks, 'turn-on', 'Choose what is to be done'),
  databases: z.preprocess((value) => value ?? [], z.array(z.string())),
  algorithm: aesAlgorithm('Choose the algorithm of the database key'),
  azureMode: choice(['connected', 'without'], 'without', 'Choose whether Azure is asked too'),
  azure: optionalId,
})

const keyShape = z.object({
  /** Host of the vault or managed HSM. */
  vaultHost: optionalText,
  vaultKey: optionalText,
  versionMode: choice(['newest', 'pinned'], 'newest', 'Choose whether the version is pinned'),
  keyVersion: optionalText,
  /** The person has a backup of the vault's key that is newer than its last change. */
  keyBackupConfirmed: flag(false),
  replicasConfirmed: flag(false),
})

const identityShape = z.object({
  identityKind: choice(
    ['service-principal', 'managed-identity'],
    'service-principal',
    'Choose as whom SQL Server signs in',
  ),
  clientId: optionalText,
  secretFrom: choice(['typed', 'kept'], 'typed', 'Choose where the secret comes from'),
  /** Handle of a secret that the keyring keeps for the subscription. */
  keptSecret: optionalId,
  clientSecret: optionalId,
  credentialName: optionalText,
  keyName: optionalText,
  keyLogin: optionalText,
})

const hostShape = z.object({
  providerName: optionalText,
  providerLibrary: optionalText,
  /** Setup of the connector on the server's host; empty: it is only looked at. */
  connectorSetup: optionalText,
  /** Folder on the server for the export of the registry key. */
  exportFolder: optionalText,
  clusterResource: optionalText,
  /** Folder of the person for scripts that somebody runs on the host. */
  scriptFolder: optionalId,
})

type Task = z.output<typeof taskShape>
type Key = z.output<typeof keyShape>
type Identity = z.output<typeof identityShape>
type Host = z.output<typeof hostShape>
export type TdeVaultKeyDraft = Task & Key & Identity & Host

const checkTask = ({ task, databases, azureMode, azure }: Task, say: Say<Task>): void => {
  if (azureMode === 'connected' && !isHandle(azure)) {
    say('azure', 'No subscription is chosen. Choose one, or go on without Azure')
  }
  if (task === 'prepare') return
  if (databases.length === 0) return say('databases', 'No database is chosen. Choose at least one')
  if (databases.length > mostVaultKeyDatabases) {
    return say(
      'databases',
      `${databases.length} databases are chosen; ${mostVaultKeyDatabases} fit in one run. Choose fewer`,
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
  say('vaultHost', vaultHostProblem(answers.vaultHost))
  say('vaultKey', keyNameProblem(answers.vaultKey))
  if (answers.versionMode === 'pinned') say('keyVersion', keyVersionProblem(answers.keyVersion))
}

const checkIdentity = (answers: Identity & Pick<Task, 'azureMode'>, say: Say<typeof answers>): void => {
  if (answers.identityKind === 'service-principal') {
    say('clientId', clientIdProblem(answers.clientId))
    say('credentialName', credentialNameProblem(answers.credentialName))
    if (answers.azureMode === 'connected' && answers.secretFrom === 'kept') {
      if (!isHandle(answers.keptSecret))
        say('keptSecret', 'No kept secret is chosen. Choose one, or enter the secret')
    } else if (answers.secretFrom === 'kept') {
      say(
        'secretFrom',
        'A kept secret belongs to a subscription. Choose one on the first screen, or enter the secret',
      )
    }
  }
  say('keyName', newNameProblem(answers.keyName, 'The key’s name'))
  say('keyLogin', newNameProblem(answers.keyLogin, 'The login’s name'))
  if (answers.keyLogin !== '' && answers.keyLogin.toLowerCase() === answers.keyName.toLowerCase()) {
    say(
      'keyLogin',
      'Login and key have one name. Let the login’s name end with _login, so that people tell them apart',
    )
  }
}

const checkHost = (answers: Host, say: Say<Host>): void => {
  say('providerName', newNameProblem(answers.providerName, 'The provider’s name'))
  if (answers.providerLibrary === '')
    say('providerLibrary', 'The connector’s library is not named. Enter its path')
  else if (answers.providerLibrary.length > 256)
    say(
      'providerLibrary',
      `The path of the library has ${answers.providerLibrary.length} characters; SQL Server takes 256. Shorten it`,
    )
  else if (!answers.providerLibrary.startsWith('/') && !HostPath.safeParse(answers.providerLibrary).success)
    say(
      'providerLibrary',
      'The path of the library is not a whole path on the server. Enter it with its drive',
    )
  const { connectorSetup, exportFolder } = answers
  if (
    connectorSetup !== '' &&
    !(HostPath.safeParse(connectorSetup).success && /\.msi$/i.test(connectorSetup))
  )
    say(
      'connectorSetup',
      'The setup is not the whole path of an .msi file on the server. Enter it, or leave it empty',
    )
  if (exportFolder !== '') say('exportFolder', serverFolderProblem(exportFolder, 'The folder for the export'))
}

const screens = {
  task: whole(taskShape, checkTask),
  key: whole(keyShape, checkKey),
  identity: whole(taskShape.pick({ azureMode: true }).extend(identityShape.shape), checkIdentity),
  host: whole(hostShape, checkHost),
} as const

export const tdeVaultKeyScreens = ['task', 'key', 'identity', 'host'] as const
export type TdeVaultKeyScreenId = (typeof tdeVaultKeyScreens)[number]

export const tdeVaultKeyDraft: z.ZodType<TdeVaultKeyDraft> = allOf(
  screens.task,
  screens.key,
  screens.identity,
  screens.host,
)

export const tdeVaultKeyScreenProblems = problemsIn<TdeVaultKeyScreenId>(screens)
