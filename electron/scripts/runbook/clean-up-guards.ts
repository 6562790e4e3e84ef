import type { PlannedStep } from '../../../shared/model/plan.ts'
import { keyLoginSids, registryKeys } from '../tsql/clean-up.ts'
import {
  credentialNamed,
  credentials,
  ekmOptions,
  keyNamed,
  loginNamed,
  providerKeys,
  providers,
} from '../tsql/ekm-queries.ts'
import { backupsUnder } from '../tsql/fact-queries.ts'
import { text, tsql, type Fragment } from '../tsql/fragment.ts'
import type { cleanUpParams } from './clean-up-params.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What a runbook asks around the steps of a clean-up. */

const not = (condition: Fragment): Fragment => tsql`NOT ${condition}`
const hex = (thumbprint: string): Fragment => text(`0x${thumbprint}`)
const loginThere = (login: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.server_principals WHERE name = ${text(login)} AND type = 'K')`
const keyThere = (key: string, thumbprint: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM master.sys.asymmetric_keys WHERE name = ${text(key)} AND CONVERT(varchar(66), thumbprint, 1) = ${hex(thumbprint)})`
/** A database key under it, or a backup on record that is encrypted with it. */
const needed = (thumbprint: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.dm_database_encryption_keys WHERE CONVERT(varchar(66), encryptor_thumbprint, 1) = ${hex(thumbprint)})
  OR EXISTS (SELECT 1 FROM msdb.dbo.backupset WHERE CONVERT(varchar(66), encryptor_thumbprint, 1) = ${hex(thumbprint)})`
const credentialThere = (credential: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.credentials WHERE name = ${text(credential)})`
const credentialHeld = (credential: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.server_principal_credentials AS s JOIN sys.credentials AS c ON c.credential_id = s.credential_id WHERE c.name = ${text(credential)})`
const providerThere = (provider: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.cryptographic_providers WHERE name = ${text(provider)})`
const providerUsed = (provider: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.credentials AS c JOIN sys.cryptographic_providers AS p ON p.provider_id = c.target_id WHERE p.name = ${text(provider)})
  OR EXISTS (SELECT 1 FROM master.sys.asymmetric_keys AS a JOIN sys.cryptographic_providers AS p ON p.guid = a.cryptographic_provider_guid WHERE p.name = ${text(provider)})`
const optionOn = tsql`EXISTS (SELECT 1 FROM sys.configurations WHERE name = N'EKM provider enabled' AND CAST(value_in_use AS int) = 1)`
const anyProvider = tsql`EXISTS (SELECT 1 FROM sys.cryptographic_providers)`

type GuardsOf = { [Kind in keyof typeof cleanUpParams]: (step: PlannedStep) => StepGuards }

export const cleanUpGuards: GuardsOf = {
  'drop-key-login': ({ params }) => {
    const { login, thumbprint } = readParams('drop-key-login', params)
    return {
      stopIfBefore: tsql`${not(loginThere(login))} OR ${needed(thumbprint)}`,
      stopIfAfter: loginThere(login),
      show: [loginNamed(login), keyLoginSids()],
    }
  },
  'drop-asymmetric-key': ({ params }) => {
    const { key, thumbprint } = readParams('drop-asymmetric-key', params)
    return {
      stopIfBefore: tsql`${not(keyThere(key, thumbprint))} OR ${needed(thumbprint)}`,
      stopIfAfter: keyThere(key, thumbprint),
      show: [keyNamed(key), backupsUnder(thumbprint)],
    }
  },
  'drop-ekm-credential': ({ params }) => {
    const { credential } = readParams('drop-ekm-credential', params)
    return {
      stopIfBefore: tsql`${not(credentialThere(credential))} OR ${credentialHeld(credential)}`,
      stopIfAfter: credentialThere(credential),
      show: [credentialNamed(credential)],
    }
  },
  'drop-provider': ({ params }) => {
    const { provider } = readParams('drop-provider', params)
    return {
      stopIfBefore: tsql`${not(providerThere(provider))} OR ${providerUsed(provider)}`,
      stopIfAfter: providerThere(provider),
      show: [providers(), credentials(), providerKeys()],
    }
  },
  'disable-ekm': () => ({ stopIfBefore: anyProvider, stopIfAfter: optionOn, show: [ekmOptions()] }),
  'name-vault-keys': () => ({ stopIfBefore: null, stopIfAfter: null, show: [providerKeys()] }),
  'registry-by-hand': () => ({ stopIfBefore: null, stopIfAfter: null, show: [registryKeys()] }),
}
