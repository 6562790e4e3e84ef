/**
 * Identifiers are branded: a run id can't be passed where a target id is meant. Main makes them; the window only
 * hands them back.
 */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A connected system (SQL Server instance, vault, ...), as Keyturn's own record knows it. 12 lower-case base32 characters after `t-`. */
export type TargetId = Branded<'TargetId'>
/** One execution of an approved plan. 12 lower-case base32 characters; the first 8 appear in file names and marks. */
export type RunId = Branded<'RunId'>
/** What a person filled in, saved by main. */
export type DraftId = Branded<'DraftId'>
/** A secret in the keyring; means nothing without purpose and target. */
export type HandleId = Branded<'HandleId'>
/** A local folder that the person picked through a picker owned by main. Never a path. */
export type PlaceId = Branded<'PlaceId'>
/** SHA-256 over the canonical plan, 64 lower-case hex characters. */
export type PlanDigest = Branded<'PlanDigest'>
/** SHA-1 of a DER certificate, 40 upper-case hex characters without `0x`. */
export type Thumbprint = Branded<'Thumbprint'>
/** M of N holders and the key pair that they open together. 12 lower-case base32 characters after `sg-`. */
export type ShareGroupId = Branded<'ShareGroupId'>
/** One escrow package. 12 lower-case base32 characters after `ep-`; its folder carries it in its name. */
export type PackageId = Branded<'PackageId'>
/** A place on a server's disk, as that server spells it. Keyturn never opens it. */
export type ServerPath = Branded<'ServerPath'>

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** 12 characters of 5 random bits each; `random` gives that many bytes. */
export const idFromBytes = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 12), (byte) => alphabet[byte & 31]).join('')

export const asTargetId = (text: string): TargetId => text as TargetId
export const asRunId = (text: string): RunId => text as RunId
export const asDraftId = (text: string): DraftId => text as DraftId
export const asHandleId = (text: string): HandleId => text as HandleId
export const asPlaceId = (text: string): PlaceId => text as PlaceId
export const asPlanDigest = (text: string): PlanDigest => text as PlanDigest
export const asShareGroupId = (text: string): ShareGroupId => text as ShareGroupId
export const asPackageId = (text: string): PackageId => text as PackageId
export const asServerPath = (text: string): ServerPath => text as ServerPath

/** Accepts `0x`, spaces and colons, either case; anything else than 40 hex digits gives null. */
export const parseThumbprint = (text: string): Thumbprint | null => {
  const hex = text.replace(/^0x/i, '').replace(/[\s:]/g, '').toUpperCase()
  return /^[0-9A-F]{40}$/.test(hex) ? (hex as Thumbprint) : null
}

/** The 8 characters of a run id that marks carry (file names, descriptions, program names). */
export const runMark = (run: RunId): string => run.slice(0, 8)
