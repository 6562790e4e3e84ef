import { z } from 'zod'

const milliseconds = z.number().int().min(0).max(3_600_000)

/** How the simulated services behave in general; kept in the state, so a killed process comes back with them. */
export const Settings = z.strictObject({
  /** Until a role assignment works, and until a removed one stops working. */
  rbacDelayMs: milliseconds,
  /** Until a deleted key is seen under /deletedkeys, and until then its name is "being deleted". */
  deleteDelayMs: milliseconds,
  /** Until a recovered key is found again. */
  recoverDelayMs: milliseconds,
  /** Until a purged key's name can be used again; also how long the purge of a vault takes. */
  purgeDelayMs: milliseconds,
  /** Until the host name of a new vault resolves. */
  dnsDelayMs: milliseconds,
  /**
   * Until the token endpoint knows a new application or secret, and Resource Manager a new service principal that it
   * is not told to be one.
   */
  directoryDelayMs: milliseconds,
  /** Added to each reply. */
  latencyMs: milliseconds,
  /** The documented limits per vault and 10 seconds. */
  limits: z.boolean(),
  /** What a disabled key refuses: only what needs the private part (one report from a live vault), or everything. */
  disabledKeyBlocks: z.enum(['private-operations', 'all-operations']),
  /** Where requests seem to come from: what firewall rules are compared with. */
  clientAddress: z.ipv4(),
  /** Object ids that count as trusted services, which `bypass: AzureServices` lets in. */
  trustedServices: z.array(z.string()),
  /** Days that were let pass: what ages has aged by them. Tokens and Date headers stay at the machine's time. */
  clockOffsetMs: z.number().int(),
  /** A service whose clock is wrong, tokens and Date headers included. */
  skewMs: z.strictObject({ entra: z.number().int(), vault: z.number().int(), arm: z.number().int() }),
})
export type Settings = z.infer<typeof Settings>

/** Short, but long enough that a wait is seen. */
export const DEFAULT_SETTINGS: Settings = {
  rbacDelayMs: 1500,
  deleteDelayMs: 400,
  recoverDelayMs: 400,
  purgeDelayMs: 400,
  dnsDelayMs: 800,
  directoryDelayMs: 1000,
  latencyMs: 0,
  limits: true,
  disabledKeyBlocks: 'private-operations',
  // TEST-NET-3: an address that is documentation's own.
  clientAddress: '203.0.113.10',
  trustedServices: [],
  clockOffsetMs: 0,
  skewMs: { entra: 0, vault: 0, arm: 0 },
}

/** For tests that are not about waiting. */
export const WITHOUT_DELAYS: Partial<Settings> = {
  rbacDelayMs: 0,
  deleteDelayMs: 0,
  recoverDelayMs: 0,
  purgeDelayMs: 0,
  dnsDelayMs: 0,
  directoryDelayMs: 0,
  limits: false,
}

type Gaps<T> = { [Name in keyof T]?: T[Name] | undefined }

/** Only what was said. */
export const withoutGaps = (said: Gaps<Settings>): Partial<Settings> =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
