import { hostOfIdentity } from '../../../shared/model/ekm.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Clock } from '../../ports/clock.ts'
import { flagOf, hexOf, numberOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows, oneRow } from '../../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../../ports/sql-server.ts'
import * as ask from '../../scripts/tsql/ekm-queries.ts'
import { allCredentials, allDatabases, allLogins, allProviders, keysIn } from '../../scripts/tsql/sight.ts'
import type {
  CredentialFact,
  DatabaseUnderKey,
  EkmFacts,
  EkmOption,
  ProviderFact,
  ProviderKeyFact,
  ServiceFact,
} from './ekm-facts.ts'
import type { Read } from './facts-model.ts'
import { partReader, type PartReader } from './read-server.ts'

/**
 * Reads extensible key management as far as the login may; changes nothing. VIEW ANY DEFINITION and VIEW SERVER STATE
 * show all of it; what the registry says of a key needs sysadmin.
 */
export const readEkm = async (sql: SqlServer, { clock }: { clock: Clock }): Promise<EkmFacts> => {
  const part = partReader(sql, () => clock.now().toISOString())
  const service = await part('sys.dm_os_sys_info', () => readService(sql))
  const credentials = await credentialsPart(sql, part, service)
  return {
    option: await part('sys.configurations', () => readOption(sql)),
    providers: await part('sys.cryptographic_providers', () => readProviders(sql)),
    credentials,
    keys: await part('master.sys.asymmetric_keys', () => readKeys(sql, part, vaultUrls(credentials))),
    keyLogins: await part('sys.server_principals', async () =>
      (await allRows(sql, ask.keyLogins(), allLogins())).map((row) => textOf(row['login'])),
    ),
    databases: await part('sys.dm_database_encryption_keys', () => readDatabasesUnder(sql)),
    service,
  }
}

const credentialsPart = (sql: SqlServer, part: PartReader, service: Read<ServiceFact>) =>
  part('sys.credentials, sys.server_principal_credentials', () => credentialRows(sql, service))

/** All credentials of the server, those of storage too. ALTER ANY CREDENTIAL or VIEW ANY DEFINITION. */
export const readCredentials = async (
  sql: SqlServer,
  part: PartReader,
): Promise<Read<readonly CredentialFact[]>> =>
  credentialsPart(sql, part, await part('sys.dm_os_sys_info', () => readService(sql)))

export const readOption = async (sql: SqlServer): Promise<EkmOption> => {
  const rows = await sql.query(ask.ekmOptions())
  const of = (name: string): SqlRow | undefined => rows.find((row) => textOf(row['name']) === name)
  const ekm = of('EKM provider enabled')
  return {
    set: flagOf(ekm?.['value']) === true,
    inUse: flagOf(ekm?.['value_in_use']) === true,
    advancedShown: flagOf(of('show advanced options')?.['value_in_use']) === true,
  }
}

export const readProviders = async (sql: SqlServer): Promise<ProviderFact[]> => {
  const rows = await allRows(sql, ask.providers(), allProviders())
  const loaded = rows.length === 0 ? [] : await sql.query(ask.providerProperties()).catch(() => [])
  return rows.map((row) => {
    const id = numberOf(row['provider_id']) ?? 0
    const own = loaded.find((one) => numberOf(one['provider_id']) === id)
    return {
      id,
      name: textOf(row['name']),
      guid: textOf(row['guid']),
      dllPath: textOf(row['dll_path']),
      version: textOf(row['version']),
      enabled: flagOf(row['is_enabled']) === true,
      properties:
        own === undefined
          ? null
          : { version: textOf(own['provider_version']), name: textOf(own['friendly_name']) },
    }
  })
}

export const readService = async (sql: SqlServer): Promise<ServiceFact> => {
  const row = (await sql.query(ask.serviceStart()))[0]
  return { started: timeOf(row?.['sqlserver_start_time']) ?? '', now: timeOf(row?.['now']) ?? '' }
}

const credentialRows = async (sql: SqlServer, service: Read<ServiceFact>): Promise<CredentialFact[]> => {
  const rows = await allRows(sql, ask.credentials(), allCredentials())
  const logins = await allRows(sql, ask.credentialLogins(), allLogins())
  return rows.map((row) => credentialOf(row, logins, service.read ? service.value.started : null))
}

const credentialOf = (row: SqlRow, logins: readonly SqlRow[], started: string | null): CredentialFact => {
  const [created, changed] = [timeOf(row['create_date']), timeOf(row['modify_date'])]
  return {
    name: textOf(row['name']),
    identity: textOf(row['credential_identity']),
    provider: textOf(row['target_type']) === '' ? null : textOf(row['provider']) || null,
    created,
    changed,
    logins: logins
      .filter((one) => numberOf(one['credential_id']) === numberOf(row['credential_id']))
      .map((one) => ({
        login: textOf(one['login']),
        type: textOf(one['type']).trim(),
        disabled: flagOf(one['is_disabled']) === true,
      })),
    // Never altered: the connector can't have used another value.
    inUse: started === null || changed === null ? null : created === changed || isAfter(started, changed),
  }
}

/** Whether the service started after a change; both are the server's own times. */
export const isAfter = (started: string, changed: string): boolean =>
  started !== '' && Date.parse(started) > Date.parse(changed)

/** One credential with its logins; null: none of that name. `sql-not-visible` where it may be there and hidden. */
export const readCredential = async (sql: SqlServer, name: string): Promise<CredentialFact | null> => {
  const row = await oneRow(sql, ask.credentialNamed(name), allCredentials())
  if (row === null) return null
  const logins = await allRows(sql, ask.credentialLogins(), allLogins())
  return credentialOf(row, logins, (await readService(sql)).started)
}

const vaultUrls = (credentials: Read<readonly CredentialFact[]>): string[] => {
  if (!credentials.read) return []
  const hosts = credentials.value
    .filter(({ provider }) => provider !== null)
    .flatMap(({ name, identity }) => hostOfIdentity(identity) ?? hostOfIdentity(name) ?? [])
  return [...new Set(hosts)].map((host) => `https://${host}`)
}

const readKeys = async (
  sql: SqlServer,
  part: PartReader,
  urls: readonly string[],
): Promise<ProviderKeyFact[]> => {
  const keys: ProviderKeyFact[] = []
  for (const row of await allRows(sql, ask.providerKeys(), keysIn('master'))) {
    const thumbprint = hexOf(row['thumbprint']) ?? ''
    keys.push({
      name: textOf(row['name']),
      thumbprint,
      provider: textOf(row['provider']) || null,
      place: await part('xp_instance_regread', () => readPlaceOf(sql, urls, thumbprint)),
    })
  }
  return keys
}

/** KeyUri below the first of these vaults that has one. That nothing is noted is an answer of its own. */
export const readPlaceOf = async (
  sql: SqlServer,
  urls: readonly string[],
  thumbprint: string,
): Promise<string | null> => {
  if (thumbprint === '') return null
  for (const url of urls) {
    const row = (await sql.query(ask.keyPlace(url, thumbprint)).catch(missingKey))[0]
    const place = textOf(row?.['Data'])
    if (place !== '') return place
  }
  return null
}

/** Where the connector found a key of this vault, from the registry; null: no place is noted. Needs sysadmin. */
export const readKeyPlace = (sql: SqlServer, host: string, thumbprint: string): Promise<string | null> =>
  readPlaceOf(sql, [`https://${host}`], thumbprint)

/** 22001 is what the procedure says of a registry key that is not there. */
const missingKey = (error: unknown): SqlRow[] => {
  if (problemOf(error).vendor?.number === 22001) return []
  throw error
}

/** Keys of providers in master, each with where the connector found it below one of these vaults. Needs sysadmin. */
export const readKeyPlaces = async (
  sql: SqlServer,
  hosts: readonly string[],
): Promise<{ key: string; place: string | null }[]> => {
  const urls = hosts.map((host) => `https://${host}`)
  const found: { key: string; place: string | null }[] = []
  for (const { name, thumbprint } of await readProviderKeys(sql))
    found.push({ key: name, place: await readPlaceOf(sql, urls, thumbprint) })
  return found
}

/** Keys of providers in master by name and thumbprint, without asking the registry. */
export const readProviderKeys = async (
  sql: SqlServer,
): Promise<Pick<ProviderKeyFact, 'name' | 'thumbprint' | 'provider'>[]> =>
  (await allRows(sql, ask.providerKeys(), keysIn('master'))).map((row) => ({
    name: textOf(row['name']),
    thumbprint: hexOf(row['thumbprint']) ?? '',
    provider: textOf(row['provider']) || null,
  }))

/** One key of a provider in master; null: none of that name. */
export const readProviderKey = async (
  sql: SqlServer,
  name: string,
): Promise<Pick<ProviderKeyFact, 'name' | 'thumbprint' | 'provider'> | null> => {
  const row = await oneRow(sql, ask.keyNamed(name), keysIn('master'))
  if (row === null) return null
  return {
    name: textOf(row['name']),
    thumbprint: hexOf(row['thumbprint']) ?? '',
    provider: textOf(row['provider']) || null,
  }
}

export const readDatabasesUnder = async (sql: SqlServer): Promise<DatabaseUnderKey[]> =>
  (await allRows(sql, ask.databasesUnder(), allDatabases())).map((row) => {
    const state = numberOf(row['encryption_state'])
    return {
      name: textOf(row['name']),
      state: textOf(row['state_desc']),
      encrypted: flagOf(row['is_encrypted']) === true,
      key:
        state === null
          ? null
          : {
              state,
              thumbprint: hexOf(row['encryptor_thumbprint']),
              encryptorType: textOf(row['encryptor_type']),
              opened: timeOf(row['opened_date']),
            },
    }
  })
