import type { SqlServer } from '../../ports/sql-server.ts'
import { keysOfProvider } from '../../scripts/tsql/ekm-queries.ts'
import { textOf } from '../../ports/sql-rows.ts'
import { serverTime, type CredentialFact, type EkmFacts } from './ekm-facts.ts'
import {
  databasesNotOpen,
  isPutAside,
  isUncertain,
  keysOfCredential,
  keysOfItAlone,
  type KeyOfCredential,
} from './ekm-links.ts'

const keyView = 'sys.dm_database_encryption_keys'

/** What shows that a credential works, found without changing anything. */
export interface Proof {
  /** `open`: nothing on this server can show it; that is said, and is no failure. */
  state: 'proven' | 'failed' | 'open'
  /** By what, or why not. */
  by: string
  source: string
  /** Databases that hang on it, by name. */
  databases: readonly string[]
  /** True where the catalog does not rule out that they hang on another one. */
  uncertain: boolean
}

/**
 * Two things prove a credential: a database under a key of it alone is open (the engine unwrapped its key as the login
 * that holds the credential), or the provider shows the vault's keys to this session, whose login holds it. What was changed
 * since the service started is not in use, so nothing read now proves the new value.
 */
export const proveCredential = async (
  sql: SqlServer,
  facts: EkmFacts,
  credential: CredentialFact,
): Promise<Proof> => {
  const links = keysOfCredential(facts, credential)
  const databases = [...new Set(links.flatMap(({ databases }) => databases.map(({ name }) => name)))].sort()
  const alone = keysOfItAlone(facts, credential)
  const found = { databases, uncertain: isUncertain(facts, credential) }
  if (!facts.databases.read) {
    return {
      ...found,
      state: 'open',
      by: `databases: ${facts.databases.because}`,
      source: keyView,
    }
  }
  if (credential.inUse === false) {
    return {
      ...found,
      state: 'open',
      by: `changed ${serverTime(credential.changed)}, after the service started (time of the server): what is open was opened with the value of before`,
      source: 'sys.credentials',
    }
  }
  const shut = [
    ...links.flatMap((link) => link.databases.filter(({ state }) => state !== 'ONLINE')),
    // Which key a closed one needs can't be read: it counts where this credential's keys are used at all.
    ...(credential.logins.some(({ type }) => type === 'K') ? databasesNotOpen(facts) : []),
  ].filter((one) => !isPutAside(one))
  if (shut.length > 0) {
    return {
      ...found,
      state: 'failed',
      by: `not open: ${[...new Set(shut.map(({ name, state }) => `${name} (${state})`))].join(', ')}`,
      source: keyView,
    }
  }
  const opened = alone.filter((link) => link.databases.length > 0)
  if (opened.length > 0) {
    const names = [...new Set(opened.flatMap((link) => link.databases.map(({ name }) => name)))].sort()
    return {
      ...found,
      state: 'proven',
      by: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} ONLINE: the engine opened ${opened
        .map(({ key }) => key.name)
        .join(', ')} since it started`,
      source: keyView,
    }
  }
  if (credential.logins.some(({ login }) => login === sql.principal))
    return provenByReading(sql, facts, credential, found)
  return {
    ...found,
    state: 'open',
    by:
      credential.logins.length === 0
        ? 'no login holds it, so nothing uses it'
        : `${silenceOf(links, alone)}, and it is held by ${credential.logins.map(({ login }) => login).join(', ')}, not by ${sql.principal}`,
    source: 'sys.credentials',
  }
}

/** Why its databases show nothing. */
const silenceOf = (links: readonly KeyOfCredential[], alone: readonly KeyOfCredential[]): string => {
  const under = links.flatMap(({ key, databases }) => databases.map((one) => ({ ...one, under: key.name })))
  if (under.length === 0) return 'no database hangs on it'
  const own = new Set(alone.map(({ key }) => key.name))
  return under
    .map(({ name, state, under: key }) =>
      own.has(key) ? `${name} is ${state}` : `${name} may hang on another credential`,
    )
    .join(', ')
}

const provenByReading = async (
  sql: SqlServer,
  { providers }: EkmFacts,
  credential: CredentialFact,
  found: Pick<Proof, 'databases' | 'uncertain'>,
): Promise<Proof> => {
  const source = 'sys.dm_cryptographic_provider_keys'
  const provider = providers.read
    ? providers.value.find(({ name }) => name === credential.provider)
    : undefined
  if (provider === undefined) return { ...found, state: 'open', by: 'its provider is not visible', source }
  const keys = (await sql.query(keysOfProvider(provider.id))).map((row) => textOf(row['key_name']))
  return keys.length === 0
    ? {
        ...found,
        state: 'failed',
        by: `the provider shows no key to ${sql.principal}: signing in, the right, the way or the vault fails (or it has no key)`,
        source,
      }
    : {
        ...found,
        state: 'proven',
        by: `the provider shows ${keys.length} keys of the vault to ${sql.principal}, who holds it; that they unwrap is not tried`,
        source,
      }
}
