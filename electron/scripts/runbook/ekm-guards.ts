import type { PlannedStep } from '../../../shared/model/plan.ts'
import {
  credentialNamed,
  credentials,
  databasesUnder,
  ekmOptions,
  keyNamed,
  loginNamed,
  providerKeys,
  providers,
  serviceStart,
} from '../tsql/ekm-queries.ts'
import { newestFullBackupOf } from '../tsql/upgrade-queries.ts'
import { localRoles } from '../tsql/tde-queries.ts'
import { joined, text, tsql, type Fragment } from '../tsql/fragment.ts'
import { databaseOnline } from './guard-parts.ts'
import type { ekmParams } from './ekm-params.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What a runbook asks around steps on extensible key management. */

const not = (condition: Fragment): Fragment => tsql`NOT ${condition}`
const optionOn = tsql`EXISTS (SELECT 1 FROM sys.configurations WHERE name = N'EKM provider enabled' AND CAST(value_in_use AS int) = 1)`
const providerThere = (provider: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.cryptographic_providers WHERE name = ${text(provider)} AND is_enabled = 1)`
const credentialThere = (credential: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.credentials WHERE name = ${text(credential)})`
const ofIdentity = (credential: string, identity: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.credentials WHERE name = ${text(credential)} AND credential_identity = ${text(identity)})`
const loginThere = (login: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.server_principals WHERE name = ${text(login)})`
const keyThere = (key: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM master.sys.asymmetric_keys WHERE name = ${text(key)} AND provider_type = N'CRYPTOGRAPHIC PROVIDER')`
const mapped = (login: string, credential: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.server_principal_credentials AS s JOIN sys.server_principals AS l ON l.principal_id = s.principal_id
  JOIN sys.credentials AS c ON c.credential_id = s.credential_id WHERE l.name = ${text(login)} AND c.name = ${text(credential)})`
/** The service started before one of these was last changed. */
const notRestarted = (names: readonly string[]): Fragment | null =>
  names.length === 0
    ? null
    : tsql`EXISTS (SELECT 1 FROM sys.credentials AS c CROSS JOIN sys.dm_os_sys_info AS s WHERE c.name IN (${joined(
        names.map((name) => text(name)),
        ', ',
      )}) AND c.modify_date >= s.sqlserver_start_time)`

const primaryOf = (databases: readonly string[]): Fragment | null =>
  databases.length === 0
    ? null
    : tsql`EXISTS (SELECT 1 FROM sys.availability_databases_cluster AS c JOIN sys.dm_hadr_availability_replica_states AS s ON s.group_id = c.group_id
  WHERE s.is_local = 1 AND s.role_desc = N'PRIMARY' AND c.database_name IN (${joined(
    databases.map((name) => text(name)),
    ', ',
  )}))`

type GuardsOf = { [Kind in keyof typeof ekmParams]: (step: PlannedStep) => StepGuards }

export const ekmGuards: GuardsOf = {
  'enable-ekm': () => ({ stopIfBefore: null, stopIfAfter: not(optionOn), show: [ekmOptions()] }),
  'create-provider': ({ params }) => {
    const { provider } = readParams('create-provider', params)
    return {
      stopIfBefore: tsql`${not(optionOn)} OR ${providerThere(provider)}`,
      stopIfAfter: not(providerThere(provider)),
      show: [providers()],
    }
  },
  'create-ekm-credential': ({ params }) => {
    const { credential, provider, identity } = readParams('create-ekm-credential', params)
    return {
      stopIfBefore: tsql`${credentialThere(credential)} OR ${not(providerThere(provider))}`,
      stopIfAfter: not(ofIdentity(credential, identity)),
      show: [credentialNamed(credential)],
    }
  },
  'change-ekm-credential': ({ params }) => {
    const { credential, identity } = readParams('change-ekm-credential', params)
    return {
      stopIfBefore: not(ofIdentity(credential, identity)),
      stopIfAfter: not(ofIdentity(credential, identity)),
      show: [credentialNamed(credential)],
    }
  },
  'map-credential': ({ params }) => {
    const { credential, login } = readParams('map-credential', params)
    return {
      stopIfBefore: tsql`${not(credentialThere(credential))} OR ${not(loginThere(login))}`,
      stopIfAfter: not(mapped(login, credential)),
      show: [loginNamed(login)],
    }
  },
  'unmap-credential': ({ params }) => {
    const { credential, login } = readParams('unmap-credential', params)
    return {
      stopIfBefore: not(mapped(login, credential)),
      stopIfAfter: mapped(login, credential),
      show: [loginNamed(login)],
    }
  },
  'create-asymmetric-key': ({ params }) => {
    const { key, provider } = readParams('create-asymmetric-key', params)
    return {
      stopIfBefore: tsql`${keyThere(key)} OR ${not(providerThere(provider))}`,
      stopIfAfter: not(keyThere(key)),
      show: [keyNamed(key)],
    }
  },
  'create-key-login': ({ params }) => {
    const { login, key } = readParams('create-key-login', params)
    return {
      stopIfBefore: tsql`${loginThere(login)} OR ${not(keyThere(key))}`,
      stopIfAfter: not(loginThere(login)),
      show: [loginNamed(login)],
    }
  },
  'prove-credential': ({ params }) => ({
    stopIfBefore: not(credentialThere(readParams('prove-credential', params).credential)),
    stopIfAfter: null,
    show: [credentialNamed(readParams('prove-credential', params).credential), databasesUnder()],
  }),
  'await-failover': ({ params }) => {
    const { databases } = readParams('await-failover', params)
    return { stopIfBefore: primaryOf(databases), stopIfAfter: null, show: [localRoles()] }
  },
  'register-library': ({ params }) => {
    const { provider } = readParams('register-library', params)
    return {
      stopIfBefore: not(providerThere(provider)),
      stopIfAfter: not(providerThere(provider)),
      show: [providers()],
    }
  },
  'bring-online': ({ params }) => {
    const { database } = readParams('bring-online', params)
    return { stopIfBefore: null, stopIfAfter: not(databaseOnline(database)), show: [databasesUnder()] }
  },
  'compare-thumbprints': () => ({
    stopIfBefore: null,
    stopIfAfter: null,
    show: [providerKeys(), databasesUnder()],
  }),
  'confirm-full-backup': ({ params }) => ({
    stopIfBefore: null,
    stopIfAfter: null,
    show: [newestFullBackupOf(readParams('confirm-full-backup', params).database)],
  }),
  'restart-service': ({ params }) => ({
    // The file stops here: somebody restarts the service, and the rest needs a new plan or is run by hand.
    stopIfBefore: notRestarted(readParams('restart-service', params).credentials),
    stopIfAfter: null,
    show: [serviceStart(), credentials()],
  }),
}
