import { hostOfIdentity } from '../../../shared/model/ekm.ts'
import { isAsymmetric } from '../../ports/sql-rows.ts'
import type { CredentialFact, DatabaseUnderKey, EkmFacts, ProviderKeyFact } from './ekm-facts.ts'

/**
 * Which databases hang on which credential. The chain is credential, login, key, database; the catalog does not say
 * from which key a login was made, so each link says how it is known. Pure.
 */
export interface KeyOfCredential {
  key: ProviderKeyFact
  /** `login`: by the login that it was made from. `vault`: it lies in the credential's vault. `provider`: nothing rules it out. */
  known: 'login' | 'vault' | 'provider'
  databases: readonly DatabaseUnderKey[]
}

/** The login of a key: the only one there is, or the one that is called like the key. Null: it can't be told. */
export const loginOfKey = (facts: Pick<EkmFacts, 'keys' | 'keyLogins'>, key: string): string | null => {
  if (!facts.keys.read || !facts.keyLogins.read) return null
  const logins = facts.keyLogins.value
  const [only] = logins
  if (logins.length === 1 && facts.keys.value.length === 1 && only !== undefined) return only
  const named = logins.filter((login) => keyOfLogin(facts.keys.read ? facts.keys.value : [], login) === key)
  return named.length === 1 ? (named[0] ?? null) : null
}

/** `tde2_login` is called like `tde2` and not like `tde`: behind the key's name stands no letter or digit. */
const keyOfLogin = (keys: readonly ProviderKeyFact[], login: string): string | null =>
  keys
    .map(({ name }) => name)
    .filter((name) => {
      const rest = login.slice(name.length)
      return (
        login.toLowerCase().startsWith(name.toLowerCase()) &&
        (rest === '' || /^([^\p{L}\p{N}]|login$)/iu.test(rest))
      )
    })
    .toSorted((a, b) => b.length - a.length)[0] ?? null

export const hostOfCredential = ({ identity, name }: CredentialFact): string | null =>
  hostOfIdentity(identity) ?? hostOfIdentity(name)

/** Databases whose encryption key is under this one: by thumbprint, and asymmetric by the beginning of its type. */
export const databasesUnderKey = (
  facts: Pick<EkmFacts, 'databases'>,
  thumbprint: string,
): readonly DatabaseUnderKey[] =>
  facts.databases.read
    ? facts.databases.value.filter(
        ({ key }) => key !== null && key.thumbprint === thumbprint && isAsymmetric(key.encryptorType),
      )
    : []

export const keysOfCredential = (facts: EkmFacts, credential: CredentialFact): KeyOfCredential[] => {
  if (!facts.keys.read || credential.provider === null) return []
  const host = hostOfCredential(credential)
  return facts.keys.value.flatMap((key): KeyOfCredential[] => {
    if (key.provider !== credential.provider) return []
    const databases = databasesUnderKey(facts, key.thumbprint)
    const login = loginOfKey(facts, key.name)
    if (login !== null) {
      return credential.logins.some((one) => one.login === login) ? [{ key, known: 'login', databases }] : []
    }
    // Only a login that was made from a key lets the engine use one.
    if (!credential.logins.some(({ type }) => type === 'K')) return []
    const place = key.place.read ? key.place.value : null
    if (place === null) return [{ key, known: 'provider', databases }]
    return host !== null && hostIn(place) === host ? [{ key, known: 'vault', databases }] : []
  })
}

/** Databases that hang on a credential, each once, in the order of their names. */
export const databasesOfCredential = (facts: EkmFacts, credential: CredentialFact): DatabaseUnderKey[] => {
  const found = new Map(
    keysOfCredential(facts, credential).flatMap(({ databases }) => databases.map((one) => [one.name, one])),
  )
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name))
}

/**
 * Keys of a credential that no other one gets: only these tell of it. Where the login of a key can't be told, its
 * database may have been opened by another credential, and shows nothing of this one. Without databases put aside.
 */
export const keysOfItAlone = (facts: EkmFacts, credential: CredentialFact): KeyOfCredential[] => {
  if (!facts.credentials.read) return []
  const others = facts.credentials.value.filter(({ name }) => name !== credential.name)
  const theirs = new Set(
    others.flatMap((other) => keysOfCredential(facts, other).map(({ key }) => key.thumbprint)),
  )
  return keysOfCredential(facts, credential)
    .filter(({ key }) => !theirs.has(key.thumbprint))
    .map((link) => ({ ...link, databases: link.databases.filter((one) => !isPutAside(one)) }))
}

/** True where the catalog does not rule out that what hangs on it hangs on another one. */
export const isUncertain = (facts: EkmFacts, credential: CredentialFact): boolean => {
  const links = keysOfCredential(facts, credential)
  return (
    links.some(({ known }) => known === 'provider') || keysOfItAlone(facts, credential).length < links.length
  )
}

/** Encrypted and not open: which key they want can't be read. */
export const databasesNotOpen = ({ databases }: Pick<EkmFacts, 'databases'>): readonly DatabaseUnderKey[] =>
  databases.read
    ? databases.value.filter(({ encrypted, key, state }) => encrypted && key === null && state !== 'ONLINE')
    : []

/** Somebody took it away: it would not open with any key, so it tells of none. */
export const isPutAside = ({ state }: DatabaseUnderKey): boolean =>
  state === 'OFFLINE' || state === 'RESTORING'

const hostIn = (uri: string): string | null => {
  if (!URL.canParse(uri)) return null
  return new URL(uri).hostname.toLowerCase()
}

/** Why a server could not open a database under the key of this thumbprint, as far as its catalog tells; or null. */
export const keyRefusal = (facts: EkmFacts, thumbprint: string): string | null => {
  const { option, providers, keys, keyLogins, credentials } = facts
  for (const one of [option, providers, keys, keyLogins, credentials]) if (!one.read) return one.because
  if (!option.read || !providers.read || !keys.read || !keyLogins.read || !credentials.read) return null
  if (!option.value.inUse) return 'EKM provider enabled is off'
  const key = keys.value.find((one) => one.thumbprint === thumbprint)
  if (key === undefined) return 'no key of that thumbprint in master'
  if (!providers.value.some(({ name, enabled }) => name === key.provider && enabled))
    return `its provider ${key.provider ?? 'is not shown, or'} is not enabled`
  const login = loginOfKey(facts, key.name)
  const holders = credentials.value
    .filter(({ provider }) => provider === key.provider)
    .flatMap(({ logins }) => logins.filter(({ type }) => type === 'K').map((one) => one.login))
  if (keyLogins.value.length === 0) return `no login made from ${key.name} (SQL 33121)`
  if (login === null ? holders.length > 0 : holders.includes(login)) return null
  return `${login ?? 'the login of the key'} holds no credential of ${key.provider ?? 'the provider'}`
}
