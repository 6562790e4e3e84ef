import { z } from 'zod'
import { containerNameProblem, storageAccountNameProblem } from '../model/azure.ts'
import { containerOf, containerUrlProblem } from '../model/storage.ts'
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
import { existingNameProblem } from './names.ts'
import { accountCredentialProblem, storageShape } from './storage-draft.ts'

/** Answers of the job "Credential" for storage. `task` and `azureMode` say which of the others count. */

export const storageTasks = ['create-storage', 'renew-storage', 'prove-storage'] as const
export const mostProven = 20
/** A token by the sign-in lives for 7 days at most; one by a key has no limit of Azure’s, and a year is plenty. */
export const mostDays = { 'sign-in': 7, key: 365 } as const

const choice = <const Words extends readonly [string, ...string[]]>(words: Words, error: string) =>
  z.preprocess((value) => value ?? words[0], z.enum(words, { error }))

const taskShape = z.object({
  target: id('No server is chosen. Choose one'),
  use: z.literal('storage'),
  task: z.enum(storageTasks, { error: 'Choose what is to be done' }),
  azureMode: choice(['without', 'connected'], 'Choose whether Azure is asked too'),
  azure: optionalId,
})

const daysRule = `The life of the token is not a whole number from 1 to ${mostDays.key}. Enter one`

const placeShape = z.object({
  ...storageShape,
  accountMode: choice(['use', 'create'], 'Choose whether to use or to create a storage account'),
  /** `group/name` of an account of the subscription. */
  storageAccount: optionalText,
  accountGroup: optionalText,
  accountName: optionalText,
  accountRegion: optionalText,
  containerName: optionalText,
  tokenFrom: choice(['typed', 'make'], 'Choose where the token comes from'),
  signWith: choice(['sign-in', 'key'], 'Choose what signs the token'),
  tokenDays: z.preprocess(
    (value) => value ?? 7,
    z.number({ error: daysRule }).int(daysRule).min(1, daysRule).max(mostDays.key, daysRule),
  ),
  /** Names of credentials of the server. */
  storageChosen: z.preprocess((value) => value ?? [], z.array(z.string().max(200))),
  proveStorage: flag(true),
})

type Task = z.output<typeof taskShape>
type Place = z.output<typeof placeShape>
export type StorageCredentialDraft = Task & Place
type Asked = Place & Pick<Task, 'task' | 'azureMode'>

const checkTask = ({ azureMode, azure }: Task, say: Say<Task>): void => {
  if (azureMode === 'connected' && !isHandle(azure))
    say('azure', 'No subscription is chosen. Choose one, or go on without Azure')
}

export const byAzure = ({ task, azureMode }: Pick<Task, 'task' | 'azureMode'>): boolean =>
  task === 'create-storage' && azureMode === 'connected'

/** A credential for a token is called by the address of its container; any other has an access key for a secret. */
const renewsKey = ({ task, storageChosen: [name] }: Pick<Asked, 'task' | 'storageChosen'>): boolean =>
  task === 'renew-storage' && name !== undefined && containerOf(name) === null

/** Keyturn signs the token in the run. An answer about tokens that was given before a key was chosen means nothing. */
export const makesToken = (answers: Asked): boolean =>
  answers.azureMode === 'connected' &&
  answers.tokenFrom === 'make' &&
  (answers.task === 'renew-storage'
    ? !renewsKey(answers)
    : answers.task === 'create-storage' && answers.blobAccess === 'sas')

const checkPlace = (answers: Asked, say: Say<Asked>): void => {
  if (answers.task !== 'create-storage') {
    const { storageChosen } = answers
    const most = answers.task === 'renew-storage' ? 1 : mostProven
    if (storageChosen.length === 0) return say('storageChosen', 'No credential is chosen. Choose one')
    if (storageChosen.length > most)
      return say(
        'storageChosen',
        `${storageChosen.length} credentials are chosen; ${most} fit in one run. Choose fewer`,
      )
    return say(
      'storageChosen',
      storageChosen.map((name) => existingNameProblem(name, 'A credential')).find((one) => one !== null) ??
        null,
    )
  }
  if (answers.blobAccess === 'access-key')
    say('credentialName', accountCredentialProblem(answers.credentialName))
  if (!byAzure(answers)) return say('containerUrl', containerUrlProblem(answers.containerUrl))
  say('containerName', containerNameProblem(answers.containerName))
  if (answers.accountMode === 'use')
    return say(
      'storageAccount',
      /^[^/]{1,90}\/[a-z0-9]{3,24}$/.test(answers.storageAccount)
        ? null
        : 'No storage account is chosen. Choose one',
    )
  say('accountName', storageAccountNameProblem(answers.accountName))
  say(
    'accountGroup',
    /^[\w.()-]{1,90}$/.test(answers.accountGroup) ? null : 'No resource group is chosen. Choose one',
  )
  say(
    'accountRegion',
    /^[a-z0-9]{2,40}$/.test(answers.accountRegion) ? null : 'No region is chosen. Choose one',
  )
}

const checkSecret = (answers: Asked, say: Say<Asked>): void => {
  if (answers.task === 'prove-storage') return
  if (makesToken(answers)) {
    const most = mostDays[answers.signWith]
    if (answers.tokenDays > most)
      say(
        'tokenDays',
        `The life of the token is ${answers.tokenDays} days; signed ${answers.signWith === 'key' ? 'by a key' : 'by the sign-in'} it has at most ${most}. Shorten it`,
      )
    return
  }
  if (answers.task === 'renew-storage') {
    if (renewsKey(answers))
      say('accessKey', isHandle(answers.accessKey) ? null : 'The new access key is missing. Enter it')
    else say('storageToken', isHandle(answers.storageToken) ? null : 'The new token is missing. Enter it')
    return
  }
  if (answers.blobAccess === 'sas' && !isHandle(answers.storageToken))
    say('storageToken', 'The shared access signature is missing. Enter it')
  if (answers.blobAccess === 'access-key' && !isHandle(answers.accessKey))
    say('accessKey', 'The access key of the storage account is missing. Enter it')
}

const asked = taskShape.pick({ task: true, azureMode: true }).extend(placeShape.shape)

const screens = {
  task: whole(taskShape, checkTask),
  credential: whole(asked, checkPlace),
  identity: whole(asked, checkSecret),
  use: taskShape.pick({ task: true }),
} as const
export type StorageScreenId = keyof typeof screens

export const storageCredentialDraft: z.ZodType<StorageCredentialDraft> = screens.task
  .and(screens.credential)
  .and(screens.identity)

export const storageScreenProblems = (screen: StorageScreenId, answers: Answers): AnswerProblem[] => {
  const found = problemsOf(screens[screen], answers)
  return screen === 'task' ? found : found.filter(({ field }) => field !== 'task')
}

export const isForStorage = (answers: { use?: unknown }): boolean => answers.use === 'storage'
