import { z } from 'zod'
import { ceremonyLimits } from '../model/ceremony.ts'
import {
  escrowLimits,
  escrowPatterns,
  shareMedia,
  type PackageDrill,
  type PackagePlace,
  type ShareGroup,
} from '../model/escrow.ts'
import {
  asHandleId,
  asPackageId,
  asPlaceId,
  asShareGroupId,
  type PackageId,
  type ShareGroupId,
} from '../model/ids.ts'

export const groupId = z.string().regex(escrowPatterns.group).transform(asShareGroupId)
export const packageId = z.string().regex(escrowPatterns.package).transform(asPackageId)
const place = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/)
  .transform(asPlaceId)

/** Whether a name is fit is said by `planProblems`, so that the answer names the field. */
const personName = z.string().max(2 * escrowLimits.longestName)
export const ceremonyPlan = z.strictObject({
  name: personName,
  threshold: z.number().min(0).max(100),
  holders: z.array(z.strictObject({ name: personName, medium: z.enum(shareMedia) })).max(32),
  witnesses: z.array(personName).max(2 * ceremonyLimits.mostWitnesses),
  replaces: groupId.nullable(),
})

/** Whose step it is: a page that shows an older state is told so. */
export const ceremonyStep = z.strictObject({
  group: groupId,
  holder: z.number().int().min(1).max(escrowLimits.mostMembers),
})

/** 33 words of at most 8 letters, with generous spaces. */
export const shareWords = z.instanceof(Uint8Array).refine((bytes) => bytes.length <= 2048)

/** Name of a share's file as `escrow.findShares` gave it: no path. */
export const shareName = z.string().regex(/^[A-Za-z0-9-]{1,80}\.txt$/)

/** What a share is compared with: a group that this profile knows, or the manifest of a package in a picked folder. */
export const checkAgainst = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('group'), group: groupId }),
  z.strictObject({ kind: z.literal('package'), place }),
])
export const checkedShare = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), place, name: shareName }),
  z.strictObject({ kind: z.literal('typed'), words: shareWords }),
])

/** A share that a holder gives, and those of the same run that were given before. */
export const takenShare = z.strictObject({
  share: checkedShare,
  others: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9-]{1,40}$/)
        .transform(asHandleId),
    )
    .max(escrowLimits.mostMembers),
})

export interface GroupRow extends ShareGroup {
  /** The packages of this group that are not replaced. */
  packages: number
}

export interface PackageRow {
  id: PackageId
  madeAt: string
  run: string
  group: { id: ShareGroupId; name: string; state: ShareGroup['state'] }
  items: string[]
  recipients: string[]
  places: PackagePlace[]
  /** `escrowed`: at one place at least. */
  state: 'written' | 'escrowed' | 'replaced'
  /** The newest reading back of any place. */
  readBackAt: string | null
  manifestSha256: string
  replacedBy: PackageId | null
  /** The package that this one was wrapped anew from. */
  replaces: PackageId | null
  /** The last drill or recovery that was held to its end; null: none. */
  lastDrill: Pick<PackageDrill, 'at' | 'purpose' | 'openedBy'> | null
  /** Its group was replaced, and it was not wrapped for the new one. */
  toWrapAnew: boolean
}

export interface ShareCheck {
  belongs: boolean
  /** Null: none of the group's. */
  number: number | null
  checkCode: string
  /** `state`: as this profile's list has it; null where a package alone was asked. */
  group: { id: string; name: string; threshold: number; members: number; state: ShareGroup['state'] | null }
  /** Where the group's list of hashes was read. */
  source: string
  /** Who signed the manifest that the list was read in; null: it is this profile's own list. */
  signer: PackageLook['signer'] | null
  at: string
}

export interface PackageLook {
  id: PackageId
  madeAt: string
  run: string
  program: string
  group: { id: string; name: string; threshold: number; holders: string[] }
  items: { number: number; kind: string; name: string; from: string }[]
  recipients: { number: number; kind: string; name: string }[]
  files: number
  bytes: number
  manifestSha256: string
  signer: { fingerprint: string; standing: 'known' | 'package-only' }
  /** What this profile's list says of a package with this id. */
  listed: 'same' | 'other' | 'not-listed'
  where: string
  at: string
}
