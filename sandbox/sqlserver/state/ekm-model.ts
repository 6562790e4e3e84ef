/** Durable state of extensible key management. Bytes are base64, thumbprints upper-case hex, times ISO. */

export interface CryptographicProviderRecord {
  id: string
  providerId: number
  name: string
  /** Comes from the library; keys are tied to it and not to the name. */
  guid: string
  /** Of the library when it was registered. */
  version: string
  libraryPath: string
  enabled: boolean
}

export interface CredentialRecord {
  id: string
  credentialId: number
  name: string
  identity: string
  /** Under the service master key; null: no secret was given. Never shown by any view. */
  secret: string | null
  createDate: string
  modifyDate: string
  /** FOR CRYPTOGRAPHIC PROVIDER; null: for storage or another service. */
  providerId: number | null
}

/** ALTER LOGIN ... ADD CREDENTIAL. */
export interface LoginCredentialRecord {
  id: string
  principalId: number
  credentialId: number
}

/** A key of a provider, as master knows it: the key itself never leaves the vault. */
export interface AsymmetricKeyRecord {
  id: string
  asymmetricKeyId: number
  name: string
  thumbprint: string
  providerGuid: string
}

/** One key of the simulated Windows registry; the id is its path in lower case. */
export interface RegistryKeyRecord {
  id: string
  path: string
  values: Readonly<Record<string, string>>
  /** Accounts with Full Control that somebody granted; children inherit. */
  fullControl: readonly string[]
}
