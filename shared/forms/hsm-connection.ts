import { z } from 'zod'
import type { HsmIdentity } from '../model/hsm.ts'
import { asTargetId } from '../model/ids.ts'
import type { HsmConnection } from '../model/target.ts'
import { environment, handle, nameAnswer } from './connection-parts.ts'

const chooseToken = 'Choose a token of the module'

/**
 * What a person fills in for a token. The module is named by the id that main gave for a file; null: the one that the
 * connection has already.
 */
export const hsmConnectionAnswers = z.object({
  name: nameAnswer('a name for this connection', 128),
  environment,
  module: z
    .string({ error: 'Choose the module' })
    .regex(/^[a-z0-9-]{1,40}$/, 'Choose the module')
    .nullable(),
  serial: z.string({ error: chooseToken }).min(1, chooseToken).max(64, chooseToken),
  label: z.string({ error: chooseToken }).max(128, chooseToken),
  pin: handle,
})
export type HsmConnectionAnswers = z.output<typeof hsmConnectionAnswers>

/** The same with the module's file instead of its id. */
export type HsmConnectionFields = Omit<HsmConnectionAnswers, 'module'> & Pick<HsmConnection, 'module'>

const moduleVariable = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{1,63}$/)

/** The stored form. */
export const hsmConnection = hsmConnectionAnswers.extend({
  id: z.string().transform(asTargetId),
  kind: z.literal('hsm'),
  module: z.object({
    path: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    owner: z.string().nullable(),
    configuration: z.record(moduleVariable, z.string()),
  }),
  identity: z
    .object({ serial: z.string(), manufacturer: z.string(), model: z.string() })
    .nullable() satisfies z.ZodType<HsmIdentity | null>,
}) satisfies z.ZodType<HsmConnection>
