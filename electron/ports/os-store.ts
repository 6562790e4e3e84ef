/**
 * A store of the operating system that seals for this account on this computer (DPAPI, Keychain, Secret Service). Used
 * only around what the passphrase already encrypts: what it is given is no secret by itself.
 */
export interface OsStore {
  /** Reads whether it can be used now. Changes nothing. */
  availability(): Promise<OsStoreAvailability>
  /** `keyring-os-store-unusable` where it does not seal. */
  seal(text: string): Promise<Buffer>
  /** `keyring-os-store-refused` for what was sealed elsewhere, or when the store lost its key. `stale`: seal anew. */
  unseal(sealed: Uint8Array): Promise<{ text: string; stale: boolean }>
}

export type OsStoreAvailability = { usable: true; name: string } | { usable: false; because: string }
