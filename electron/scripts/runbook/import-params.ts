import { z } from 'zod'

/** What the steps that bring a key into a vault need to know. No secret, and no path of this computer. */

const hex = z.string().regex(/^[0-9a-f]+$/)
const key = z.object({ host: z.string(), key: z.string() })
const kekBits = z.union([z.literal(2048), z.literal(3072), z.literal(4096)])
/** A file of the person, as it was when the plan was made. */
const file = z.object({ place: z.string(), file: z.string(), sha256: hex })
/** The public key that the vault's has to be: SubjectPublicKeyInfo in base64, its SHA-256, and who showed it. */
const origin = z.object({ spki: z.string(), spkiSha256: hex, bits: z.number(), words: z.string() })

export const importParams = {
  'create-exchange-key': key.extend({ bits: kekBits }),
  'import-transfer-file': key.extend({
    ...file.shape,
    /** The key of the vault that the file was wrapped for. */
    kek: z.object({ name: z.string(), version: z.string(), bits: kekBits, sha256: hex }),
    origin,
  }),
  'restore-vault-key': key.extend({
    ...file.shape,
    /** Host of the vault that the backup was taken from, with its versions; null: not compared. */
    from: z.object({ host: z.string(), versions: z.array(z.string()) }).nullable(),
  }),
  'compare-key-chain': z.object({
    key: z.string(),
    origin,
    /** Version null: the one that this run makes. */
    vaults: z.array(z.object({ host: z.string(), version: z.string().nullable() })),
  }),
  /** On the server. `azure`: the connection whose sign-in reaches the vault. */
  'compare-server-key': key.extend({
    azure: z.string(),
    version: z.string(),
    asymmetricKey: z.string(),
    origin,
  }),
} as const
