import type { ManagedHsmState, OwnPermissions, VaultSettings } from '../../ports/azure-control.ts'
import type { VaultKey, VaultKeyFacts } from '../../ports/key-vault.ts'
import type { AzureFacts, KeyFacts } from '../azure/facts-model.ts'
import type { KekFact } from '../azure/exchange-key.ts'
import type { ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { SqlServerIdentity } from '../../../shared/model/target.ts'

/** A transfer file as far as it shows itself: only the vault opens it. */
export interface TransferFile {
  name: string
  /** Lower-case hex. */
  sha256: string
  kid: string
  host: string
  kekName: string
  kekVersion: string
  /** Both parts together. */
  ciphertextBytes: number
  /** Tool and token, as the file says. */
  generator: string
}

/** A file of the folder, or why it is none that can be used. */
export type ReadFile<Value> = { ok: true; value: Value } | { ok: false; problem: Problem }

/** One vault of the run with what concerns the import there. */
export interface VaultSide {
  /** The answer that chose it. */
  field: 'vault' | 'secondVault'
  host: string
  name: string
  region: string
  settings: VaultSettings | null
  hsm: ManagedHsmState | null
  /** The operator's own, where roles give them; null: policies, or a managed HSM. */
  rights: Read<OwnPermissions> | null
  /** What has the name that the run's key is to have; null: no name was entered. */
  key: Read<KeyFacts> | null
  file: ReadFile<TransferFile> | null
  /** The key that the file was wrapped for, where it is one of this vault; its value is null where it is not there. */
  kek: Read<KekFact | null> | null
}

/** The public key that the vault's has to be. */
export interface OriginKey {
  /** SubjectPublicKeyInfo in base64. */
  spki: string
  spkiSha256: string
  bits: number
  /** `key SQLPROD-TDE of token Luna-1`: who showed it. */
  words: string
}

export interface TokenKey {
  id: string
  label: string
  bits: number | null
  spki: string | null
}

export interface TokenFacts {
  ref: TargetRef
  /** What its probe said; null: it was never probed. */
  wrap: 'exact' | 'zero-padded' | 'none' | null
  keys: readonly TokenKey[]
}

export interface ServerSide {
  ref: TargetRef
  identity: SqlServerIdentity
  keys: readonly Pick<ProviderKeyFact, 'name' | 'thumbprint' | 'provider'>[]
}

export interface Facts extends AzureFacts {
  /** Of those that the answers name and the subscription has, in their order. */
  sides: readonly VaultSide[]
  /** Names of the picked folder; null: none was picked. */
  names: Read<readonly string[]> | null
  placeLabel: string | null
  backup: ReadFile<{ name: string; sha256: string; bytes: number }> | null
  /** Versions of the key in the vault that the backup was taken from; null: not asked. */
  source: Read<{
    host: string
    region: string
    key: VaultKey | null
    versions: readonly VaultKeyFacts[]
  }> | null
  token: Read<TokenFacts> | null
  publicNames: Read<readonly string[]> | null
  publicFile: ReadFile<OriginKey> | null
  /** Null: not chosen, or not to be had; `token` and `publicFile` say why. */
  origin: OriginKey | null
  server: Read<ServerSide> | null
}
