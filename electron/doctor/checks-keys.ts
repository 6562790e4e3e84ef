import { keyNameProblem, keyVersionProblem } from '../../shared/model/azure.ts'
import {
  generationOfThumbprint,
  generationOfVersion,
  generationWords,
} from '../../shared/model/connector-version.ts'
import { identityProblem } from '../../shared/model/ekm.ts'
import type { DoctorFinding, DoctorRemedy } from '../../shared/model/ekm-doctor.ts'
import type { DatabaseUnderKey, ProviderFact, ProviderKeyFact } from '../wizards/sqlserver/ekm-facts.ts'
import { loginOfKey } from '../wizards/sqlserver/ekm-links.ts'
import type { DoctorFacts } from './facts-model.ts'
import { each, judged, type Verdict } from './findings.ts'
import { longestLibraryPath } from './limits.ts'
import { credentialsOf, isConnector, keysOf } from './of-connector.ts'
import { keyAddressOf, placeOf } from './places.ts'

const noKey: Verdict = {
  measured: 'master has no asymmetric key of the connector',
  instead: 'not-applicable',
}
const noCredential: Verdict = {
  measured: 'no credential is for the connector',
  instead: 'not-applicable',
}

export const provider = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('provider', ekm.providers, (all) => {
    if (all.length > 0) return all.map(providerVerdict)
    return {
      measured: 'none is registered',
      limit: 'one, enabled',
      remedy: {
        cause: 'The connector was not registered with SQL Server yet',
        byHand: 'SELECT name, dll_path, version, is_enabled FROM sys.cryptographic_providers;',
        fix: 'Install the connector on the host and register it',
        job: 'tde-vault-key',
      },
    }
  })

const providerVerdict = ({ name, version, enabled, properties }: ProviderFact): Verdict => ({
  about: name,
  measured: `version ${version}, ${enabled ? 'enabled' : 'disabled'}${
    properties === null ? '; its library is not loaded yet' : `; loaded as ${properties.version}`
  }`,
  limit: 'enabled',
  remedy: enabled
    ? null
    : {
        cause: 'Somebody disabled it (SQL 33031): its keys open no more after the next restart',
        byHand: `SELECT is_enabled FROM sys.cryptographic_providers WHERE name = N'${name.replaceAll("'", "''")}';`,
        fix: 'Find out why it was disabled; then ALTER CRYPTOGRAPHIC PROVIDER … ENABLE',
        job: null,
      },
})

export const providerPath = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('provider-path', ekm.providers, (all) =>
    each(all, { measured: 'no provider is registered', instead: 'not-applicable' }, (one) =>
      isConnector(one)
        ? {
            about: one.name,
            measured: `${one.dllPath} (${one.dllPath.length} characters)`,
            limit: `the connector’s library, at most ${longestLibraryPath} characters`,
            remedy:
              one.dllPath.length <= longestLibraryPath
                ? null
                : {
                    cause: `SQL Server takes ${longestLibraryPath} characters`,
                    byHand: 'SELECT LEN(dll_path) FROM sys.cryptographic_providers;',
                    fix: 'Install the connector into a folder with a shorter path and register it from there',
                    job: 'connector-upgrade',
                  },
          }
        : { about: one.name, measured: `${one.dllPath} is not the connector’s`, instead: 'not-applicable' },
    ),
  )

export const credential = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('credential', credentialsOf(ekm), (all) =>
    each(all, noCredential, ({ name, identity, logins }) => {
      const problem = identityProblem(identity)
      return {
        about: name,
        measured: `IDENTITY ${identity}; ${
          logins.length === 0
            ? 'mapped to no login'
            : `mapped to ${logins.map(({ login }) => login).join(', ')}`
        }`,
        limit: 'the bare name of a vault, its host in other clouds, or Managed Identity',
        remedy:
          problem === null
            ? null
            : {
                cause: `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}`,
                byHand: 'SELECT name, credential_identity FROM sys.credentials;',
                fix: 'Make the credential again with the right IDENTITY: it can’t be corrected without its secret',
                job: 'credential',
              },
      }
    }),
  )

export const keyLogin = (facts: DoctorFacts): DoctorFinding[] => {
  const { ekm } = facts
  return judged('key-login', keysOf(ekm), (keys) =>
    each(keys, noKey, (key): Verdict => {
      const about = key.name
      if (!ekm.keyLogins.read) return { about, measured: ekm.keyLogins.because, instead: 'not-read' }
      // Of all keys: a login may have been made from another maker's.
      const login = loginOfKey(ekm, key.name)
      if (login === null && ekm.keyLogins.value.length > 0)
        return {
          about,
          measured: `${ekm.keyLogins.value.length} logins come from keys; the catalog does not say which from this one`,
          instead: 'not-read',
        }
      if (login === null) return { about, measured: 'no login was made from it', limit, remedy: noLogin(key) }
      if (!ekm.credentials.read) return { about, measured: ekm.credentials.because, instead: 'not-read' }
      const held = ekm.credentials.value.find(
        (one) => one.provider === key.provider && one.logins.some((mapped) => mapped.login === login),
      )
      return {
        about,
        measured:
          held === undefined
            ? `login ${login} holds no credential`
            : `login ${login}, credential ${held.name}`,
        limit,
        remedy: held === undefined ? noMapping(login) : null,
      }
    }),
  )
}

const limit = 'a login made from the key, with a credential of its provider'

const noLogin = ({ name }: ProviderKeyFact): DoctorRemedy => ({
  cause: 'Nobody made a login from the key, so the engine can’t use it by itself (SQL 33121)',
  byHand: "SELECT name FROM sys.server_principals WHERE type = 'K';",
  fix: `Make a login from ${name} and map a credential of the provider to it`,
  job: 'tde-vault-key',
})

const noMapping = (login: string): DoctorRemedy => ({
  cause: 'The credential was never mapped to it, or was moved to another login (SQL 33046)',
  byHand: 'SELECT principal_id, credential_id FROM sys.server_principal_credentials;',
  fix: `Map a credential of the provider to ${login}`,
  job: 'credential',
})

export const keyName = (facts: DoctorFacts): DoctorFinding[] => {
  const keys = keysOf(facts.ekm)
  if (!keys.read || keys.value.length === 0) return judged('key-name', keys, () => noKey)
  return keys.value.flatMap((key) =>
    judged(
      'key-name',
      placeOf(key, facts.host),
      (uri): Verdict => {
        if (uri === null) return { measured: 'the registry names no place of it', instead: 'not-read' }
        const address = keyAddressOf(uri)
        const problem =
          address === null
            ? `“${uri}” is no address of a key`
            : (keyNameProblem(address.name) ??
              (address.version === null ? null : keyVersionProblem(address.version)))
        return {
          measured:
            address === null
              ? uri
              : `${address.name} (${address.name.length} characters), ${
                  address.version === null ? 'no version' : `version ${address.version}`
                }`,
          limit: 'at most 26 letters, digits and hyphens; a version of 32 hexadecimal digits',
          remedy:
            problem === null
              ? null
              : {
                  cause: problem,
                  byHand: 'Compare KeyUri in the registry with the name that the vault shows',
                  fix: 'A key can’t be renamed: make one with a name that fits, and put the database under it',
                  job: 'vault-key-rotation',
                },
        }
      },
      key.name,
    ),
  )
}

export const thumbprintGeneration = (facts: DoctorFacts): DoctorFinding[] =>
  judged('thumbprint-generation', keysOf(facts.ekm), (keys) =>
    each(keys, noKey, (key): Verdict => {
      const about = key.name
      const version = connectorVersionOf(facts, key.provider)
      const present = version === null ? null : generationOfVersion(version)
      if (version === null || present === null)
        return { about, measured: 'the version of the connector is not known', instead: 'not-read' }
      const place = placeOf(key, facts.host)
      const address = place.read && place.value !== null ? keyAddressOf(place.value) : null
      const made = generationOfThumbprint(key.thumbprint, address?.name ?? null)
      const bytes = `${key.thumbprint.length / 2} bytes`
      if (made === null)
        return {
          about,
          measured: `${bytes}: a name of 26 characters gives as many, and ${
            address === null ? 'the name of the key is not known' : 'this one has them'
          }`,
          instead: 'not-read',
        }
      return {
        about,
        measured: `${bytes}, as ${generationWords[made]} make them; the connector is ${version}`,
        limit: 'made by a connector of the same generation',
        remedy: made === present ? null : otherGeneration(key),
      }
    }),
  )

const otherGeneration = ({ name }: ProviderKeyFact): DoctorRemedy => ({
  cause:
    'The connector was changed across 1.0.5.0 (15.0.300.96): opened again, the same key of the vault has another thumbprint, and backups under this one answer SQL 33111 wherever it was opened with the present connector',
  byHand: 'SELECT name, thumbprint FROM master.sys.asymmetric_keys; compare with the backups’ thumbprints',
  fix: `Keep ${name} as long as a backup needs it; open the key again under another name, put the databases under that one, then take new full backups`,
  job: 'connector-upgrade',
})

/** Of the library that works, as near to it as could be read. */
export const connectorVersionOf = ({ ekm, host }: DoctorFacts, provider: string | null): string | null => {
  const of = ekm.providers.read ? ekm.providers.value.find(({ name }) => name === provider) : undefined
  if (of === undefined) return null
  const file = host.parts?.libraries.find(({ path }) => path === of.dllPath)?.dll
  const onDisk = file?.read === true ? file.value?.version : undefined
  return of.properties?.version ?? onDisk ?? of.version
}

/** Encrypted while any other database is, with a key of its own that the engine makes at each start. */
const tempdb = 'tempdb'
const underProvider = (key: DatabaseUnderKey['key']): boolean =>
  key?.encryptorType.toUpperCase().startsWith('ASYMMETRIC KEY') === true

export const databaseKey = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('database-key', ekm.databases, (all) =>
    each(
      all.filter(({ name, key }) => name !== tempdb && underProvider(key)),
      { measured: 'no database is under a key of a provider', instead: 'not-applicable' },
      ({ name, key }): Verdict => {
        const about = name
        const thumbprint = key?.thumbprint ?? null
        if (!ekm.keys.read) return { about, measured: ekm.keys.because, instead: 'not-read' }
        if (thumbprint === null) return { about, measured: 'no thumbprint is shown', instead: 'not-read' }
        const found = ekm.keys.value.find((one) => one.thumbprint === thumbprint)
        return {
          about,
          measured:
            found === undefined
              ? `thumbprint ${thumbprint}, in master under no name`
              : `${found.name}, ${thumbprint}`,
          limit: 'a key of master with the same thumbprint',
          remedy:
            found === undefined
              ? {
                  cause:
                    'The key was dropped, or opened with a connector of the other generation: after a restart the database does not open (SQL 33111)',
                  byHand:
                    'SELECT DB_NAME(database_id), encryptor_thumbprint FROM sys.dm_database_encryption_keys; and the thumbprints of master.sys.asymmetric_keys',
                  fix: 'Open the same key of the vault again with a connector of the same generation, before the service is restarted',
                  job: 'tde-vault-key',
                }
              : null,
        }
      },
    ),
  )

export const databaseOpen = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('database-open', ekm.databases, (all) => {
    const encrypted = all.filter(
      ({ name, encrypted: flag, key }) => name !== tempdb && (flag || key !== null),
    )
    const closed = encrypted.filter(({ state }) => state !== 'ONLINE')
    if (encrypted.length === 0) return { measured: 'no database is encrypted', instead: 'not-applicable' }
    if (closed.length === 0)
      return {
        measured: `${encrypted.length} of ${encrypted.length} encrypted ones are ONLINE`,
        limit: 'all',
      }
    return closed.map(closedVerdict)
  })

const closedVerdict = ({ name, state }: DatabaseUnderKey): Verdict => {
  const byHand = `SELECT name, state_desc FROM sys.databases WHERE name = N'${name.replaceAll("'", "''")}';`
  return {
    about: name,
    measured: state,
    limit: 'ONLINE',
    remedy: asWithoutKey.has(state.toUpperCase())
      ? {
          cause:
            'At the start its key did not open: the vault was not reached, refused the application, or its secret had ended',
          byHand,
          fix: `Mend what the other tests here name; then ALTER DATABASE [${name.replaceAll(']', ']]')}] SET ONLINE. Its error carries the connector’s code: look it up below`,
          job: 'credential',
        }
      : {
          cause: `It is ${state}: that alone says nothing of its key`,
          byHand,
          fix: 'Find out who or what brought it into that state; whether its key opens shows when it comes ONLINE',
          job: null,
        },
  }
}

/** States in which a start leaves a database whose key did not open; others have other reasons. */
const asWithoutKey: ReadonlySet<string> = new Set(['RECOVERY_PENDING', 'SUSPECT'])

export const restartPending = ({ ekm }: DoctorFacts): DoctorFinding[] =>
  judged('restart-pending', credentialsOf(ekm), (all) =>
    each(all, noCredential, ({ name, created, changed, inUse }): Verdict => {
      const about = name
      const limit = 'not changed since the service started'
      if (created !== null && created === changed)
        return { about, measured: `made ${created}, not changed since (the server’s own time)`, limit }
      if (inUse === null)
        return { about, measured: 'the start of the service was not read', instead: 'not-read' }
      return {
        about,
        measured: `changed ${changed ?? 'never'}, ${inUse ? 'before' : 'after'} the start of the service (the server’s own time)`,
        limit,
        remedy: inUse
          ? null
          : {
              cause:
                'The connector keeps the secret that it used first: a change counts from the next start of the service',
              byHand:
                'SELECT modify_date FROM sys.credentials; SELECT sqlserver_start_time FROM sys.dm_os_sys_info;',
              fix: 'Restart the service when nobody needs the server; keep the old secret until then',
              job: 'credential',
            },
      }
    }),
  )
