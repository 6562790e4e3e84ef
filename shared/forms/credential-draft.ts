import { z } from 'zod'
import { isAzureId, keyNameProblem } from '../model/azure.ts'
import { clientIdProblem, vaultHostProblem } from '../model/ekm.ts'
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
import { existingNameProblem, newNameProblem } from './names.ts'
import { mostSecretMonths } from './vault-draft.ts'

/** Answers of the job "Credential". `use` and `task` say which of the others count. */

export const credentialUses = ['key-vault'] as const
export const credentialTasks = ['create', 'prove', 'renew'] as const
export const mostCredentials = 20

const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  initial: Words[number],
  missing: string,
) => z.preprocess((value) => value ?? initial, z.enum(words, { error: missing }))

const taskShape = z.object({
  target: id('No server is chosen. Choose one'),
  use: choice(credentialUses, 'key-vault', 'Choose what the credential is for'),
  task: z.enum(credentialTasks, { error: 'Choose what is to be done' }),
  azureMode: choice(['connected', 'without'], 'without', 'Choose whether Azure is asked too'),
  azure: optionalId,
})

const credentialShape = z.object({
  provider: optionalText,
  identityKind: choice(
    ['service-principal', 'managed-identity'],
    'service-principal',
    'Choose as whom SQL Server signs in',
  ),
  /** Host of the vault or managed HSM. */
  vaultHost: optionalText,
  credentialName: optionalText,
  /** `id of the server` `:` `name of the credential`. */
  credentials: z.preprocess((value) => value ?? [], z.array(z.string().max(200))),
})

const identityShape = z.object({
  /** Only narrows the list. */
  applicationFilter: optionalText,
  clientId: optionalText,
  secretFrom: choice(['kept', 'typed'], 'typed', 'Choose where the secret comes from'),
  /** Handle of a secret that the keyring keeps for the subscription. */
  keptSecret: optionalId,
  clientSecret: optionalId,
  newSecret: choice(['make', 'typed'], 'typed', 'Choose where the new secret comes from'),
  secretMonths: z.preprocess(
    (value) => value ?? 12,
    z
      .number({ error: `The life of the secret is not a number. Enter 1 to ${mostSecretMonths}` })
      .int(`The life of the secret is not a whole number. Enter 1 to ${mostSecretMonths}`)
      .min(1, `The life of the secret is below 1. Enter 1 to ${mostSecretMonths}`)
      .max(
        mostSecretMonths,
        `The life of the secret is above ${mostSecretMonths}, which Entra takes. Shorten it`,
      ),
  ),
  oldSecretAfter: choice(['keep', 'remove'], 'keep', 'Choose what becomes of the old secret'),
  /** Entra's id of the old secret. */
  oldSecret: optionalText,
  /** The person knows no other server that signs in with it. */
  othersConfirmed: flag(false),
})

const useShape = z.object({
  mapTo: choice(['none', 'login'], 'none', 'Choose who gets the credential'),
  login: optionalText,
  proveHere: flag(true),
  proofKey: optionalText,
  restartPrimary: choice(
    ['after-failover', 'as-it-is'],
    'after-failover',
    'Choose how the primary is restarted',
  ),
  restartBy: choice(['person', 'keyturn'], 'person', 'Choose who restarts the services'),
  nodesConfirmed: flag(false),
})

type Task = z.output<typeof taskShape>
type Credential = z.output<typeof credentialShape>
type Identity = z.output<typeof identityShape>
type Use = z.output<typeof useShape>
export type CredentialDraft = Task & Credential & Identity & Use

const notChosen = (text: string, what: string): string | null =>
  text === '' ? `No ${what} is chosen. Choose one` : null

const checkTask = ({ azureMode, azure }: Task, say: Say<Task>): void => {
  if (azureMode === 'connected' && !isHandle(azure)) {
    say('azure', 'No subscription is chosen. Choose one, or go on without Azure')
  }
}

/** A credential of one of the servers of the plan, as the list has it; null: not of that form. */
export const readChosen = (value: string): { server: string; credential: string } | null => {
  const found = /^([a-z0-9-]{1,40}):(.+)$/s.exec(value)
  return found?.[1] === undefined || found[2] === undefined
    ? null
    : { server: found[1], credential: found[2] }
}
export const chosenValue = (server: string, credential: string): string => `${server}:${credential}`

export const credentialNameProblem = (text: string): string | null =>
  text.startsWith('#')
    ? 'The credential’s name begins with #. SQL Server keeps such names for itself. Change its first character'
    : newNameProblem(text, 'The credential’s name')

const checkCredential = (answers: Credential & Pick<Task, 'task'>, say: Say<typeof answers>): void => {
  if (answers.task === 'create') {
    say('provider', existingNameProblem(answers.provider, 'The provider'))
    say('vaultHost', vaultHostProblem(answers.vaultHost))
    if (answers.identityKind === 'service-principal') {
      say('credentialName', credentialNameProblem(answers.credentialName))
    }
    return
  }
  const { credentials } = answers
  if (credentials.length === 0) return say('credentials', 'No credential is chosen. Choose at least one')
  if (credentials.length > mostCredentials) {
    return say(
      'credentials',
      `${credentials.length} credentials are chosen; ${mostCredentials} fit in one run. Choose fewer`,
    )
  }
  if (new Set(credentials).size !== credentials.length) {
    return say('credentials', 'A credential is chosen twice. Choose each once')
  }
  const names = credentials.map((one) => readChosen(one)?.credential ?? '')
  say(
    'credentials',
    names.map((name) => existingNameProblem(name, 'A credential')).find((one) => one !== null) ?? null,
  )
}

type Asked = Pick<Task, 'task' | 'azureMode'> & Pick<Credential, 'identityKind'>

/** A new secret that Entra makes is only possible where Azure is asked. */
export const makesSecret = ({ task, azureMode, newSecret }: Asked & Pick<Identity, 'newSecret'>): boolean =>
  task === 'renew' && azureMode === 'connected' && newSecret === 'make'

export const removesSecret = ({
  task,
  azureMode,
  oldSecretAfter,
}: Asked & Pick<Identity, 'oldSecretAfter'>): boolean =>
  task === 'renew' && azureMode === 'connected' && oldSecretAfter === 'remove'

/** The secret is one of the keyring, of the subscription. */
export const usesKept = ({ task, azureMode, secretFrom }: Asked & Pick<Identity, 'secretFrom'>): boolean =>
  task === 'create' && azureMode === 'connected' && secretFrom === 'kept'

const checkIdentity = (answers: Identity & Asked, say: Say<typeof answers>): void => {
  const { task, identityKind, azureMode } = answers
  if (task === 'prove') {
    if (azureMode === 'connected' && answers.clientId !== '') {
      say('clientId', clientIdProblem(answers.clientId))
    }
    return
  }
  if (task === 'create' && identityKind === 'managed-identity') return
  say('clientId', clientIdProblem(answers.clientId))
  if (usesKept(answers)) {
    if (!isHandle(answers.keptSecret)) say('keptSecret', 'No kept secret is chosen. Choose one, or enter it')
  } else if (!makesSecret(answers) && !isHandle(answers.clientSecret)) {
    say('clientSecret', 'The secret of the application is missing. Enter its value')
  }
  if (!removesSecret(answers)) return
  say(
    'oldSecret',
    notChosen(answers.oldSecret, 'old secret') ??
      (isAzureId(answers.oldSecret) ? null : 'The old secret is not one of those listed. Choose again'),
  )
  if (!answers.othersConfirmed) {
    say(
      'othersConfirmed',
      'A server that still signs in with the old secret loses its databases at its next start. Confirm that you looked, or keep the old secret',
    )
  }
}

const checkUse = (answers: Use & Asked, say: Say<typeof answers>): void => {
  if (answers.task === 'create' && answers.mapTo === 'login') {
    say('login', existingNameProblem(answers.login, 'The login'))
  }
  if (answers.azureMode === 'connected' && answers.proofKey !== '') {
    say('proofKey', keyNameProblem(answers.proofKey))
  }
}

const asked = taskShape
  .pick({ task: true, azureMode: true })
  .extend(credentialShape.pick({ identityKind: true }).shape)

const screens = {
  task: whole(taskShape, checkTask),
  credential: whole(taskShape.pick({ task: true }).extend(credentialShape.shape), checkCredential),
  identity: whole(asked.extend(identityShape.shape), checkIdentity),
  use: whole(asked.extend(useShape.shape), checkUse),
} as const

export const credentialScreens = ['task', 'credential', 'identity', 'use'] as const
export type CredentialScreenId = (typeof credentialScreens)[number]

export const credentialDraft: z.ZodType<CredentialDraft> = screens.task
  .and(screens.credential)
  .and(screens.identity)
  .and(screens.use)

/** Errors of another screen's field (the task not chosen yet) are named there, not here. */
export const credentialScreenProblems = (screen: CredentialScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  return screen === 'task' ? found : found.filter(({ field }) => field !== 'task')
}
