import { z } from 'zod'

/** What the steps of a move need to know beside their scripts. */

const thumbprint = z.string().regex(/^[0-9A-F]{40}$/)
const probe = z.enum(['dm_os_file_exists', 'xp_fileexist'])

/** What must be on the destination before the source is touched. */
const protectors = z.object({
  /** The database on the source. */
  database: z.string(),
  source: z.string(),
  destination: z.string(),
  /** Encryptor of its database encryption key; null: it has none. */
  tde: thumbprint.nullable(),
  /** Certificate under which the backup is encrypted; null: none. */
  backup: thumbprint.nullable(),
})

/** What the operating system is told, with names for a refusal. */
const around = z.object({
  /** The destination's service account; null: not visible. */
  account: z.string().nullable(),
  probe,
})

const files = z.array(z.object({ logical: z.string(), to: z.string(), pages: z.number() }))
const access = z.enum(['MULTI_USER', 'RESTRICTED_USER'])
/** What the server keeps for the database. `owner` null: not visible, or no such login there. */
const options = z.object({ owner: z.string().nullable(), trustworthy: z.boolean(), broker: z.boolean() })

export const moveParams = {
  'try-database-key': z.object({ database: z.string(), keyGuid: z.string() }),
  'match-protectors': protectors,
  'back-up-for-move': protectors.extend({
    file: z.string(),
    probe,
    description: z.string(),
    certificate: z.string().nullable(),
    algorithm: z.string().nullable(),
  }),
  'read-moved-backup': around.extend({
    database: z.string(),
    file: z.string(),
    description: z.string(),
    tde: thumbprint.nullable(),
    backup: thumbprint.nullable(),
    logical: z.array(z.string()),
    commands: z.array(z.string()),
  }),
  'restore-moved-database': around.extend({
    database: z.string(),
    newName: z.string(),
    file: z.string(),
    files,
  }),
  'detach-database': protectors.extend({
    files: z.array(z.string()),
    access,
    /** As they were when the plan was made; null: a plan of before they were kept. */
    options: options.nullable().default(null),
  }),
  'wait-for-files': around.extend({
    database: z.string(),
    source: z.string(),
    files: z.array(z.object({ from: z.string(), to: z.string() })),
    commands: z.array(z.string()),
  }),
  'attach-moved-database': around.extend({ database: z.string(), newName: z.string(), files, access }),
  'attach-source': z.object({
    database: z.string(),
    files: z.array(z.string()),
    access,
    owner: z.string(),
  }),
  'set-database-options': options.extend({ database: z.string() }),
  'check-moved-database': z.object({
    database: z.string(),
    newName: z.string(),
    source: z.string(),
    tde: thumbprint.nullable(),
    encryptionState: z.number(),
    files,
    /** True: pages must be those of the plan; a backup may have grown since. */
    samePages: z.boolean(),
    consistency: z.boolean(),
  }),
  'set-source-offline': z.object({ database: z.string() }),
} as const
