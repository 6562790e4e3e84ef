import { z } from 'zod'
import { drillAround } from './drill-params.ts'

/** What the steps of an escrow drill need to know: which package exactly, what opens it, which item. No secret, no path of this computer. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const purpose = z.enum(['drill', 'recovery'])
const itemNumber = z.number().int().min(1).max(99)

const packageOf = z.object({
  /** A picked folder, and the package's folder in it; null: it is the picked one. */
  place: z.string(),
  folder: z.string().nullable(),
  package: z.string().regex(/^ep-[a-z0-9]{12}$/),
  manifestSha256: sha256,
  signer: sha256,
  standing: z.enum(['given', 'known']),
})

const opening = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('shares'), holes: z.array(z.string()).min(2).max(16) }),
  z.object({
    kind: z.literal('recipient'),
    place: z.string(),
    file: z.string(),
    sha256,
    passphrase: z.string().nullable(),
  }),
])

const opened = packageOf.extend({ opening })

const item = z.object({
  number: itemNumber,
  kind: z.string(),
  name: z.string(),
})

export const escrowDrillParams = {
  /** What the run is for stands here, as this is the one step that every run has. */
  'verify-escrow-package': packageOf.extend({ purpose }),
  'open-escrow-package': opened,
  'open-escrow-item': opened.extend({ item }),
  'note-escrow-drill': packageOf.extend({
    purpose,
    items: z.array(item).min(1),
  }),
} as const

const hex = z.string().regex(/^([0-9a-f]{2}){1,32}$/)
const mechanism = z.enum(['CKM_AES_KEY_WRAP_KWP', 'CKM_AES_KEY_WRAP_PAD'])

/** What the manifest says of a key of a token. */
const escrowedKey = z.object({
  /** CKA_ID. */
  id: hex,
  label: z.string(),
  algorithm: z.enum(['RSA', 'AES']),
  spkiSha256: sha256.nullable(),
  kcv: z.string().nullable(),
  /** Whether it decrypted, and unwrapped, where it came from. */
  decrypts: z.boolean(),
  unwraps: z.boolean(),
})

const onToken = packageOf.extend({
  purpose,
  item,
  key: escrowedKey,
  mechanism,
  /** Hash of RSA-OAEP that works on the token; null: none does. */
  oaep: z.enum(['sha1', 'sha256']).nullable(),
})

const unwrapped = onToken.extend({
  opening,
  /** The token wraps against RFC 5649. */
  testOnly: z.boolean(),
  token: z.object({ manufacturer: z.string(), model: z.string(), firmware: z.string() }),
})

/** The same, of steps on a token that takes a key. */
export const escrowTokenParams = {
  'try-escrow-hsm-key': unwrapped,
  'recover-escrow-hsm-key': unwrapped,
  'prove-escrow-hsm-key': onToken.extend({ openedWith: z.enum(['shares', 'recipient']) }),
} as const

/** The same, of steps on the server that takes a certificate. */
export const escrowServerParams = {
  'restore-escrow-certificate': opened.extend({
    item,
    certificate: z.string(),
    /** It stays: a recovery. */
    keep: z.boolean(),
  }),
  'prove-escrow-certificate': packageOf.extend({
    item,
    certificate: z.string(),
    purpose: purpose.default('drill'),
  }),
  'read-escrow-backup': packageOf.extend({
    purpose: purpose.default('drill'),
    ...drillAround.shape,
    files: z.array(z.string()).min(1),
    items: z.array(item.extend({ certificate: z.string() })).min(1),
  }),
} as const
