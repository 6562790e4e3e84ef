import { z } from 'zod'
import { mostStripes } from '../../../shared/model/storage.ts'

/** What the steps on blob storage need to know. Addresses hold no token: plans keep them, and the record too. */

const address = z.string().regex(/^https:\/\/[^?#\\]+$/)

/** The blobs of one backup, in the order of its stripes. */
export const blobs = z.object({
  urls: z.array(address).min(1).max(mostStripes),
  /** Of an account, named by every statement on a page blob; null: found by the container's address. */
  credential: z.string().nullable(),
})
export type Blobs = z.output<typeof blobs>

const credential = z.object({
  credential: z.string(),
  access: z.enum(['sas', 'managed-identity', 'access-key']),
  /** As the catalog shows it. */
  identity: z.string(),
})

/** A token that an earlier step of the run put into the keyring; null: the secret is sealed with the run, or there is none. */
const kept = z.object({ target: z.string(), label: z.string() }).nullable().default(null)
const container = z.object({
  group: z.string(),
  account: z.string(),
  host: z.string(),
  container: z.string(),
})

export const storageParams = {
  'create-storage-credential': credential.extend({ kept }),
  'change-storage-credential': credential.extend({ kept }),
  'drop-storage-credential': credential,
  /** `url`: of a blob that is not there. `strict`: that storage refuses is a failure of the step. */
  'prove-storage-credential': credential.extend({ url: address, strict: z.boolean() }),
} as const

/** Of steps that Azure carries out. */
export const storageAzureParams = {
  'create-storage-account': z.object({
    group: z.string(),
    account: z.string(),
    region: z.string(),
    keysAllowed: z.boolean(),
  }),
  'create-storage-container': container,
  'make-storage-token': container.extend({
    by: z.enum(['sign-in', 'key']),
    /** ISO 8601. */
    ends: z.string(),
    /** What the keyring calls it; holds the run's mark. */
    label: z.string(),
  }),
} as const
