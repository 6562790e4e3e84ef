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

export const rotationParams = {
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
