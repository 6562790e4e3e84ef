import { createHash, randomBytes, randomUUID, scryptSync, timingSafeEqual } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogContext } from '../catalog/view.ts'
import type { AvailabilityGroup } from '../availability/group.ts'
import { isSecondary, notReadable } from '../availability/rules.ts'
import { ServerDisk } from '../disk.ts'
import type { DriveOptions, ShareOptions } from '../disk.ts'
import { Faults } from '../faults.ts'
import { QueryRunner } from '../sql/query-runner.ts'
import type { Cell } from '../sql/types.ts'
import type { DatabaseRecord, LoginRecord } from '../state/model.ts'
import { Store } from '../state/store.ts'
import { EventLog } from '../windows/event-log.ts'
import type { LoginRequest, LoginResult, TdsEngine } from '../tds/contract.ts'
import { AppLocks } from './app-locks.ts'
import { Ekm } from './ekm/ekm.ts'
import type { EkmOptions } from './ekm/ekm.ts'
import { KeyHierarchy } from './keys.ts'
import { Permissions, same } from './permissions.ts'
import { readRows } from './rows.ts'
import { Session } from './session.ts'
import { OpenKeys } from './tde/open-keys.ts'
import { recoverDatabases } from './tde/recovery.ts'
import { DEFAULT_PACE, EncryptionScans } from './tde/scans.ts'
import type { ScanPace } from './tde/scans.ts'

export type MajorVersion = 13 | 14 | 15 | 16 | 17
export type Edition = 'Developer' | 'Enterprise' | 'Standard' | 'Express' | 'Web'

export interface InstanceOptions {
  /** Folder of this instance: state, machine key, and the simulated disks. */
  dataDir: string
  /** What SERVERPROPERTY('ServerName') and @@SERVERNAME say. */
  name: string
  version: MajorVersion
  edition: Edition
  drives?: readonly DriveOptions[]
  /** Folders that this server shares with others. */
  shares?: readonly ShareOptions[]
  serviceAccount?: string
  /** Adjusts the clock of the instance, for expiry dates. */
  clock?: () => Date
  log?: (line: string) => void
  /** How fast encryption scans go at first. */
  scanPace?: Partial<ScanPace>
  /** Called by the kill fault. */
  kill?: () => void
  /** How connectors of key vaults reach their hosts. */
  ekm?: EkmOptions
}

const BUILDS: Record<MajorVersion, { version: string; name: string; year: number; update: string }> = {
  13: { version: '13.0.6300.2', name: 'SP3', year: 2016, update: '' },
  14: { version: '14.0.3456.2', name: 'RTM', year: 2017, update: 'CU31' },
  15: { version: '15.0.4415.2', name: 'RTM', year: 2019, update: 'CU30' },
  16: { version: '16.0.4195.2', name: 'RTM', year: 2022, update: 'CU19' },
  17: { version: '17.0.1000.7', name: 'RTM', year: 2025, update: '' },
}
const ENGINE_EDITIONS: Record<Edition, number> = {
  Developer: 3,
  Enterprise: 3,
  Standard: 2,
  Express: 4,
  Web: 2,
}
/** Scans that begin and end. */
const INFORMATION: readonly number[] = [33112, 33113]
const DEFAULT_DRIVES: readonly DriveOptions[] = [
  { letter: 'C', label: 'System', capacity: 2 * 2 ** 30 },
  { letter: 'D', label: 'Backup', capacity: 2 * 2 ** 30 },
]

/** One simulated SQL Server. */
export class Instance implements TdsEngine {
  readonly options: InstanceOptions
  readonly store: Store
  readonly disk: ServerDisk
  readonly permissions: Permissions
  readonly keys: KeyHierarchy
  readonly locks = new AppLocks()
  readonly queries = new QueryRunner()
  readonly faults: Faults
  readonly openKeys: OpenKeys
  readonly scans: EncryptionScans
  readonly ekm: Ekm
  /** What Windows keeps of this server's messages and of its connector's. */
  readonly events: EventLog
  /** Resolves when no database waits for a key vault any more. */
  recovered: Promise<void> = Promise.resolve()
  tempdbEncryptedSince: Date | undefined
  readonly sessions = new Map<number, Session>()
  /** Availability groups with databases of this server; whoever owns the servers joins them. */
  readonly groups: AvailabilityGroup[] = []
  readonly serverName: string
  readonly programVersion: [number, number, number]
  /** Set by whoever owns the sockets. */
  dropConnection: (spid: number) => void = () => undefined
  /** Databases that a backup, restore or drop works on: name in lower case -> what it does. */
  readonly busy = new Map<string, string>()
  private startTime: Date

  constructor(options: InstanceOptions) {
    this.options = options
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
    this.store = new Store(join(options.dataDir, 'state.db'))
    this.disk = new ServerDisk(join(options.dataDir, 'disk'), options.drives ?? DEFAULT_DRIVES, {
      account: this.serviceAccount,
      shares: options.shares ?? [],
    })
    this.permissions = new Permissions(this.store)
    this.keys = new KeyHierarchy(this.store, join(options.dataDir, 'machine.key'))
    this.faults = new Faults(options.kill ?? (() => process.kill(process.pid, 'SIGKILL')))
    this.openKeys = new OpenKeys(this)
    this.scans = new EncryptionScans(this, { ...DEFAULT_PACE, ...options.scanPace })
    this.events = new EventLog(join(options.dataDir, 'events.jsonl'), () => this.now())
    this.ekm = new Ekm(this, options.ekm ?? {})
    this.serverName = options.name
    const [major = 16, minor = 0, build = 0] = BUILDS[options.version].version.split('.').map(Number)
    this.programVersion = [major, minor, build]
    this.startTime = this.now()
  }

  get majorVersion(): MajorVersion {
    return this.options.version
  }

  now(): Date {
    return this.options.clock?.() ?? new Date()
  }

  log(line: string): void {
    this.options.log?.(line)
    const id = Number(/^\d+/.exec(line)?.[0] ?? 0)
    const level = INFORMATION.includes(id) ? 'information' : 'error'
    const [message = ''] = line.split('\n')
    this.events.add({ source: 'sql-server', level, id, message })
  }

  /** When the service started. */
  get startedAt(): Date {
    return this.startTime
  }

  get serviceAccount(): string {
    return this.options.serviceAccount ?? 'NT Service\\MSSQLSERVER'
  }

  private get rootFolder(): string {
    return `C:\\Program Files\\Microsoft SQL Server\\MSSQL${this.majorVersion}.MSSQLSERVER\\MSSQL`
  }

  get dataFolder(): string {
    return `${this.rootFolder}\\DATA`
  }

  get backupFolder(): string {
    return `${this.rootFolder}\\Backup`
  }

  get versionText(): string {
    const build = BUILDS[this.majorVersion]
    return `Microsoft SQL Server ${build.year} (${build.name}) - ${build.version} (X64) \n\tKeyturn rehearsal server, not a product of Microsoft\n\t${this.options.edition} Edition (64-bit) (simulated)\n`
  }

  serverProperty(name: string): Cell {
    const build = BUILDS[this.majorVersion]
    const { edition } = this.options
    const known: Record<string, Cell> = {
      productversion: build.version,
      productmajorversion: String(this.majorVersion),
      productminorversion: '0',
      productbuild: build.version.split('.')[2] ?? null,
      productlevel: build.name,
      productupdatelevel: build.update === '' ? null : build.update,
      edition: `${edition} Edition (64-bit)`,
      engineedition: ENGINE_EDITIONS[edition],
      servername: this.serverName,
      machinename: this.serverName.toUpperCase(),
      computernamephysicalnetbios: this.serverName.toUpperCase(),
      instancename: null,
      isclustered: 0,
      ishadrenabled: this.groups.length > 0 ? 1 : 0,
      collation: 'SQL_Latin1_General_CP1_CI_AS',
      instancedefaultdatapath: `${this.dataFolder}\\`,
      instancedefaultlogpath: `${this.dataFolder}\\`,
      instancedefaultbackuppath: this.majorVersion >= 15 ? this.backupFolder : null,
      isintegratedsecurityonly: 0,
      issingleuser: 0,
      isfulltextinstalled: 0,
      isxtpsupported: 0,
      licensetype: 'DISABLED',
      processid: null,
      resourceversion: build.version,
      isexternalauthenticationonly: 0,
      ispolybaseinstalled: 0,
      hadrmanagerstatus: this.groups.length > 0 ? 1 : 2,
    }
    return known[name.toLowerCase()] ?? null
  }

  databaseNamed(name: string): DatabaseRecord | undefined {
    const trimmed = name.replace(/ +$/, '')
    return this.store.databases.find((database) => same(database.name, trimmed))
  }

  loginNamed(name: string): LoginRecord | undefined {
    return this.store.logins.find((login) => same(login.name, name))
  }

  /** Whether a database that is open here uses this file: others can't read, copy or replace it. */
  holdsOpen(path: string): boolean {
    return this.store.databases
      .all()
      .some(
        (database) =>
          database.state !== 'OFFLINE' && database.files.some((file) => same(file.physicalName, path)),
      )
  }

  catalogContext(session: Session, database: DatabaseRecord): CatalogContext {
    return {
      store: this.store,
      disk: this.disk,
      permissions: this.permissions,
      login: session.login,
      database,
      ownSession: session.spid,
      majorVersion: this.majorVersion,
      startTime: this.startTime,
      serviceAccount: this.serviceAccount,
      tempdbEncryptedSince: this.tempdbEncryptedSince,
      shownThumbprint: (name, hex) => this.faults.shownThumbprint(name, hex),
      ekm: this.ekm.facts(session),
      locks: this.locks.rows(),
      groups: this.groups.map((group) => group.facts(this)),
      storedRows: () => readRows(this, database),
      sessions: [...this.sessions.values()].map((each) => ({
        sessionId: each.spid,
        loginName: each.login.name,
        loginSid: each.login.sid,
        hostName: each.hostName,
        programName: each.programName,
        loginTime: each.loginTime,
        encrypted: each.encrypted,
        databaseId: each.databaseId,
        transactionCount: each.transaction?.depth ?? 0,
        request: each.request === undefined ? undefined : { ...each.request, databaseId: each.databaseId },
      })),
    }
  }

  // ---- logins ----

  async login(request: LoginRequest, connection: { spid: number }): Promise<LoginResult> {
    const failed = {
      number: 18456,
      state: 1,
      severity: 14,
      message: `Login failed for user '${request.userName}'.`,
    }
    const login = this.loginNamed(request.userName)
    if (
      login === undefined ||
      login.disabled ||
      login.passwordHash === null ||
      !passwordMatches(request.password, login.passwordHash)
    )
      return { ok: false, errors: [failed] }
    const wanted = request.database === '' ? login.defaultDatabase : request.database
    const database = this.databaseNamed(wanted)
    if (database !== undefined && isSecondary(database) && this.permissions.access(login, database)) {
      const { number, state, severity, message } = notReadable(database)
      return { ok: false, errors: [{ number, state, severity, message }, failed] }
    }
    if (database === undefined || !this.opensFor(login, database)) {
      const missing = {
        number: 4060,
        state: 1,
        severity: 11,
        message: `Cannot open database "${wanted}" requested by the login. The login failed.`,
      }
      return { ok: false, errors: [missing, failed] }
    }
    const session = new Session(this, connection.spid, login, database.databaseId, request)
    this.sessions.set(session.spid, session)
    return { ok: true, session, database: database.name }
  }

  private opensFor(login: LoginRecord, database: DatabaseRecord): boolean {
    const taken =
      database.userAccess === 'SINGLE_USER' &&
      [...this.sessions.values()].some((session) => session.databaseId === database.databaseId)
    return database.state === 'ONLINE' && !taken && this.permissions.access(login, database)
  }

  /** A session whose statement still unwinds is listed, and holds its locks, until that has ended. */
  sessionClosed(session: Session): void {
    if (session.running === null) this.forget(session)
    else void session.running.then(() => this.forget(session))
  }

  /** A failover cuts whoever is in one of its databases. */
  endSessionsIn(databaseId: number): void {
    for (const session of [...this.sessions.values()].filter((one) => one.databaseId === databaseId)) {
      session.end()
      this.dropConnection(session.spid)
      session.closed()
    }
  }

  private forget(session: Session): void {
    if (this.sessions.get(session.spid) !== session) return
    this.sessions.delete(session.spid)
    this.locks.releaseSession(session.spid)
  }

  // ---- life ----

  /** What a restart changes: sessions, their keys and locks are gone, state is what the disk holds. */
  restart(): void {
    for (const session of [...this.sessions.values()]) {
      session.end()
      this.dropConnection(session.spid)
      session.closed()
      this.forget(session)
    }
    this.busy.clear()
    this.scans.stopAll()
    this.openKeys.closeAll()
    this.ekm.stop()
    this.store.reload()
    this.store.change(undefined, () => {
      for (const option of this.store.configurations.all())
        this.store.configurations.put({ ...option, valueInUse: option.value })
    })
    this.startTime = this.now()
    recoverDatabases(this)
    const joined = this.groups.map((group) => group.rejoin(this))
    this.recovered = Promise.all([this.recovered, ...joined]).then(() => undefined)
  }

  close(): void {
    this.scans.stopAll()
    this.openKeys.closeAll()
    this.ekm.stop()
    for (const session of this.sessions.values()) session.end()
    this.queries.close()
    this.store.close()
  }
}

export function hashPassword(password: string): string {
  const salt = randomBytes(16)
  return `${salt.toString('base64')}:${scryptSync(password, salt, 32, { N: 1024 }).toString('base64')}`
}

function passwordMatches(password: string, stored: string): boolean {
  const [salt = '', hash = ''] = stored.split(':')
  return timingSafeEqual(
    scryptSync(password, Buffer.from(salt, 'base64'), 32, { N: 1024 }),
    Buffer.from(hash, 'base64'),
  )
}

export { newGuid } from './guids.ts'

export const sidFor = (name: string): string =>
  createHash('sha256').update(`${name}:${randomUUID()}`).digest('hex').slice(0, 32)
