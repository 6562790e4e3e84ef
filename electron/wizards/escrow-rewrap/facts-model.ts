import type { ExportPlaceKind } from '../../../shared/forms/escrow-export-draft.ts'
import type { EscrowPackage, ShareGroup } from '../../../shared/model/escrow.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { NewRecipient, PackageGroup } from '../../escrow/package/write.ts'
import type { NewPlace } from '../escrow/new-place.ts'
import type { RecipientFolder } from '../escrow/recipients.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'

/** Where a package lies now. */
export interface FoundAt extends NewPlace {
  kind: ExportPlaceKind
  label: string
  /** In the list of packages, as opposed to the other folder that was looked into. */
  listed: boolean
}

/** A place of the list in which the package was not found as it is listed. */
export interface NotThere {
  label: string
  because: string
}

/** A package of the old group that no other one replaced. */
export interface OldPackage {
  listed: EscrowPackage
  found: readonly FoundAt[]
  missing: readonly NotThere[]
  /** Of a chosen one that was read as a whole and verified; null: not chosen, or in none of its places. */
  whole: {
    signer: string
    standing: 'known' | 'package-only'
    recipients: readonly (NewRecipient & { validFrom: string; validTo: string })[]
  } | null
}

export interface Facts {
  readAt: string
  groups: readonly ShareGroup[]
  /** Null: none is chosen, or its key was not made. */
  old: ShareGroup | null
  /** The old group, as what a run works on. */
  target: TargetRef | null
  packages: readonly OldPackage[]
  /** How many more the list has than are shown. */
  more: number
  /** By group: how many packages no other one replaced. */
  waiting: ReadonlyMap<string, number>
  /** Null: none is chosen, or its key was not made. */
  group: PackageGroup | null
  /** Null: no folder was picked, or each package keeps its own. */
  recipients: Read<RecipientFolder> | null
  /** Null: new packages go where the old ones lie, or no folder was picked. */
  place: (NewPlace & { kind: ExportPlaceKind }) | null
  /** Handles of shares that were given for the old group. */
  given: readonly string[]
  secrets: SecretFacts
}
