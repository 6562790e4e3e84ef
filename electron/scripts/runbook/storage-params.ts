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

export const storageParams = {
  'create-storage-credential': credential,
  'drop-storage-credential': credential,
} as const
