import { z } from 'zod'
import { secretPurposes } from '../../shared/model/secrets.ts'
import { limits } from './limits.ts'

/** The two forms of the file, strict to the last field: docs/formats/keyring.md. */

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
const idText = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)
const count = z.int().min(1)

/** IV and tag in hex, ciphertext in base64: as command line tools take them. */
const box = { iv: hex(12), data: z.base64(), tag: hex(16) }
const binding = { purpose: z.enum(secretPurposes), target: idText.nullable() }

const setSchema = z.strictObject({
  id: idText,
  generation: count,
  ...binding,
  label: z.string().max(limits.labelCharacters * 2),
  keptAt: z.iso.datetime(),
  ...box,
})

const runSchema = z.strictObject({
  run: idText,
  sealedAt: z.iso.datetime(),
  secrets: z.array(z.strictObject({ name: idText, ...binding, ...box })).max(limits.secrets),
})

const kdf = z.strictObject({
  name: z.literal('scrypt'),
  N: z.number(),
  r: z.number(),
  p: z.number(),
  salt: hex(32),
  measuredMs: z.number().min(0),
})

/** SHA-256 of the second half of the derived bytes: tells a wrong passphrase from a damaged wrap. */
const check = hex(32)

const lists = {
  sets: z.array(setSchema).max(limits.secrets),
  runs: z.array(runSchema).max(limits.secrets),
}
const ends = {
  /** HMAC over all of the above: an entry can't be removed, swapped or relabeled by who lacks the passphrase. */
  mac: hex(32),
  /** SHA-256 over all of the above: finds accidents before the passphrase is tried. */
  checksum: hex(32),
}

export const fileVersion1 = z.strictObject({
  format: z.literal('keyturn-keyring'),
  version: z.literal(1),
  header: z.strictObject({ keyring: idText, createdAt: z.iso.datetime(), kdf, check }),
  wrapped: z.strictObject(box),
  revision: count,
  ...lists,
  ...ends,
})

/** The master key under the first half of the derived bytes. */
export const keyBoxSchema = z.strictObject({ check, wrapped: z.strictObject(box) })

/** The same, sealed once more by the operating system's store: useless off this account and computer. */
const sealedKey = z.strictObject({ store: z.string().min(1).max(64), sealed: z.base64().max(16_384) })

export const fileVersion2 = z.strictObject({
  format: z.literal('keyturn-keyring'),
  version: z.literal(2),
  header: z.strictObject({
    keyring: idText,
    createdAt: z.iso.datetime(),
    kdf,
    /** When the present passphrase was set. Missing in keyrings of version 1 until it is changed. */
    passphraseSetAt: z.iso.datetime().optional(),
  }),
  key: z.union([keyBoxSchema, sealedKey]),
  /** Only in a backup: when it was made. */
  savedAt: z.iso.datetime().optional(),
  /** One more at each write. */
  revision: count,
  /** One more at each change that a backup has to follow: secrets, passphrase, parameters. */
  changes: count,
  ...lists,
  ...ends,
})

export interface Box {
  iv: string
  data: string
  tag: string
}
export type StoredSet = z.infer<typeof setSchema>
export type StoredRun = z.infer<typeof runSchema>
export type KeyringHeader = z.infer<typeof fileVersion2>['header']
export type KeyBox = z.infer<typeof keyBoxSchema>
export type StoredKey = z.infer<typeof fileVersion2>['key']
