import { z } from 'zod'

/** What the steps of jobs in Azure need to know beside their scripts. */

const network = z.object({
  publicAccess: z.boolean(),
  otherwise: z.enum(['allow', 'deny']),
  trustedServices: z.boolean(),
  addresses: z.array(z.string()),
  subnets: z.array(z.string()),
})
const rights = z.enum(['roles', 'access-policies'])
const vault = z.object({ group: z.string(), vault: z.string() })
/** Client id of an application that was there when the plan was made; null: the one that this run registers. */
const application = z.string().nullable()
const key = z.object({ host: z.string(), key: z.string() })
/** Version that was there when the plan was made; null: the one that this run makes. */
const keyVersion = key.extend({ version: z.string().nullable() })

/** A role assignment, or a policy in a vault that has policies. `host`: the vault that it is for. */
const role = z.object({
  how: z.literal('role'),
  scope: z.string(),
  roleId: z.string(),
  role: z.string(),
  /** Made from the run's id. */
  assignment: z.string(),
  host: z.string(),
})
const policy = z.object({
  how: z.literal('policy'),
  ...vault.shape,
  keys: z.array(z.string()),
  host: z.string(),
})

export const vaultParams = {
  'create-resource-group': z.object({ group: z.string(), region: z.string() }),
  'create-vault': vault.extend({
    region: z.string(),
    tier: z.enum(['standard', 'premium']),
    rights,
    retentionDays: z.number(),
    purgeProtection: z.boolean(),
    network,
  }),
  'change-vault': z.discriminatedUnion('what', [
    vault.extend({ what: z.literal('purge-protection') }),
    vault.extend({ what: z.literal('network'), network, was: network }),
    vault.extend({ what: z.literal('rights'), rights, was: rights }),
  ]),
  'lock-vault': z.object({ scope: z.string(), lock: z.string(), notes: z.string() }),
  'send-vault-log': z.object({
    scope: z.string(),
    setting: z.string(),
    workspaceId: z.string().nullable(),
    storageAccountId: z.string().nullable(),
  }),
  /** To the account that is signed in; `principal` is its object id. */
  'grant-operator': z.discriminatedUnion('how', [
    role.extend({ principal: z.string(), principalType: z.enum(['User', 'ServicePrincipal']) }),
    policy.extend({ principal: z.string() }),
  ]),
  'register-application': z.object({ name: z.string() }),
  'create-service-principal': z.object({ application }),
  'create-client-secret': z.object({
    application,
    /** Its display name; holds the run's mark. */
    secret: z.string(),
    /** ISO 8601, UTC. */
    expires: z.string(),
    /** What the keyring calls it; holds the run's mark. */
    label: z.string(),
  }),
  /** Reads only: which secrets the application has, and until when. */
  'list-client-secrets': z.object({ application: z.string() }),
  'remove-client-secret': z.object({
    /** Client id. */
    application: z.string(),
    keyId: z.string(),
    /** What it is called for people. */
    secret: z.string(),
    /** Each has to be proven in this run, and its server restarted since: id of the server, name of the credential. */
    proven: z.array(z.object({ server: z.string(), credential: z.string() })),
  }),
  'create-vault-key': key.extend({
    type: z.enum(['RSA', 'RSA-HSM']),
    bits: z.number(),
    expires: z.string().nullable(),
  }),
  /** A .pfx of the person, as it was when the plan was made. */
  'import-vault-key': key.extend({
    type: z.enum(['RSA', 'RSA-HSM']),
    expires: z.string().nullable(),
    place: z.string(),
    file: z.string(),
    /** Lower-case hex. */
    sha256: z.string(),
  }),
  'back-up-vault-key': keyVersion.extend({ place: z.string(), file: z.string() }),
  'grant-key-use': z.discriminatedUnion('how', [
    role.extend({ application }),
    policy.extend({ application }),
  ]),
  'prove-wrap': keyVersion.extend({
    application,
    /** Label under which an earlier step of the run keeps the secret; null: it is a sealed one of the run. */
    secret: z.string().nullable(),
    /** The role that helps where it is refused, and on what. */
    needs: z.object({ role: z.string(), on: z.string() }),
  }),
} as const
