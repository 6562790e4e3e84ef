import { z } from 'zod'
import { Settings as AzureSettings, withoutGaps } from '../../azure/settings.ts'

const Login = z.strictObject({
  name: z.string().min(1),
  password: z.string().min(1),
  roles: z.array(z.string()).default([]),
})

const InstanceConfig = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/),
  /** One sentence for people. */
  note: z.string().default(''),
  version: z.union([z.literal(13), z.literal(14), z.literal(15), z.literal(16), z.literal(17)]).default(16),
  edition: z.enum(['Developer', 'Enterprise', 'Standard', 'Express', 'Web']).default('Developer'),
  /** Left out: `sa` with a password that is made at the first start and kept in the data folder. */
  logins: z.array(Login).default([]),
  databases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        bytes: z
          .number()
          .int()
          .positive()
          .max(4 * 2 ** 30),
        recoveryModel: z.enum(['FULL', 'SIMPLE']).default('FULL'),
        /** A second data file in a file group of this name that can't be written. */
        readOnlyFilegroup: z
          .string()
          .regex(/^[A-Za-z]\w{0,62}$/)
          .optional(),
      }),
    )
    .default([]),
  folders: z.array(z.string()).default([]),
  historyDays: z.number().int().min(0).max(400).default(0),
  /** SQL Server Agent jobs, as rows: nothing runs them. */
  jobs: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        steps: z.array(
          z.strictObject({ name: z.string().min(1), database: z.string(), command: z.string() }),
        ),
      }),
    )
    .default([]),
  drives: z
    .array(
      z.strictObject({
        letter: z.string().regex(/^[A-Z]$/),
        label: z.string(),
        capacity: z.number().int().positive(),
      }),
    )
    .optional(),
  /** The account that the service runs under: owner and only reader of what the server writes. */
  serviceAccount: z.string().min(1).optional(),
  /** Pages per second of backups and restores, in bytes; absent: as fast as the machine. */
  throttle: z.number().positive().optional(),
  /** File version of the connector for key vaults that is installed, with its registry key prepared. Absent: neither is there. */
  connector: z
    .string()
    .regex(/^\d+\.\d+\.\d+\.\d+$/)
    .optional(),
  encryption: z.enum(['required', 'off', 'unsupported']).default('required'),
  /** Pace of encryption scans at first; the control command `scan` changes it. */
  scan: z
    .strictObject({
      pagesPerTick: z.number().int().positive().optional(),
      tickMilliseconds: z.number().int().min(0).max(60_000).optional(),
      holdAtPercent: z.number().min(0).max(100).nullable().optional(),
    })
    .default({}),
})
export type InstanceConfig = z.infer<typeof InstanceConfig>

/** Databases of the first replica that the others hold as secondaries. `form` of the host says what has to fit. */
export const GroupConfig = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/),
  replicas: z.array(z.string()).min(2).max(9),
  databases: z.array(z.string()).min(1),
})
export type GroupConfig = z.infer<typeof GroupConfig>

const Config = z.strictObject({
  /** Everything that the simulators keep; made when it is missing. */
  dataDir: z.string().min(1),
  /** Absent: the default company. */
  instances: z.array(InstanceConfig).min(1).optional(),
  /** Shared folders that every server here reaches. Absent: `\\\\ktr-files\\backup`. */
  shares: z
    .array(
      z.strictObject({
        unc: z.string().regex(/^\\\\[A-Za-z0-9-]{1,63}\\[A-Za-z0-9$_-]{1,80}$/),
        capacity: z
          .number()
          .int()
          .positive()
          .default(4 * 2 ** 30),
      }),
    )
    .default([{ unc: '\\\\ktr-files\\backup', capacity: 4 * 2 ** 30 }]),
  /** Simulated Azure beside the servers; absent: none. `settings` over its defaults, at the first start. */
  azure: z.strictObject({ settings: AzureSettings.partial().default({}) }).optional(),
  token: z.string().min(1).max(20).optional(),
  availabilityGroups: z.array(GroupConfig).default([]),
})

export interface SandboxConfig {
  dataDir: string
  instances: InstanceConfig[]
  shares: { unc: string; capacity: number }[]
  azure: { settings: Partial<AzureSettings> } | null
  /** Label of the token to make; null: none. */
  token: string | null
  availabilityGroups: GroupConfig[]
}

const MEGABYTE = 2 ** 20
/** The newest that is known. */
const CONNECTOR = '15.0.2000.440'

/** Two servers: one that looks like production, one empty for drills. */
const DEFAULT_COMPANY = [
  {
    name: 'ktr-sqlprod-01',
    note: 'Looks like production: three databases and a month of plain backups, no master key yet.',
    databases: [
      { name: 'Sales', bytes: 6 * MEGABYTE },
      { name: 'Payroll', bytes: 2 * MEGABYTE },
      { name: 'Inventory', bytes: 3 * MEGABYTE, recoveryModel: 'SIMPLE' },
    ],
    folders: ['D:\\Backup', 'D:\\Keys'],
    historyDays: 30,
    serviceAccount: 'KTR\\svc-sqlprod-01',
    connector: CONNECTOR,
    // A person sees a scan at work: about a second for the largest of them.
    scan: { pagesPerTick: 16, tickMilliseconds: 15 },
    jobs: [
      {
        name: 'Nightly encrypted backups',
        steps: [
          {
            name: 'Sales',
            database: 'master',
            command:
              "BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\Sales_nightly.bak' WITH FORMAT, COMPRESSION, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Backup_2026])",
          },
        ],
      },
    ],
  },
  {
    name: 'ktr-sqlempty-01',
    note: 'Empty: for restores and drills.',
    folders: ['D:\\Backup', 'D:\\Keys'],
    serviceAccount: 'KTR\\svc-sqlempty-01',
    connector: CONNECTOR,
  },
]

/** Throws ZodError for a file that is no configuration. */
export function parseConfig(json: unknown): SandboxConfig {
  const { dataDir, instances, shares, availabilityGroups, azure, token } = Config.parse(json)
  const servers = instances ?? DEFAULT_COMPANY.map((instance) => InstanceConfig.parse(instance))
  return {
    dataDir,
    shares,
    instances: servers,
    availabilityGroups,
    azure: azure === undefined ? null : { settings: withoutGaps(azure.settings) },
    token: token ?? null,
  }
}
