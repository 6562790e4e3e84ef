import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { RehearsalState } from '../../shared/ipc/schemas.ts'
import type { HostCall } from '../../shared/model/host-calls.ts'
import { writeFileAtomic } from '../platform/atomic-file.ts'
import { generatePassword } from '../platform/generate-password.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { Connections } from '../profile/connections.ts'
import type { Record } from '../record/record.ts'
import { connectAzure } from './connect-azure.ts'
import { connectToken } from './connect-token.ts'
import type { SandboxCommand } from './sandbox-control.ts'
import { openSandbox, type Sandbox, type SimulatedAzure, type SimulatedServer } from './sandbox-process.ts'

export interface RehearsalOptions {
  /** The rehearsal profile's data folder; the simulators get a folder inside it. */
  folder: string
  /** Entry of the simulators' process. */
  entry: string
  keyring: Keyring
  connections: Connections
  record: Record
  /** Everything is as at the first start: what the simulated Azure gave before opens nothing any more. */
  onReset(): void
  onChange(): void
}

/** A small company of simulated systems, in a process of its own that outlives this one. */
export interface Rehearsal {
  state(): RehearsalState
  /** For practising lock and unlock. Nothing in a rehearsal is secret, so the page shows it. */
  passphrase(): string
  /** Before the passphrase is changed: a process that is killed meanwhile finds both. */
  expectPassphrase(next: SecretBytes): Promise<void>
  /** The keyring has opened with this one. */
  rememberPassphrase(passphrase: SecretBytes): Promise<void>
  /** Null until the simulators answer. */
  azure(): SimulatedAzure | null
  /** Resolves when servers answer and connections are there; throws what `state().problem` shows. */
  ready(): Promise<void>
  reset(): Promise<void>
  loseKey(server: string, what: 'certificate' | 'master-key'): Promise<void>
  restartServer(server: string): Promise<void>
  /** What an administrator does outside of SQL Server: the copy keeps the rights of its original. */
  copyFile(from: string, path: string, to: string): Promise<void>
  grantRead(server: string, path: string, account: string): Promise<void>
  /** What the simulated Windows host of a server replies; see `simulatedHosts`. */
  askHost(server: string, calls: readonly HostCall[]): Promise<unknown>
  /** Lets go of the simulators; they keep running, so that an interrupted run finds its server again. */
  close(): Promise<void>
  /** Ends the simulators' process. */
  endSimulators(): Promise<void>
}

/** Begins at once and returns; `ready` says when it is done. */
export const startRehearsal = (options: RehearsalOptions): Rehearsal => {
  let passphrase = rehearsalPassphrase(options.folder)
  const remember = async (next: string): Promise<void> => {
    if (next === passphrase && !existsSync(expectedFile(options.folder))) return
    await writeFileAtomic(passphraseFile(options.folder), Buffer.from(next))
    await rm(expectedFile(options.folder), { force: true })
    passphrase = next
    options.onChange()
  }
  let problem: Problem | null = null
  let sandbox: Sandbox | null = null
  const starting = start(options, passphrase, remember).then(
    (opened) => {
      sandbox = opened
      options.onChange()
      return opened
    },
    (thrown: unknown) => {
      problem = problemOf(thrown)
      options.onChange()
      throw thrown
    },
  )
  starting.catch(() => undefined)
  const order = async (command: SandboxCommand): Promise<void> =>
    void (await (await starting).control(command))
  return {
    state: () => ({
      state: problem ? 'failed' : sandbox ? 'ready' : 'starting',
      servers: sandbox?.servers.map(({ name, note }) => ({ name, note })) ?? [],
      problem,
    }),
    azure: () => sandbox?.azure ?? null,
    passphrase: () => passphrase,
    expectPassphrase: (next) =>
      next.useAsync((bytes) => writeFileAtomic(expectedFile(options.folder), Buffer.from(bytes))),
    rememberPassphrase: (known) => remember(known.use((bytes) => bytes.toString('utf8'))),
    ready: async () => void (await starting),
    reset: async () => {
      const opened = await starting
      await opened.control({ command: 'reset' })
      options.onReset()
      await connect(options, opened.servers)
      await connectAzure(options, opened.azure)
      await connectToken(options, await opened.hsm())
      options.onChange()
    },
    loseKey: (server, what) => order({ command: 'loseKey', instance: server, what }),
    restartServer: (server) => order({ command: 'restart', instance: server }),
    copyFile: (from, path, to) => order({ command: 'copyFile', from, path, to, toPath: path }),
    grantRead: (server, path, account) =>
      order({ command: 'grant', instance: server, path, account, rights: 'read' }),
    askHost: async (server, calls) => (await starting).control({ command: 'host', instance: server, calls }),
    close: async () => (await starting.catch(() => null))?.close(),
    endSimulators: async () => (await starting.catch(() => null))?.shutdown(),
  }
}

const start = async (
  options: RehearsalOptions,
  passphrase: string,
  remember: (passphrase: string) => Promise<void>,
): Promise<Sandbox> => {
  const { keyring, record } = options
  const { state } = keyring.status()
  if (state === 'absent') {
    using secret = SecretBytes.fromText(passphrase)
    await writeFileAtomic(passphraseFile(options.folder), Buffer.from(passphrase))
    await keyring.create(secret)
  } else if (state === 'locked') await remember(await openingOne(options, passphrase))
  const sandbox = await openSandbox({ folder: join(options.folder, 'simulators'), entry: options.entry })
  await connect(options, sandbox.servers)
  await connectAzure(options, sandbox.azure)
  await connectToken(options, await sandbox.hsm())
  record.append({
    kind: 'rehearsal-started',
    body: { systems: sandbox.servers.map(({ name }) => name) },
    outcome: 'done',
  })
  return sandbox
}

/** Connections are made or, when a simulator came back on another port, mended; nothing is asked. */
const connect = async (
  { keyring, connections }: RehearsalOptions,
  servers: readonly SimulatedServer[],
): Promise<void> => {
  for (const server of servers) {
    const known = connections.sqlServers().find(({ name }) => name === server.name)
    if (known?.port === server.port && known.identity?.serverName !== undefined) continue
    const answers = {
      name: server.name,
      environment: 'rehearsal',
      host: server.host,
      port: server.port,
      instanceName: null,
      certificateName: null,
      encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: server.caPem } },
      authentication: { kind: 'sql-login', user: server.login, password: null },
    } as const
    const { id } = await connections.save(known?.id ?? null, answers)
    await keyring.dropForTarget(id)
    using password = SecretBytes.fromText(server.password)
    const kept = await keyring.put(
      { purpose: 'sql.login-password', target: id, label: `Login ${server.login} on ${server.name}` },
      password,
    )
    await connections.save(id, {
      ...answers,
      authentication: { ...answers.authentication, password: kept.id },
    })
  }
}

/** The known passphrase, or the one that a change had begun to set when the program was killed. */
const openingOne = async ({ keyring, folder }: RehearsalOptions, known: string): Promise<string> => {
  try {
    using secret = SecretBytes.fromText(known)
    await keyring.unlock(secret)
    return known
  } catch (thrown) {
    if (!existsSync(expectedFile(folder))) throw thrown
    const expected = readFileSync(expectedFile(folder), 'utf8')
    using secret = SecretBytes.fromText(expected)
    await keyring.unlock(secret)
    return expected
  }
}

const expectedFile = (folder: string): string => join(folder, 'rehearsal-passphrase-next.txt')
const passphraseFile = (folder: string): string => join(folder, 'rehearsal-passphrase.txt')

/** Read, or made up; it reaches the disk just before the keyring is made with it. */
const rehearsalPassphrase = (folder: string): string => {
  if (existsSync(passphraseFile(folder))) return readFileSync(passphraseFile(folder), 'utf8')
  using made = generatePassword(16)
  return made.use((bytes) => bytes.toString('latin1'))
}
