import { z } from 'zod'
import { Fault } from './faults.ts'
import { Settings } from './settings.ts'

const name = z.string().min(1)
/** Seconds since 1970; null: none. */
const moment = z.number().int().nullable().optional()

/** What tests and rehearsals order over the control channel. Takes effect at once, whatever the delays are. */
export const AzureOrder = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('settings'), change: Settings.partial() }),
  /**
   * How far the estate is ahead of the machine, for everything that ages (secrets, keys, policies, retention); tokens
   * and Date headers stay. Not added to what was ordered before: without days and seconds it is back at the machine's.
   */
  z.strictObject({ do: z.literal('clock'), days: z.number().default(0), seconds: z.number().default(0) }),
  z.strictObject({ do: z.literal('fault'), fault: Fault }),
  z.strictObject({ do: z.literal('clearFaults') }),
  /** Principals by display name, user principal name, client id or object id; roles by name or id. */
  z.strictObject({ do: z.literal('grantRole'), principal: name, role: name, scope: name }),
  /** Without `role` or `scope`: every one that the principal has. A scope fits when it ends with this text. */
  z.strictObject({
    do: z.literal('revokeRole'),
    principal: name,
    role: name.optional(),
    scope: name.optional(),
  }),
  /** Absent version: the current one. */
  z.strictObject({
    do: z.literal('keyVersion'),
    vault: name,
    key: name,
    version: name.optional(),
    enabled: z.boolean().optional(),
    exp: moment,
    nbf: moment,
  }),
  /** `purge`: for good, even with purge protection: what a disaster does. */
  z.strictObject({ do: z.literal('deleteKey'), vault: name, key: name, purge: z.boolean().default(false) }),
  /** The vault and all its keys are gone, soft-deleted ones too. */
  z.strictObject({ do: z.literal('loseVault'), vault: name }),
  z.strictObject({ do: z.literal('expireSecret'), application: name, keyId: name.optional() }),
  z.strictObject({ do: z.literal('enablePrincipal'), principal: name, enabled: z.boolean() }),
  /** Tokens issued until now are refused with a claims challenge. */
  z.strictObject({ do: z.literal('revokeSessions'), principal: name }),
  /** A person types the code of a device sign-in (absent: the last one), as this user or declining. */
  z.strictObject({ do: z.literal('deviceSignIn'), userCode: name.optional(), user: name.nullable() }),
  z.strictObject({
    do: z.literal('network'),
    vault: name,
    publicAccess: z.enum(['Enabled', 'Disabled']).optional(),
    defaultAction: z.enum(['Allow', 'Deny']).optional(),
    bypass: z.enum(['AzureServices', 'None']).optional(),
    addresses: z.array(z.string()).optional(),
  }),
  /** Of a storage account: its firewall, and whether its keys open anything. */
  z.strictObject({
    do: z.literal('storage'),
    account: name,
    publicAccess: z.enum(['Enabled', 'Disabled']).optional(),
    defaultAction: z.enum(['Allow', 'Deny']).optional(),
    sharedKeyAccess: z.boolean().optional(),
  }),
  /** The account with everything in it is gone. */
  z.strictObject({ do: z.literal('loseStorage'), account: name }),
  /** Days for which blobs of a container can be neither changed nor deleted; null: none. */
  z.strictObject({
    do: z.literal('immutability'),
    account: name,
    container: name,
    days: z.number().int().min(1).max(146_000).nullable(),
    locked: z.boolean().default(false),
  }),
  z.strictObject({ do: z.literal('hsmActivated'), hsm: name, activated: z.boolean() }),
  z.strictObject({ do: z.literal('addSubscription'), displayName: name }),
  /** Vaults `ktr-scale-NN` full of keys that share eight sets of numbers: for runs over many keys. */
  z.strictObject({
    do: z.literal('populate'),
    vaults: z.number().int().min(1).max(99),
    keys: z.number().int().min(1).max(5000),
    versions: z.number().int().min(1).max(50),
  }),
  /** The log of the data plane, oldest first; `after`: the id of the last entry that is known. */
  z.strictObject({
    do: z.literal('audit'),
    vault: name.optional(),
    key: name.optional(),
    after: name.optional(),
  }),
])
export type AzureOrder = z.input<typeof AzureOrder>
