import { z } from 'zod'

/** What the steps on a token's keys need to know. No secret, and no path of this computer. */

const hex = z.string().regex(/^[0-9a-f]+$/)
export const hsmKeyTypes = ['rsa-2048', 'rsa-3072', 'ec-p256', 'ec-p384', 'aes-256'] as const

const key = z.object({
  label: z.string(),
  /** CKA_ID: the run that makes the key, as its text in hex. */
  keyId: hex,
  type: z.enum(hsmKeyTypes),
})

/** A key that is there already, as it was read: by its id, and compared by its public key or check value. */
const found = z.object({
  keyId: hex,
  label: z.string(),
  spkiSha256: hex.nullable(),
  checkValue: z.string().nullable(),
})
const half = z.enum(['private', 'public', 'secret'])

const mechanism = z.enum(['CKM_AES_KEY_WRAP_KWP', 'CKM_AES_KEY_WRAP_PAD'])

export const hsmParams = {
  'make-hsm-key': key.extend({
    /** It has destinations, and can be wrapped until it is locked. */
    extractable: z.boolean(),
  }),
  'wrap-hsm-key': key.extend({
    /** Connection of the vault, its host, and the key of it that wraps imports. */
    vault: z.string(),
    host: z.string(),
    kek: z.object({
      name: z.string(),
      version: z.string(),
      kid: z.string(),
      bits: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]),
      /** SubjectPublicKeyInfo in base64, and its SHA-256. */
      spki: z.string(),
      sha256: hex,
    }),
    mechanism,
    /** The token wraps against RFC 5649: what it gives is for tests. */
    testOnly: z.boolean(),
    place: z.string(),
    file: z.string(),
    generator: z.string(),
  }),
  /** One package for one share group, and certificates beside it. */
  'escrow-hsm-key': key.extend({
    package: z.string().regex(/^ep-[a-z0-9]{12}$/),
    group: z.object({ id: z.string(), spkiSha256: hex }),
    recipients: z.array(
      z.object({
        kind: z.enum(['custodian', 'recovery-hsm']),
        name: z.string(),
        /** Base64 of the DER. */
        certificate: z.string(),
        sha256: hex,
      }),
    ),
    mechanism,
    testOnly: z.boolean(),
    oaep: z.enum(['sha1', 'sha256']),
    purpose: z.string(),
    token: z.object({ serial: z.string(), model: z.string(), firmware: z.string() }),
    place: z.object({ id: z.string(), kind: z.enum(['folder', 'network-share', 'usb']) }),
  }),
  'lock-hsm-key': key,
  'keep-hsm-key': z.object({
    /** The key that is replaced: label, CKA_ID, SHA-256 of its public key. */
    label: z.string(),
    keyId: hex,
    spkiSha256: z.string().regex(/^[0-9a-f]{64}$/),
    by: z.string(),
  }),
  /** `label`: what the private half or the secret key was called; `halves`: what each was called. */
  'label-hsm-key': found.extend({
    newLabel: z.string(),
    halves: z.array(z.object({ class: half, label: z.string() })).min(1),
  }),
  'destroy-hsm-half': found.extend({
    half,
    /** The halves that are to be there when the step begins, this one among them. */
    there: z.array(half).min(1),
    /** The first step asks once more where copies are. Planned without a known one: the person typed its label. */
    first: z.boolean(),
    lastKnown: z.boolean(),
    serial: z.string(),
  }),
  'prove-hsm-key-gone': found,
} as const
