import { join } from 'node:path'
import { z } from 'zod'
import { tableName, tableViews } from '../../shared/ipc/schemas.ts'
import { autoLockLimits } from '../../shared/model/keyring.ts'
import { openJsonFile, type JsonFile } from './json-file.ts'

export const settingsSchema = z.object({
  format: z.literal(1),
  scheme: z.enum(['light', 'dark', 'system']),
  /** `http://host:port` for HTTPS traffic to clouds; SQL Server connections never use it. Empty: none. */
  proxy: z
    .string()
    .max(300)
    .regex(
      /^$|^https?:\/\/[A-Za-z0-9._-]+(:\d{1,5})?\/?$/,
      'A proxy is http://host:port, without a user or password',
    ),
  /** PEM text, trusted in addition to the system's CAs. Empty: none. */
  corporateCa: z
    .string()
    .max(200_000)
    .regex(
      /^$|-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/,
      'Paste the CA certificate as PEM text',
    ),
  /** Saved views of each table; a file from before them has none. */
  tables: z.partialRecord(tableName, tableViews).default({}),
  autoLockMinutes: z.int().min(autoLockLimits.least).max(autoLockLimits.most).default(autoLockLimits.usual),
})
export type Settings = z.infer<typeof settingsSchema>

export const openSettings = (folder: string): Promise<JsonFile<Settings>> =>
  openJsonFile(join(folder, 'settings.json'), settingsSchema, {
    format: 1,
    scheme: 'system',
    proxy: '',
    corporateCa: '',
    tables: {},
    autoLockMinutes: autoLockLimits.usual,
  })
