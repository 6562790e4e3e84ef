import { z } from 'zod'

/** What the steps on extensible key management need to know. Names are those of SQL Server. */

/**
 * Where the secret of the application comes from. `kept`: what the keyring keeps for an Azure target under a label, as a
 * step that had it made put it there; null: it is a sealed one of the run.
 */
const secret = z.object({ kept: z.object({ target: z.string(), label: z.string() }).nullable() })
export type SecretSource = z.output<typeof secret>

const credential = z.object({ credential: z.string(), provider: z.string() })
const mapping = credential.extend({ login: z.string() })

export const ekmParams = {
  /** `advancedShown`: whether `show advanced options` was on, and so stays on. */
  'enable-ekm': z.object({ advancedShown: z.boolean() }),
  'create-provider': z.object({ provider: z.string(), dllPath: z.string() }),
  'create-ekm-credential': credential.extend({
    /** As the statement has it. */
    identity: z.string(),
    /** Null: a managed identity, which has none. */
    secret: secret.nullable(),
  }),
  'change-ekm-credential': credential.extend({
    /** As the server showed it; the statement says it again. */
    identity: z.string(),
    clientId: z.string(),
    secret,
  }),
  'map-credential': mapping,
  'unmap-credential': mapping,
  'create-asymmetric-key': z.object({
    key: z.string(),
    provider: z.string(),
    /** `name` or `name/version` in the vault. */
    vaultKey: z.string(),
  }),
  'create-key-login': z.object({ login: z.string(), key: z.string() }),
  /**
   * Reads only. `strict`: a credential that nothing here proves ends the step (`ekm-not-proven`); else the step says what
   * was found.
   */
  'prove-credential': credential.extend({ strict: z.boolean() }),
  /** Until the server is the primary of none of these databases; a person fails over. */
  'await-failover': z.object({ databases: z.array(z.string()) }),
  /** `version`: of the library that is there then; `databases`: those that have to be ONLINE with it. */
  'register-library': z.object({
    provider: z.string(),
    dllPath: z.string(),
    version: z.string(),
    databases: z.array(z.string()),
  }),
  'bring-online': z.object({ database: z.string() }),
  /** Thumbprints as they were before the connector was changed. */
  'compare-thumbprints': z.object({
    version: z.string(),
    keys: z.array(z.object({ name: z.string(), thumbprint: z.string() })),
    databases: z.array(z.object({ name: z.string(), thumbprint: z.string() })),
  }),
  /** `finished`: of the newest full backup on record when the plan was made, in the server's own time. */
  'confirm-full-backup': z.object({ database: z.string(), finished: z.string(), device: z.string() }),
  'restart-service': z.object({
    /** As the machine calls it. */
    service: z.string(),
    /** The cluster's resource, which is restarted in place of the service; null: in no failover cluster. */
    resource: z.string().nullable().default(null),
    /** The service has to have started after each of these was last changed; none: after the step was begun. */
    credentials: z.array(z.string()),
  }),
} as const
