import type { PackageDrill } from '../../../shared/model/escrow.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import type { HsmCapabilities } from '../../ports/hsm.ts'
import type { PackageManifest } from '../../escrow/package/manifest.ts'
import type { SignerStanding } from '../../escrow/package/signer.ts'
import type { TokenFacts } from '../hsm/facts-model.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** A package that was read as a whole and verified. */
export interface PackageFact {
  /** Of the picked folder, as the person knows it. */
  label: string
  /** Name of the package’s folder in the picked one; null: it is the picked one. */
  folder: string | null
  manifest: PackageManifest
  manifestSha256: string
  signer: { fingerprint: string; standing: SignerStanding }
  files: number
  bytes: number
  /** What this profile’s list knows of it: nothing, this very package, or another one of its id. */
  listed: 'not' | 'same' | 'other'
  lastDrill: PackageDrill | null
}

export interface KeyFileFact {
  label: string
  names: readonly string[]
  /** Of the chosen file; null: none is chosen, or it is not there. */
  sha256: string | null
}

/** The server that takes the certificates. */
export interface TargetFacts extends ServerFacts {
  /** Names of databases that are not the engine's own. */
  userDatabases: Read<readonly string[]>
  account: Read<string | null>
}

/** The token that takes keys of tokens. No PIN was used for any of it. */
export interface TokenFact extends TokenFacts {
  abilities: HsmCapabilities['abilities']
  /** Of this module and firmware; null: never probed. */
  probe: KeptProbe | null
  /** Public halves that it shows to everybody. */
  shown: readonly { id: string; label: string }[]
}

export interface Facts {
  readAt: string
  /** Null: no folder is picked. */
  package: Read<PackageFact> | null
  /** Folders of packages in the picked folder, where it is none itself. */
  packages: readonly string[]
  /** Handles of shares that were given for this package. */
  given: readonly string[]
  /** Null: no folder is picked. */
  keyFile: Read<KeyFileFact> | null
  /** Null: no connected server is chosen. */
  target: TargetFacts | null
  /** Null: no connected token is chosen. */
  token: Read<TokenFact> | null
  secrets: SecretFacts
}
