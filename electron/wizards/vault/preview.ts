import {
  keyModes,
  keyTypes,
  vaultLogs,
  vaultNetworks,
  vaultRightsChoices,
  vaultServices,
  type VaultDraft,
} from '../../../shared/forms/vault-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { noAzureFacts } from '../azure/no-facts.ts'
import { blanksOf, markBlank, notYet, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planVault } from './plan.ts'

/** The calls that the answers so far lead to; blanks as ‹vault name›, secrets and what Azure answers as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const { statements, refused } = previewOf(
    () => planVault(withBlanks(answers), facts ?? noFacts, markBlank).plan,
  )
  return { refused, statements: statements.map(({ title, text }) => ({ title, text: readable(text) })) }
}

/** A blank in an address is no name yet: it is shown as it is in the text. */
const readable = (text: string): string =>
  text.replace(/%E2%80%B9(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*%E2%80%BA/gi, (blank) => decodeURIComponent(blank))

const noFacts: Facts = {
  ...noAzureFacts,
  chosenVault: null,
  chosenHsm: null,
  vault: null,
  nameFree: null,
  rights: null,
  subscriptionRights: null,
  applications: notYet,
  application: null,
  given: null,
  key: null,
  importFiles: null,
  secrets: {},
  backupLabel: null,
}

const withBlanks = (answers: Answers): VaultDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  const whole = (field: string, initial: number): number => {
    const value = answers[field]
    return typeof value === 'number' && Number.isInteger(value) ? value : initial
  }
  const log = oneOf('log', ['none', ...vaultLogs])
  return {
    azure: text('azure', ''),
    service: oneOf('service', vaultServices),
    vault: text('vault', '‹vault›'),
    managedHsm: text('managedHsm', '‹managed HSM›'),
    groupMode: oneOf('groupMode', ['use', 'create']),
    group: text('group', '‹resource group›'),
    newGroup: text('newGroup', '‹resource group›'),
    region: text('region', '‹region›'),
    vaultName: text('vaultName', '‹vault name›'),
    tier: oneOf('tier', ['premium', 'standard']),
    retentionDays: whole('retentionDays', 90),
    purgeProtection: flag('purgeProtection', true),
    rights: oneOf('rights', ['roles', ...vaultRightsChoices]),
    network: oneOf('network', ['all', ...vaultNetworks]),
    networkRules: text('networkRules', ''),
    trustedServices: flag('trustedServices', true),
    lock: flag('lock', true),
    log,
    logDestination: text('logDestination', '‹resource id›'),
    operatorRole: flag('operatorRole', false),
    applicationMode: oneOf('applicationMode', ['create', 'use']),
    applicationName: text('applicationName', '‹application›'),
    applicationFilter: '',
    application: text('application', '‹application›'),
    secretMode: oneOf('secretMode', ['create', 'kept']),
    secretMonths: whole('secretMonths', 12),
    applicationSecret: null,
    useScope: oneOf('useScope', ['key', 'vault']),
    keyMode: oneOf('keyMode', keyModes),
    key: text('key', '‹key›'),
    keyName: text('keyName', '‹key name›'),
    keyType: oneOf('keyType', ['RSA-HSM', ...keyTypes]),
    keyBits: oneOf('keyBits', ['3072', '2048']),
    keyExpiry: /^\d{4}-\d{2}-\d{2}$/.test(text('keyExpiry', '')) ? text('keyExpiry', '') : '',
    keyBackup: null,
    importFolder: null,
    importFile: text('importFile', '‹file›'),
    importPassword: null,
  }
}
