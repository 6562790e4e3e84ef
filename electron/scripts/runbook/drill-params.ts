import { z } from 'zod'

/** What the steps of a restore drill need to know. Paths are those that the drill server sees. */

const probe = z.enum(['dm_os_file_exists', 'xp_fileexist'])
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/)

const keyThumbprint = z.string().regex(/^([0-9A-F]{2}){1,32}$/)

/** What helps a person when something can't be read there. */
export const drillAround = z.object({
  /** Service account of the drill server; null: not visible with this login. */
  account: z.string().nullable(),
  probe,
  /** Certificates that the source knows: what to look for when one is missing. */
  known: z.array(z.object({ thumbprint, what: z.string() })),
})

const drilledSet = z.object({
  setId: z.string(),
  kind: z.enum(['full', 'differential', 'log']),
  finishedAt: z.string(),
  position: z.number().int(),
  files: z.array(z.string()).min(1),
  /** Encryptor of the backup, as the source's history has it. A key of an old connector has fewer than twenty bytes. */
  thumbprint: keyThumbprint.nullable(),
  /** Of an account, for page blobs; null: files on disk, or blobs whose credential the server finds by itself. */
  credential: z.string().nullable().default(null),
})
export type DrilledSet = z.output<typeof drilledSet>
export type DrillAround = z.output<typeof drillAround>

const drilled = drillAround.extend({
  /** Name of the database that was backed up. */
  original: z.string(),
  sets: z.array(drilledSet).min(1),
})

export const drillParams = {
  'check-drill-server': z.object({}),
  /** Keys in vaults that the backups ask for: what for, in words. */
  'check-drill-vault-keys': z.object({
    keys: z.array(z.object({ thumbprint: keyThumbprint, what: z.string() })).min(1),
  }),
  'create-drill-master-key': z.object({}),
  'import-drill-certificate': drillAround.extend({
    certificate: z.string(),
    files: z.array(z.string()).min(1).max(2),
    /** Where the passwords come from that are tried on it. */
    passwordFrom: z.enum(['typed', 'kept', 'typed or kept']),
    /** It was found by searching, among more than are needed: that it does not open ends nothing. */
    spare: z.boolean().default(false),
  }),
  'read-drill-backup': drilled.extend({
    source: z.string(),
    sourceId: z.string(),
    databaseFiles: z.array(z.object({ logical: z.string(), kind: z.string() })),
  }),
  'restore-drill-database': drilled.extend({ database: z.string(), targets: z.array(z.string()) }),
  'check-drill-database': drilled.extend({
    database: z.string(),
    consistency: z.boolean(),
    certificates: z.array(z.string()),
    /** Thumbprints of keys in vaults. */
    vaultKeys: z.array(keyThumbprint).default([]),
  }),
  'drop-drill-database': z.object({
    database: z.string(),
    original: z.string(),
    targets: z.array(z.string()),
    probe,
  }),
  'drop-drill-certificate': z.object({ certificate: z.string() }),
  'drop-drill-master-key': z.object({}),
} as const
