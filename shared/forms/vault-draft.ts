import { z } from 'zod'
import {
  isAzureId,
  keyDateProblem,
  keyNameProblem,
  resourceGroupNameProblem,
  vaultNameProblem,
} from '../model/azure.ts'
import {
  dayOf,
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
import { isLocalKeyFile } from './names.ts'
import { applicationNameProblem, networkRulesProblem, resourceIdProblem, subnetOf } from './vault-names.ts'

/** Answers of the job "Vault". The first screen says whether something is made or checked. */

export const vaultServices = ['create', 'vault', 'managed-hsm'] as const
export type VaultService = (typeof vaultServices)[number]
export const vaultNetworks = ['as-is', 'all', 'chosen', 'private'] as const
export const vaultRightsChoices = ['as-is', 'roles', 'access-policies'] as const
export const vaultLogs = ['none', 'workspace', 'storage'] as const
export const keyTypes = ['RSA', 'RSA-HSM'] as const
export const keyModes = ['create', 'import', 'use'] as const

/** Entra takes no secret that lives longer. */
export const mostSecretMonths = 24

const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  initial: Words[number],
  missing: string,
) => z.preprocess((value) => value ?? initial, z.enum(words, { error: missing }))

const wholeNumber = (what: string, initial: number, least: number, most: number) =>
  z.preprocess(
    (value) => value ?? initial,
    z
      .number({ error: `${what} is not a number. Enter a whole number from ${least} to ${most}` })
      .int(`${what} is not a whole number. Enter one from ${least} to ${most}`)
      .min(least, `${what} is below ${least}. Enter a whole number from ${least} to ${most}`)
      .max(most, `${what} is above ${most}. Enter a whole number from ${least} to ${most}`),
  )

const placeShape = z.object({
  azure: id('No subscription is chosen. Choose one'),
  service: z.enum(vaultServices, { error: 'Choose whether the vault is new' }),
  /** Name of a key vault of the subscription: names are free once in the world. */
  vault: optionalText,
  managedHsm: optionalText,
  groupMode: choice(['use', 'create'], 'use', 'Choose whether the resource group is new'),
  group: optionalText,
  newGroup: optionalText,
  region: optionalText,
  vaultName: optionalText,
  tier: choice(['standard', 'premium'], 'premium', 'Choose the tier'),
})

const settingsShape = z.object({
  retentionDays: wholeNumber('The retention', 90, 7, 90),
  purgeProtection: flag(true),
  rights: choice(vaultRightsChoices, 'roles', 'Choose how rights are given'),
  network: choice(vaultNetworks, 'all', 'Choose who reaches the vault'),
  networkRules: optionalText,
  trustedServices: flag(true),
  lock: flag(true),
  log: choice(vaultLogs, 'none', 'Choose where the log of the vault goes'),
  logDestination: optionalText,
  operatorRole: flag(false),
})

const identityShape = z.object({
  applicationMode: choice(['create', 'use'], 'create', 'Choose whether the application is new'),
  applicationName: optionalText,
  /** Only narrows the list. */
  applicationFilter: optionalText,
  /** Application (client) id. */
  application: optionalText,
  secretMode: choice(['create', 'kept'], 'create', 'Choose whether the secret is new'),
  secretMonths: wholeNumber('The life of the secret', 12, 1, mostSecretMonths),
  applicationSecret: optionalId,
  useScope: choice(['key', 'vault'], 'key', 'Choose how far the role reaches'),
})

const keyShape = z.object({
  keyMode: choice(keyModes, 'create', 'Choose whether the key is new'),
  key: optionalText,
  keyName: optionalText,
  keyType: choice(keyTypes, 'RSA-HSM', 'Choose where the private key is kept'),
  keyBits: choice(['2048', '3072'], '3072', 'Choose the size of the key'),
  /** `YYYY-MM-DD`, UTC; empty: none. */
  keyExpiry: optionalText,
  keyBackup: optionalId,
  /** Of a key that is imported: a folder on this computer, a .pfx in it, and what opens that. */
  importFolder: optionalId,
  importFile: optionalText,
  importPassword: optionalId,
})

export type VaultDraft = z.output<typeof placeShape> &
  z.output<typeof settingsShape> &
  z.output<typeof identityShape> &
  z.output<typeof keyShape>

type Place = z.output<typeof placeShape>
type Settings = z.output<typeof settingsShape>
type Identity = z.output<typeof identityShape>
type Key = z.output<typeof keyShape>

const notChosen = (text: string, what: string): string | null =>
  text === '' ? `No ${what} is chosen. Choose one` : null

const checkPlace = (answers: Place, say: Say<Place>): void => {
  const { service } = answers
  if (service === 'vault') say('vault', notChosen(answers.vault, 'key vault') ?? nameOf(answers.vault))
  if (service === 'managed-hsm') {
    say('managedHsm', notChosen(answers.managedHsm, 'managed HSM') ?? nameOf(answers.managedHsm))
  }
  if (service !== 'create') return
  if (answers.groupMode === 'create') say('newGroup', resourceGroupNameProblem(answers.newGroup))
  else say('group', notChosen(answers.group, 'resource group') ?? resourceGroupNameProblem(answers.group))
  say('region', notChosen(answers.region, 'region') ?? regionProblem(answers.region))
  say('vaultName', vaultNameProblem(answers.vaultName))
}

/** One that was listed: what Azure could not have as a name was not. */
const nameOf = (text: string): string | null =>
  vaultNameProblem(text) === null ? null : 'The vault is not one of those listed. Choose again'

const regionProblem = (text: string): string | null =>
  /^[a-z0-9]{2,40}$/.test(text) ? null : 'The region is not one of those listed. Choose again'

const checkSettings = (answers: Settings & Pick<Place, 'service'>, say: Say<Settings>): void => {
  const { service, network, log, rights } = answers
  if (service === 'create' && network === 'as-is') say('network', 'Choose who reaches the new vault')
  if (service === 'create' && rights === 'as-is')
    say('rights', 'Choose how rights are given in the new vault')
  if (service !== 'managed-hsm' && network === 'chosen') {
    say('networkRules', networkRulesProblem(answers.networkRules))
  }
  if (log === 'workspace') {
    say(
      'logDestination',
      resourceIdProblem(
        answers.logDestination,
        'Microsoft.OperationalInsights/workspaces',
        'Log Analytics workspace',
      ),
    )
  }
  if (log === 'storage') {
    say(
      'logDestination',
      resourceIdProblem(answers.logDestination, 'Microsoft.Storage/storageAccounts', 'storage account'),
    )
  }
}

const checkIdentity = (answers: Identity, say: Say<Identity>): void => {
  if (answers.applicationMode === 'create') {
    say('applicationName', applicationNameProblem(answers.applicationName))
    return
  }
  const { application } = answers
  say(
    'application',
    notChosen(application, 'application') ??
      (isAzureId(application) ? null : 'The application is not one of those listed. Choose again'),
  )
  if (answers.secretMode === 'kept' && !isHandle(answers.applicationSecret)) {
    say('applicationSecret', 'The secret of the application is missing. Enter it, or have a new one made')
  }
}

const checkKey = (answers: Key & Pick<Place, 'service'>, now: Date, say: Say<Key>): void => {
  if (!isHandle(answers.keyBackup)) {
    say('keyBackup', 'No folder of yours is picked for the key’s backup. Pick one')
  }
  if (answers.keyMode === 'use') {
    say('key', notChosen(answers.key, 'key') ?? keyNameProblem(answers.key))
    return
  }
  if (answers.keyMode === 'import') checkImport(answers, say)
  say('keyName', keyNameProblem(answers.keyName))
  if (answers.service === 'managed-hsm' && answers.keyType !== 'RSA-HSM') {
    say('keyType', 'A managed HSM has only keys in hardware. Choose RSA-HSM')
  }
  if (answers.keyExpiry !== '') say('keyExpiry', keyExpiryProblem(answers.keyExpiry, dayOf(now)))
}

const checkImport = (answers: Key, say: Say<Key>): void => {
  if (!isHandle(answers.importFolder)) {
    say('importFolder', 'No folder of yours with the key’s file is picked. Pick one')
    return
  }
  say(
    'importFile',
    answers.importFile === ''
      ? 'No file is chosen. Choose the .pfx that holds the key'
      : isPfxName(answers.importFile)
        ? null
        : 'The file is not one of those listed. Choose a .pfx or .p12',
  )
  if (!isHandle(answers.importPassword)) {
    say(
      'importPassword',
      'The password of the file is missing. Enter the one that was kept when it was written',
    )
  }
}

/** As a file of a folder: no path. */
export const isPfxName = (name: string): boolean => isLocalKeyFile(name) && /\.(pfx|p12)$/i.test(name)

export const keyExpiryProblem = (text: string, today: string): string | null => {
  const read = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(read) || dayOf(new Date(read)) !== text) {
    return 'The expiry is not a day of the calendar. Enter it as year-month-day, for instance 2031-12-31'
  }
  if (text <= today) return `The expiry ${text} is not after today (${today}, UTC). Choose a later day`
  return keyDateProblem(`${text}T00:00:00Z`, `The expiry ${text}`)
}

export interface NetworkRules {
  addresses: string[]
  subnets: string[]
}

/** One rule a line, as typed; lines that are no rule are left out (the check names them). */
export const networkRulesOf = (text: string): NetworkRules => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return {
    addresses: lines.filter((line) => subnetOf(line) === null),
    subnets: lines.filter((line) => subnetOf(line) !== null),
  }
}

const screensAt = (now: () => Date) =>
  ({
    vault: whole(placeShape, checkPlace),
    settings: whole(placeShape.pick({ service: true }).extend(settingsShape.shape), checkSettings),
    identity: whole(identityShape, checkIdentity),
    key: whole(placeShape.pick({ service: true }).extend(keyShape.shape), (answers, say) =>
      checkKey(answers, now(), say),
    ),
  }) as const

export const vaultScreens = ['vault', 'settings', 'identity', 'key'] as const
export type VaultScreenId = (typeof vaultScreens)[number]

export const vaultDraftAt = (now: () => Date): z.ZodType<VaultDraft> => {
  const screens = screensAt(now)
  return screens.vault.and(screens.settings).and(screens.identity).and(screens.key)
}

/** Errors of another screen's field (nothing chosen yet) are named there, not here. */
export const vaultScreenProblems = (
  screen: VaultScreenId,
  answers: Answers,
  now: () => Date = () => new Date(),
): AnswerProblem[] => {
  const found = problemsOf(screensAt(now)[screen], answers)
  return screen === 'vault' ? found : found.filter(({ field }) => field !== 'service')
}
