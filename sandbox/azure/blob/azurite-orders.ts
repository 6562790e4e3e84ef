import { z } from 'zod'

/** What the parent says: the first one starts the service, later ones change its accounts. */
export const AzuriteOrder = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('start'),
    folder: z.string(),
    /** Files of the certificate and its key. */
    cert: z.string(),
    key: z.string(),
    accounts: z.string(),
  }),
  z.strictObject({ do: z.literal('accounts'), accounts: z.string() }),
])
export type AzuriteOrder = z.infer<typeof AzuriteOrder>

/** What it answers to each order. */
export const AzuriteAnswer = z.discriminatedUnion('done', [
  z.strictObject({ done: z.literal('start'), port: z.number() }),
  z.strictObject({ done: z.literal('accounts') }),
  z.strictObject({ done: z.literal('failed'), why: z.string() }),
])
export type AzuriteAnswer = z.infer<typeof AzuriteAnswer>
