import { z } from 'zod'

/**
 * What Keyturn asks of a Windows host that SQL Server runs on: a closed set of calls with typed values, and the form of
 * each answer. The same calls become text for a person (`electron/scripts/powershell`), run where a Windows PowerShell is
 * reachable, and are answered by the simulated host of a rehearsal. No call holds a secret, and none runs a text.
 */

/** No control character (a line break is one) and no half of a character pair; longest in UTF-16 units. */
const line = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text) && text.isWellFormed(), 'no control characters')

/** The service of a default instance, or of a named one. */
export const HostService = line(64).regex(/^MSSQL(SERVER|\$[^\\/:*?"<>|&^'[\]\s]+)$/i)
/** Below HKEY_LOCAL_MACHINE, in the 64-bit view; nothing else of the registry is ever touched. */
export const providerKey = 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider'
export const HostRegistryKey = line(500).refine(
  (key) => key === providerKey || key.startsWith(`${providerKey}\\`),
  'not the connector’s part of the registry',
)
/** A whole path with a drive or of a share; wildcards have no meaning in it. */
export const HostPath = line(256).regex(/^([A-Za-z]:\\|\\\\[^\\]+\\[^\\]+\\)[^<>"|?*/]*$/)
const pathEnding = (ending: '.reg' | '.msi') =>
  HostPath.refine((path) => path.toLowerCase().endsWith(ending), `a file that ends with ${ending}`)
export const HostAccount = line(256)
export const HostName = line(253).regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/)
export const HostResource = line(256)

/** Where the connector's event log entries come from, and SQL Server's own. */
export const eventSources = ['connector', 'sql-server'] as const
/** Uninstall entries that are read: by the beginning of their names. */
export const installedKinds = ['connector', 'runtime'] as const

export const HostCall = z.discriminatedUnion('call', [
  /** Which computer answers, and whether what follows may be done there. */
  z.strictObject({ call: z.literal('read-system') }),
  z.strictObject({ call: z.literal('read-service'), service: HostService }),
  /**
   * The connector's part of the registry as a .reg file; the run's mark is in its name. A finished file of that name is
   * taken as it is. An export that was broken off has another name (`.part.reg` behind it), and is written anew.
   */
  z.strictObject({
    call: z.literal('export-registry'),
    key: HostRegistryKey,
    path: pathEnding('.reg'),
  }),
  /** The key and what is below it, at most 4 levels and 1,000 keys. */
  z.strictObject({ call: z.literal('read-registry'), key: HostRegistryKey }),
  /** Makes the key where it is missing and adds one rule: Full Control for the account, inherited by subkeys. */
  z.strictObject({
    call: z.literal('create-registry-key'),
    key: HostRegistryKey,
    account: HostAccount,
  }),
  z.strictObject({ call: z.literal('read-library'), path: HostPath }),
  z.strictObject({ call: z.literal('read-installed'), what: z.enum(installedKinds) }),
  /** Newest first. */
  z.strictObject({
    call: z.literal('read-events'),
    source: z.enum(eventSources),
    /** Whose entries `sql-server` means. */
    service: HostService,
    since: z.iso.datetime(),
    most: z.number().int().min(1).max(500),
  }),
  /** With the services that depend on it: those that ran, run afterwards. */
  z.strictObject({ call: z.literal('restart-service'), service: HostService }),
  /** With the services that depend on it, which stay stopped. One that is stopped already is no refusal. */
  z.strictObject({ call: z.literal('stop-service'), service: HostService }),
  /** One that runs already is no refusal. */
  z.strictObject({ call: z.literal('start-service'), service: HostService }),
  z.strictObject({ call: z.literal('list-cluster-resources') }),
  z.strictObject({ call: z.literal('read-cluster-checkpoints'), resource: HostResource }),
  z.strictObject({
    call: z.literal('add-cluster-checkpoint'),
    resource: HostResource,
    key: HostRegistryKey,
  }),
  /** Takes the resource offline and online again: of a cluster, not the service. */
  z.strictObject({ call: z.literal('restart-cluster-resource'), resource: HostResource }),
  /** Interactive: setup asks on the host's own screen, license among it. Silent: the generic switches of msiexec. */
  z.strictObject({
    call: z.literal('install-package'),
    path: pathEnding('.msi'),
    mode: z.enum(['interactive', 'silent']),
  }),
  /** A product that is not installed is no refusal (msiexec 1605). */
  z.strictObject({
    call: z.literal('uninstall-package'),
    productCode: line(38).regex(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/i),
    mode: z.enum(['interactive', 'silent']),
  }),
  /** WinINET settings of the account that the service runs as; they can be read only while its profile is loaded. */
  z.strictObject({ call: z.literal('read-proxy'), service: HostService }),
  /** TCP to port 443, from the computer itself and as whoever asks: the service's proxy is not used. */
  z.strictObject({ call: z.literal('test-connection'), hosts: z.array(HostName).min(1).max(20) }),
  z.strictObject({ call: z.literal('read-clock') }),
])
export type HostCall = z.infer<typeof HostCall>
export type HostCallName = HostCall['call']

const text = z.string().max(4000)
const access = z.strictObject({
  account: text,
  sid: text.nullable(),
  /** As .NET writes RegistryRights: `FullControl`, or words with commas. */
  rights: text,
  kind: z.enum(['Allow', 'Deny']),
  inherited: z.boolean(),
})
const registryKey = z.strictObject({
  key: text,
  values: z.array(z.strictObject({ name: text, data: text })).max(100),
})
const proxy = z.strictObject({
  enabled: z.boolean(),
  server: text.nullable(),
  bypass: text.nullable(),
  script: text.nullable(),
})
const packageDone = z.strictObject({ exitCode: z.number().int(), restartNeeded: z.boolean() })

/** What each call answers. null: what was asked for is not there. */
export const hostAnswers = {
  'read-system': z.strictObject({
    computer: text,
    windows: text,
    powerShell: text,
    is64Bit: z.boolean(),
    administrator: z.boolean(),
  }),
  'read-service': z
    .strictObject({
      service: text,
      /** As the service manager keeps it: `NT Service\MSSQLSERVER`, `LocalSystem`, `.\name`, `DOMAIN\name`. */
      account: text,
      sid: text.nullable(),
      state: z.enum(['running', 'stopped', 'changing']),
      startedAt: z.iso.datetime().nullable(),
      automatic: z.boolean(),
    })
    .nullable(),
  'export-registry': z.strictObject({ path: text, bytes: z.number().int().min(0), sha256: text }).nullable(),
  'read-registry': z
    .strictObject({
      access: z.array(access).max(200),
      /** The key itself first. */
      keys: z.array(registryKey).max(1000),
    })
    .nullable(),
  'create-registry-key': z.strictObject({ created: z.boolean(), access: z.array(access).max(200) }),
  'read-library': z
    .strictObject({
      path: text,
      /** Four numbers with dots. */
      version: text,
      company: text,
      sha256: text,
      signature: z.strictObject({
        state: z.enum(['valid', 'not-signed', 'changed', 'not-trusted', 'not-known']),
        signer: text.nullable(),
        thumbprint: text.nullable(),
      }),
    })
    .nullable(),
  'read-installed': z
    .array(
      z.strictObject({
        name: text,
        version: text,
        publisher: text,
        productCode: text,
        is64Bit: z.boolean(),
      }),
    )
    .max(100),
  'read-events': z
    .array(
      z.strictObject({
        at: z.iso.datetime(),
        id: z.number().int(),
        level: z.enum(['error', 'warning', 'information']),
        source: text,
        message: text,
      }),
    )
    .max(500),
  'restart-service': z.strictObject({ startedAt: z.iso.datetime(), restarted: z.array(text).max(50) }),
  'stop-service': z.strictObject({ stopped: z.array(text).max(50) }),
  'start-service': z.strictObject({ startedAt: z.iso.datetime() }),
  /** null: the failover cluster's commands are not on this computer. */
  'list-cluster-resources': z
    .array(z.strictObject({ name: text, kind: text, group: text, state: text, owner: text }))
    .max(500)
    .nullable(),
  /** Registry keys without their hive. */
  'read-cluster-checkpoints': z.array(text).max(100),
  'add-cluster-checkpoint': z.strictObject({ added: z.boolean() }),
  'restart-cluster-resource': z.strictObject({ state: text }),
  'install-package': packageDone,
  'uninstall-package': packageDone,
  /** null: the account's settings are not loaded, so they can't be read. */
  'read-proxy': proxy.nullable(),
  'test-connection': z
    .array(
      z.strictObject({
        host: text,
        /** The first address that the name has; null: it has none. */
        address: text.nullable(),
        reached: z.boolean(),
        problem: text.nullable(),
      }),
    )
    .max(20),
  'read-clock': z.strictObject({
    at: z.iso.datetime(),
    zone: text,
    /** What Windows takes its time from; null: not read. */
    source: text.nullable(),
  }),
} as const satisfies Record<HostCallName, z.ZodType>

export type HostAnswer<Name extends HostCallName> = z.infer<(typeof hostAnswers)[Name]>

/** Why a call was not carried out; what it did until then is not known. */
export const hostRefusals = [
  /** Windows says that the account may not. */
  'access-denied',
  /** A file, service or resource that the call needs. */
  'not-there',
  /** A file of that name is there. */
  'already-there',
  /** The command is not on this computer (a cluster's, for instance). */
  'no-command',
  'not-simulated',
  'failed',
] as const

/** One per call, in order; after the first refusal nothing else is run, so there may be fewer. */
export const HostReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), answer: z.unknown() }),
  z.strictObject({ ok: z.literal(false), refusal: z.enum(hostRefusals), message: text }),
])
export type HostReply = z.infer<typeof HostReply>
export type HostRefusal = (typeof hostRefusals)[number]

/** At most so many calls go together. */
export const mostHostCalls = 20
export const HostReplies = z.array(HostReply).max(mostHostCalls)

/** Calls that change something on the host; all others only read. */
export const changingCalls: ReadonlySet<HostCallName> = new Set([
  'export-registry',
  'create-registry-key',
  'restart-service',
  'stop-service',
  'start-service',
  'add-cluster-checkpoint',
  'restart-cluster-resource',
  'install-package',
  'uninstall-package',
])

/** The simulators' side: `{"command":"host","instance":NAME,"calls":[…]}` is answered `{"ok":true,"replies":[…]}`. */
export const HostOrder = z.strictObject({
  command: z.literal('host'),
  instance: z.string(),
  calls: z.array(HostCall).min(1).max(mostHostCalls),
})
