import { z } from 'zod'

/** What the steps of a rotation of a vault key need to know, beside those that other jobs plan as well. */

const vaultKey = z.object({ host: z.string(), key: z.string() })

export const rotationVaultParams = {
  /** `present`: the newest version when the plan was made. Type and size are those of it. */
  'create-vault-key-version': vaultKey.extend({
    type: z.enum(['RSA', 'RSA-HSM']),
    bits: z.number(),
    expires: z.string().nullable(),
    present: z.string(),
  }),
} as const

/** Hex: 40 digits, fewer of connectors before 1.0.5.0. */
const keyThumbprint = z.string().regex(/^([0-9A-F]{2}){1,32}$/)

export const rotationParams = {
  /** Puts the keys of several databases under one asymmetric key; the nth script is that of the nth database. */
  'change-protectors': z.object({
    asymmetricKey: z.string(),
    provider: z.string(),
    /** Null: of the key that this run makes. */
    thumbprint: keyThumbprint.nullable(),
    scans: z.boolean(),
    databases: z
      .array(
        z.object({
          database: z.string(),
          from: z.object({ asymmetricKey: z.string(), provider: z.string(), thumbprint: keyThumbprint }),
        }),
      )
      .min(1),
    /** Ids of other replicas that are asked for the key right before. */
    replicas: z.array(z.string()),
  }),
  /** Compares where the connector found a key with where the plan has it. Only reads. */
  'compare-key-place': vaultKey.extend({
    asymmetricKey: z.string(),
    /** Null: the version that this run made. */
    version: z.string().nullable(),
  }),
  /** Reads that an old key is there as it was, and lists what still needs it. `databases`: whose keys were under it. */
  'keep-vault-key': z.object({
    asymmetricKey: z.string(),
    thumbprint: z.string(),
    /** Where the connector found it, as the plan read it; null: not read. */
    place: z.string().nullable(),
    databases: z.array(z.string()),
    /** The server shows what its log is under (2019 and later). */
    showsLog: z.boolean(),
  }),
} as const
