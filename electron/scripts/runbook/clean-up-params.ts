import { z } from 'zod'
import { HostPath } from '../../../shared/model/host-calls.ts'

/** What the steps of a clean-up need to know: what was there when the plan was made, so that an undo can make it again. */

/** Databases that go earlier in the run: what they need does not count. */
const dropped = z.array(z.string())
/** Hex; null: not known (then nothing is dropped by this step). */
const thumbprint = z.string().regex(/^([0-9A-F]{2})+$/)
const setup = z.object({ login: z.string(), credential: z.string() })
const credential = z.object({ credential: z.string(), provider: z.string() })

export const cleanUpParams = {
  'drop-key-login': z.object({ login: z.string(), key: z.string(), thumbprint, dropped }),
  'drop-asymmetric-key': z.object({
    key: z.string(),
    provider: z.string(),
    thumbprint,
    /** Where the connector found it; null: not read, and then there is no undo. */
    vaultKey: z.object({ name: z.string(), version: z.string().nullable() }).nullable(),
    setup: setup.nullable(),
    dropped,
  }),
  'drop-ekm-credential': credential.extend({ identity: z.string() }),
  'drop-provider': z.object({ provider: z.string(), dllPath: z.string(), enabled: z.boolean() }),
  'disable-ekm': z.object({ advancedShown: z.boolean() }),
  /** Only reads. `place`: the key in the vault, from the registry, or null. */
  'name-vault-keys': z.object({
    keys: z.array(z.object({ key: z.string(), thumbprint, place: z.string().nullable() })),
  }),
  'registry-by-hand': z.object({ computer: z.string(), file: HostPath }),
} as const
