import type { PackageGroup } from '../../escrow/package/write.ts'
import type { CertificateFacts } from '../../formats/x509.ts'
import type { ExportPlaceKind } from '../../../shared/forms/escrow-export-draft.ts'
import type { ShareGroup } from '../../../shared/model/escrow.ts'
import type { SecretPurpose } from '../../../shared/model/secrets.ts'
import type { NewPlace } from '../escrow/new-place.ts'
import type { RecipientFolder } from '../escrow/recipients.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** What the server shows of a chosen certificate’s public half. */
export interface PublicHalf {
  name: string
  facts: CertificateFacts
}

/** A password of the keyring that can become a passphrase record. */
export interface KeptPassword {
  handle: string
  purpose: SecretPurpose
  label: string
  keptAt: string
  generation: number
}

/** A key file as far as it shows itself without its password. */
export interface KeyFile {
  name: string
  sha256: string
  /** Null: it is no certificate in DER. */
  certificate: CertificateFacts | null
  /** Why it can’t be used as it was chosen; null: nothing speaks against it. */
  problem: string | null
}

export interface KeyFolder {
  label: string
  names: readonly string[]
  chosen: readonly KeyFile[]
}

export interface PlaceFact extends NewPlace {
  field: 'place' | 'secondPlace' | 'thirdPlace'
  kind: ExportPlaceKind
}

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** Of the chosen certificates, in their order; one that is not there is left out. */
  publicHalves: Read<readonly PublicHalf[]>
  kept: readonly KeptPassword[]
  /** Null: no folder with key files was picked. */
  files: Read<KeyFolder> | null
  groups: readonly ShareGroup[]
  /** The chosen one, with what packages carry of it; null: none is chosen, or its key was not made. */
  group: PackageGroup | null
  /** Null: no folder was picked. */
  recipients: Read<RecipientFolder> | null
  places: readonly PlaceFact[]
  secrets: SecretFacts
}
