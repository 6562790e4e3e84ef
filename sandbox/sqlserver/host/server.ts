import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { createInstance } from '../engine/create-instance.ts'
import type { LoginSeed, SandboxInstance } from '../engine/create-instance.ts'
import type { ScanPace } from '../engine/tde/scans.ts'
import type { Fault } from '../faults.ts'
import { makeServerCertificate } from '../tds/certificate.ts'
import { OsError } from '../disk.ts'
import type { ShareOptions } from '../disk.ts'
import type { Rights } from '../disk-rights.ts'
import { startTdsServer } from '../tds/server.ts'
import type { TdsServer } from '../tds/server.ts'
import type { EkmOptions } from '../engine/ekm/ekm.ts'
import type { InstanceConfig } from './config.ts'
import { runEkmOrder } from './ekm.ts'
import { runHostCalls } from '../windows/windows-host.ts'
import { placeSetupPackages } from '../windows/packages.ts'
import type { HostCall, HostReply } from '../../../shared/model/host-calls.ts'
import type { EkmOrder } from './ekm.ts'
import { writeDurably } from '../../common/durable-file.ts'

export interface InstanceFacts {
  name: string
  note: string
  host: '127.0.0.1'
  port: number
  /** Authority that signed the server's certificate: as text, and the file that holds it. */
  caPem: string
  caPemPath: string
  version: number
  edition: string
  serviceAccount: string
  /** Simulated and public, like everything here. The first one administers the server. */
  logins: { name: string; password: string; roles: string[] }[]
}

const Kept = z.object({
  port: z.number(),
  key: z.string(),
  cert: z.string(),
  ca: z.string(),
  saPassword: z.string(),
})
type Kept = z.infer<typeof Kept>

/** One simulated server with its socket; its folder holds what must survive the process. */
export class ServerHost {
  readonly config: InstanceConfig
  private readonly folder: string
  private readonly shares: readonly ShareOptions[]
  private readonly kept: Kept
  private instance: SandboxInstance | undefined
  private server: TdsServer | undefined
  private clockOffset = 0
  /** What the control channel ordered; lasts until the process ends. */
  private scanPace: Partial<ScanPace> = {}

  private readonly ekm: EkmOptions

  constructor(
    config: InstanceConfig,
    dataDir: string,
    shares: readonly ShareOptions[] = [],
    ekm: EkmOptions = {},
  ) {
    this.config = config
    this.shares = shares
    this.ekm = ekm
    this.folder = join(dataDir, config.name)
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.kept = this.readKept()
    // Before anything is made with the password: a start that is killed half-way must not lose it.
    this.keep()
  }

  private keep(): void {
    writeDurably(this.keptFile, JSON.stringify(this.kept))
    writeDurably(this.caFile, this.kept.ca)
  }

  private get keptFile(): string {
    return join(this.folder, 'host.json')
  }

  private get stateFolder(): string {
    return join(this.folder, 'instance')
  }

  private readKept(): Kept {
    if (existsSync(this.keptFile)) return Kept.parse(JSON.parse(readFileSync(this.keptFile, 'utf8')))
    return {
      port: 0,
      ...makeServerCertificate(['localhost', '127.0.0.1', this.config.name]),
      saPassword: generatedPassword(),
    }
  }

  private get logins(): LoginSeed[] {
    const { logins } = this.config
    return logins.length > 0 ? logins : [{ name: 'sa', password: this.kept.saPassword, roles: ['sysadmin'] }]
  }

  async start(): Promise<void> {
    const { config } = this
    this.instance = await createInstance(
      {
        dataDir: this.stateFolder,
        name: config.name,
        version: config.version,
        edition: config.edition,
        clock: () => new Date(Date.now() + this.clockOffset),
        log: (line) => process.stderr.write(`${config.name}: ${line}\n`),
        shares: this.shares,
        ...(config.drives === undefined ? {} : { drives: config.drives }),
        ...(config.serviceAccount === undefined ? {} : { serviceAccount: config.serviceAccount }),
        scanPace: { ...given(config.scan), ...this.scanPace },
        ekm: this.ekm,
      },
      {
        logins: this.logins,
        databases: config.databases,
        folders: config.folders,
        historyDays: config.historyDays,
        jobs: config.jobs,
        connector: config.connector,
      },
    )
    placeSetupPackages(this.instance.disk)
    if (config.throttle !== undefined)
      this.instance.faults.add({ kind: 'throttle', bytesPerSecond: config.throttle })
    await this.listen()
  }

  private async listen(): Promise<void> {
    const { config, running } = this
    this.server = await startTdsServer(running, {
      key: this.kept.key,
      cert: this.kept.cert,
      encryption: config.encryption,
      port: this.kept.port,
    })
    const { server } = this
    running.dropConnection = (spid) =>
      server
        .connections()
        .find((connection) => connection.spid === spid)
        ?.destroy()
    this.kept.port = server.port
    this.keep()
  }

  private get caFile(): string {
    return join(this.folder, 'ca.pem')
  }

  facts(): InstanceFacts {
    return {
      name: this.config.name,
      note: this.config.note,
      host: '127.0.0.1',
      port: this.kept.port,
      caPem: this.kept.ca,
      caPemPath: this.caFile,
      version: this.config.version,
      edition: this.config.edition,
      serviceAccount: this.running.serviceAccount,
      logins: this.logins.map((login) => ({
        name: login.name,
        password: login.password,
        roles: [...(login.roles ?? [])],
      })),
    }
  }

  /** Another object after a reset. */
  get running(): SandboxInstance {
    if (this.instance === undefined) throw new Error(`${this.config.name} is not running`)
    return this.instance
  }

  /** What a restart of the service changes: connections, opened keys, locks. Same port. Key vaults have answered when it resolves. */
  async restart(): Promise<void> {
    this.running.restart()
    await this.running.recovered
  }

  /** What is asked of the computer that the server runs on. */
  hostCalls(calls: readonly HostCall[]): Promise<HostReply[]> {
    return runHostCalls(
      {
        instance: () => this.running,
        restart: () => (this.server === undefined ? this.startService() : this.restart()),
        service: {
          isStopped: () => this.server === undefined,
          stop: () => this.stopService(),
          start: () => this.startService(),
        },
      },
      calls,
    )
  }

  /** Nobody connects until it is started; what the connector holds is gone, so that its library can be replaced. */
  private async stopService(): Promise<void> {
    const { server } = this
    this.server = undefined
    await server?.close()
    this.running.ekm.stop()
  }

  private async startService(): Promise<void> {
    if (this.server !== undefined) return
    await this.restart()
    await this.listen()
  }

  atTheMachine(order: EkmOrder): void {
    runEkmOrder(this.running, order)
  }

  /** Takes a key away for good, as an accident would. */
  loseKey(what: 'certificate' | 'master-key' | 'machine-key', name: string | undefined): void {
    const { store } = this.running
    if (what === 'machine-key') {
      this.clearSessionKeys()
      const wrapped = store.serviceMasterKey.get('smk')
      if (wrapped !== undefined)
        store.change(undefined, () =>
          store.serviceMasterKey.put({ ...wrapped, wrapped: Buffer.from('lost').toString('base64') }),
        )
      return
    }
    store.change(undefined, () => {
      if (what === 'master-key') store.masterKeys.delete('1')
      else {
        for (const certificate of store.certificates.all()) {
          if (
            certificate.databaseId === 1 &&
            (name === undefined || certificate.name.toLowerCase() === name.toLowerCase())
          )
            store.certificates.delete(certificate.id)
        }
      }
    })
    this.clearSessionKeys()
  }

  private clearSessionKeys(): void {
    for (const session of this.running.sessions.values()) session.openMasterKeys.clear()
  }

  async fault(fault: Fault): Promise<void> {
    const { disk, permissions, faults } = this.running
    if (fault.kind === 'diskFull') disk.forcedFree.set(fault.drive.toUpperCase(), fault.freeBytes)
    else if (fault.kind === 'readOnlyFolder')
      disk.readOnlyFolders.add(fault.folder.toLowerCase().replaceAll('/', '\\'))
    else if (fault.kind === 'denyPermission') permissions.withheld.add(fault.permission.toUpperCase())
    else if (fault.kind === 'damageFile') await flipByte(this.locate(fault.path), fault.offset)
    else faults.add(fault)
  }

  clearFaults(): void {
    const { disk, permissions, faults } = this.running
    faults.clear()
    disk.forcedFree.clear()
    disk.readOnlyFolders.clear()
    permissions.withheld.clear()
    if (this.config.throttle !== undefined)
      faults.add({ kind: 'throttle', bytesPerSecond: this.config.throttle })
  }

  /** Where the bytes of a file on the simulated disk are. For tests that look at them; the product never asks. */
  locate(path: string): string {
    return this.running.disk.resolve(path, this.running.backupFolder).real
  }

  /** Answers the command that a person would run on the server. */
  grant(path: string, account: string, rights: Rights): string {
    return orOsText(path, () => {
      this.running.disk.grant(path, account, rights)
      return `icacls "${path}" /grant "${account}:(${rights === 'full' ? 'F' : 'R'})"`
    })
  }

  /** Refused while a database of this server holds the file open, as Windows refuses it. */
  copyFile(path: string, to: ServerHost, toPath: string): void {
    orOsText(path, () => {
      if (this.running.holdsOpen(path)) throw new OsError(32)
      this.running.disk.copyTo(path, to.running.disk, toPath)
    })
  }

  moveClock(days: number): void {
    this.clockOffset = days * 86_400_000
  }

  /** How fast encryption scans go from now on. */
  pace(order: PaceOrder): void {
    this.scanPace = { ...this.scanPace, ...given(order) }
    this.running.scans.setPace(this.scanPace)
  }

  /** Everything as at the first start, on the same port and with the same passwords. */
  async reset(): Promise<void> {
    await this.stop()
    rmSync(this.stateFolder, { recursive: true, force: true })
    this.clockOffset = 0
    this.scanPace = {}
    await this.start()
  }

  async stop(): Promise<void> {
    await this.server?.close()
    this.instance?.close()
    this.server = undefined
    this.instance = undefined
  }
}

function orOsText<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof OsError) throw new Error(`${path}: ${error.text}`)
    throw error
  }
}

interface PaceOrder {
  pagesPerTick?: number | undefined
  tickMilliseconds?: number | undefined
  holdAtPercent?: number | null | undefined
}

/** Only what was said. */
function given(order: PaceOrder): Partial<ScanPace> {
  const { pagesPerTick, tickMilliseconds, holdAtPercent } = order
  return {
    ...(pagesPerTick === undefined ? {} : { pagesPerTick }),
    ...(tickMilliseconds === undefined ? {} : { tickMilliseconds }),
    ...(holdAtPercent === undefined ? {} : { holdAtPercent }),
  }
}

/** A negative offset counts from the end. */
async function flipByte(path: string, offset: number): Promise<void> {
  const at = offset < 0 ? statSync(path).size + offset : offset
  const handle = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    const { bytesRead } = await handle.read(byte, 0, 1, at)
    if (bytesRead === 0) throw new RangeError('the offset is behind the end of the file')
    byte[0] = (byte[0] ?? 0) ^ 1
    await handle.write(byte, 0, 1, at)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

const generatedPassword = (): string =>
  `Ktr-${Array.from({ length: 16 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}-7`
