import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { startNodeChild } from '../platform/child-process.ts'
import { writeFileAtomic } from '../platform/atomic-file.ts'
import { askSandbox, type SandboxCommand } from './sandbox-control.ts'

/** What the simulators' process says of one of its servers. Its passwords are simulated too, and public. */
export interface SimulatedServer {
  name: string
  note: string
  host: string
  port: number
  caPem: string
  login: string
  password: string
}

/** Simulated Azure: one port for all its hosts, which a certificate of its own authority names. Its secrets are public. */
export interface SimulatedAzure {
  host: string
  port: number
  caPem: string
  tenantId: string
  tenantName: string
  subscriptionId: string
  applications: { name: string; clientId: string; objectId: string; secret: string }[]
  user: { userPrincipalName: string; objectId: string }
  vaults: string[]
  managedHsms: string[]
}

/** A token of SoftHSM, or what it lacks. Its PIN is simulated too. */
export type SimulatedHsm =
  | {
      token: {
        module: string
        sha256: string
        configuration: string
        serial: string
        label: string
        pin: string
      }
    }
  | { missing: string }

export interface Sandbox {
  readonly servers: readonly SimulatedServer[]
  readonly azure: SimulatedAzure
  /** Asked anew: a reset makes another token. */
  hsm(): Promise<SimulatedHsm>
  /** Does it and answers when it is done, a host with its replies; what the simulators refuse is `sandbox-failed`. */
  control(command: SandboxCommand): Promise<unknown>
  /** Lets go of the process; it keeps running. */
  close(): void
  shutdown(): Promise<void>
}

const hsm = z.union([
  z.object({
    token: z.object({
      module: z.string(),
      sha256: z.string(),
      configuration: z.string(),
      serial: z.string(),
      label: z.string(),
      pin: z.string(),
    }),
  }),
  z.object({ missing: z.string() }),
])

const ready = z.object({
  ok: z.literal(true),
  control: z.string(),
  instances: z
    .array(
      z.object({
        name: z.string(),
        note: z.string(),
        host: z.string(),
        port: z.number(),
        caPem: z.string(),
        logins: z.array(z.object({ name: z.string(), password: z.string() })).min(1),
      }),
    )
    .min(1),
  azure: z.object({
    host: z.string(),
    port: z.number(),
    caPem: z.string(),
    tenantId: z.string(),
    tenantName: z.string(),
    subscriptionId: z.string(),
    applications: z
      .array(z.object({ name: z.string(), clientId: z.string(), objectId: z.string(), secret: z.string() }))
      .min(1),
    user: z.object({ userPrincipalName: z.string(), objectId: z.string() }),
    vaults: z.array(z.string()),
    managedHsms: z.array(z.string()),
  }),
  hsm,
})

/** What a process of an earlier version says that still runs: it answers orders, and lacks something of the above. */
const earlier = z.object({ ok: z.literal(true), control: z.string(), alreadyRunning: z.literal(true) })

export interface SandboxOptions {
  /** Everything that the simulators keep, made where it is missing. */
  folder: string
  /** Entry of the simulators' process. */
  entry: string
  /** Default: the Node that runs this program. */
  executable?: string
}

const startLimitMs = 60_000

/**
 * Finds the simulators of this folder, or starts them. They are a process of their own that outlives this one, so that
 * a run that was interrupted finds its server as it left it. A process of an earlier version is ended and started anew,
 * once; what its servers keep is in the folder. Errors: `sandbox-failed`.
 */
export const openSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const { control, instances, azure } = await running(options)
  return {
    azure,
    hsm: async () => hsm.parse(await askSandbox(control, { command: 'status' })),
    servers: instances.map(({ logins, ...server }) => {
      const [first] = logins
      return { ...server, login: first?.name ?? '', password: first?.password ?? '' }
    }),
    control: (command) => askSandbox(control, command),
    close: () => undefined,
    shutdown: async () => void (await askSandbox(control, { command: 'shutdown' })),
  }
}

const running = async (options: SandboxOptions): Promise<z.infer<typeof ready>> => {
  const said = await firstLine(options)
  const old = ready.safeParse(said).success ? null : earlier.safeParse(said)
  if (old?.success !== true) return understood(said)
  await askSandbox(old.data.control, { command: 'shutdown' })
  return understood(await firstLine(options))
}

const understood = (said: unknown): z.infer<typeof ready> => {
  const facts = ready.safeParse(said)
  if (facts.success) return facts.data
  throw new KeyturnError(
    'sandbox-failed',
    { what: 'what the simulators say was not understood' },
    { cause: facts.error },
  )
}

const firstLine = async ({ folder, entry, executable }: SandboxOptions): Promise<unknown> => {
  const config = join(folder, 'config.json')
  await writeFileAtomic(
    config,
    Buffer.from(JSON.stringify({ dataDir: folder, azure: {}, token: 'ktr-token' })),
  )
  const said = Promise.withResolvers<string>()
  const errors: string[] = []
  const child = await startNodeChild({
    entry,
    args: [config],
    outlivesParent: true,
    onLine: (line) => said.resolve(line),
    onErrorLine: (line) => errors.push(line),
    ...(executable === undefined ? {} : { executable }),
  })
  void child.exited.then(() => said.reject(new Error('the simulators ended before they were ready')))
  const timer = setTimeout(() => said.reject(new Error('the simulators did not answer')), startLimitMs)
  try {
    return JSON.parse(await said.promise) as unknown
  } catch (cause) {
    throw new KeyturnError(
      'sandbox-failed',
      { what: errors.at(-1)?.slice(0, 200) ?? 'no reason given' },
      { cause },
    )
  } finally {
    clearTimeout(timer)
  }
}
