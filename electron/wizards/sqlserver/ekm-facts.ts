import type { Read } from './facts-model.ts'

/** A time of the server for people: it has no zone, so none is shown. */
export const serverTime = (time: string | null): string =>
  time === null || time === '' ? '(no time)' : time.replace('T', ' ').slice(0, 19)

/** What any job with keys of a vault stands on: extensible key management of one server. */
export interface EkmFacts {
  option: Read<EkmOption>
  providers: Read<readonly ProviderFact[]>
  credentials: Read<readonly CredentialFact[]>
  keys: Read<readonly ProviderKeyFact[]>
  /** Logins that were made from asymmetric keys, in the order of their names. */
  keyLogins: Read<readonly string[]>
  databases: Read<readonly DatabaseUnderKey[]>
  service: Read<ServiceFact>
}

export interface EkmOption {
  /** As set, which needs RECONFIGURE, and as it works now. */
  set: boolean
  inUse: boolean
  /** `show advanced options`: a plan leaves it as it was. */
  advancedShown: boolean
}

export interface ProviderFact {
  id: number
  name: string
  guid: string
  /** Path of its library on the server. */
  dllPath: string
  /** As the catalog has it since it was registered. */
  version: string
  enabled: boolean
  /** What the loaded library says of itself; null: not loaded, or not visible. */
  properties: { version: string; name: string } | null
}

/** Times are the server's own, without a zone: they are compared with each other and with no other clock. */
export interface CredentialFact {
  name: string
  identity: string
  /** Null: a credential for something else than a provider, as for storage. */
  provider: string | null
  created: string | null
  changed: string | null
  logins: readonly { login: string; type: string; disabled: boolean }[]
  /** False: altered since the service started, so that the connector may still use what it was before. */
  inUse: boolean | null
}

export interface ProviderKeyFact {
  name: string
  /** Hex, upper case: 40 digits from connector 1.0.5.0, fewer before. */
  thumbprint: string
  provider: string | null
  /** Where the connector found it, from the registry; null: no place is noted. */
  place: Read<string | null>
}

export interface DatabaseUnderKey {
  name: string
  state: string
  /** The catalog's flag. */
  encrypted: boolean
  /** Null: no encryption key that is shown; a database that is not open shows none. */
  key: {
    state: number
    thumbprint: string | null
    encryptorType: string
    /** When the key was last opened, UTC. */
    opened: string | null
  } | null
}

export interface ServiceFact {
  /** Server's own time. */
  started: string
  now: string
}
