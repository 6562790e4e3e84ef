import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Instance } from '../engine/instance.ts'
import { newGuid } from '../engine/guids.ts'
import { writeDurably } from '../../common/durable-file.ts'
import type { DatabaseRecord } from '../state/model.ts'
import { reopenDatabase } from '../engine/tde/recovery.ts'
import { Redo } from './redo.ts'

export interface GroupOptions {
  name: string
  /** Keeps what a cluster would keep: identities, and which replica is the primary. */
  file: string
  /** The first one is the primary until a failover. Read at each use: a reset makes another instance. */
  replicas: readonly { name: string; instance: () => Instance }[]
  /** Databases of the primary, in the full recovery model. */
  databases: readonly string[]
}

const Kept = z.strictObject({
  groupId: z.string(),
  primary: z.string(),
  replicas: z.record(z.string(), z.string()),
  databases: z.record(z.string(), z.string()),
})
type Kept = z.infer<typeof Kept>

const keptIn = (file: string): Kept => Kept.parse(JSON.parse(readFileSync(file, 'utf8')))

/** Of a group that was formed before. */
export const membersIn = (file: string): { replicas: string[]; databases: string[] } => {
  const { replicas, databases } = keptIn(file)
  return { replicas: Object.keys(replicas), databases: Object.keys(databases) }
}

/** What the views of one node show of a group. */
export interface GroupFacts {
  name: string
  groupId: string
  createdOn: string
  /** Whether the asking node is the primary: a secondary sees only itself in the state views. */
  isPrimary: boolean
  replicas: readonly ReplicaFacts[]
  databases: readonly { name: string; groupDatabaseId: string }[]
}

export interface ReplicaFacts {
  name: string
  replicaId: string
  isLocal: boolean
  isPrimary: boolean
  databases: readonly { name: string; databaseId: number; suspended: 'USER' | 'REDO' | null }[]
}

/**
 * One availability group of simulated servers in one process, all replicas synchronous. The file says who is the primary;
 * the role that a server's own record of a database carries is brought in line with it at each start. So a kill in the
 * middle of a failover leaves the group before it or after it.
 */
export class AvailabilityGroup {
  readonly name: string
  private readonly options: GroupOptions
  private readonly redo = new Redo(() => this.redoAll())
  /** Replicas that take the log and do not apply it, by order of the control channel. */
  private readonly held = new Set<string>()
  private kept: Kept

  /** The file is made where there is none. */
  constructor(options: GroupOptions) {
    this.options = options
    this.name = options.name
    this.kept = this.read()
  }

  private read(): Kept {
    const { file, replicas, databases } = this.options
    if (existsSync(file)) return keptIn(file)
    const ids = (names: readonly string[]): Record<string, string> =>
      Object.fromEntries(names.map((name) => [name, newGuid()]))
    const made: Kept = {
      groupId: newGuid(),
      primary: replicas[0]?.name ?? '',
      replicas: ids(replicas.map(({ name }) => name)),
      databases: ids(databases),
    }
    writeDurably(file, JSON.stringify(made))
    return made
  }

  private get primary(): Instance {
    return this.instanceOf(this.kept.primary)
  }

  private instanceOf(name: string): Instance {
    const found = this.options.replicas.find((replica) => replica.name === name)
    if (found === undefined) throw new Error(`${name} is no replica of ${this.name}`)
    return found.instance()
  }

  private get secondaries(): { name: string; instance: Instance }[] {
    return this.options.replicas
      .filter(({ name }) => name !== this.kept.primary)
      .map(({ name, instance }) => ({ name, instance: instance() }))
  }

  has(database: string): boolean {
    return Object.keys(this.kept.databases).some((name) => name.toLowerCase() === database.toLowerCase())
  }

  /** Once every replica is started: databases that a secondary has not yet are made there, roles follow the file. */
  join(): void {
    for (const { instance } of this.options.replicas) this.enlist(instance())
    for (const { instance } of this.secondaries)
      for (const name of Object.keys(this.kept.databases)) this.redo.seed(this.primary, instance, name)
    this.setRoles()
    this.redoAll()
  }

  /** After a restart of one replica: its keys are closed, and what it missed is waiting. Resolves when key vaults have answered. */
  rejoin(instance: Instance): Promise<void> {
    if (instance !== this.primary) this.redo.forget(instance)
    this.redoAll()
    return this.redo.settled(instance)
  }

  /** Resolves when no secondary waits for a key vault. */
  async settled(): Promise<void> {
    for (const { instance } of this.secondaries) await this.redo.settled(instance)
  }

  private enlist(instance: Instance): void {
    if (!instance.groups.includes(this)) instance.groups.push(this)
    instance.store.onCommit = () => {
      for (const group of instance.groups) if (group.primary === instance) group.redoAll()
    }
  }

  private setRoles(): void {
    for (const { name, instance } of this.options.replicas)
      for (const database of this.databasesOf(instance())) {
        const role = name === this.kept.primary ? 'PRIMARY' : 'SECONDARY'
        if (database.availability?.role === role) continue
        // A primary that did not come up is a secondary like any other.
        const state = role === 'SECONDARY' ? 'ONLINE' : database.state
        put(instance(), { ...database, state, availability: { role, suspended: null } })
      }
  }

  private databasesOf(instance: Instance): DatabaseRecord[] {
    return Object.keys(this.kept.databases).flatMap((name) => instance.databaseNamed(name) ?? [])
  }

  /** Brings what the primary committed to every secondary that takes it. */
  private redoAll(): void {
    for (const { name, instance } of this.secondaries) {
      if (this.held.has(name)) continue
      for (const database of this.databasesOf(this.primary)) this.redo.apply(this.primary, instance, database)
    }
  }

  /** Whether a secondary still uses a key, or a state of it, that the primary left behind: 33123. */
  isBehind(database: DatabaseRecord): boolean {
    return (
      this.has(database.name) &&
      this.secondaries.some(({ instance }) => !this.redo.hasKeyOf(this.primary, instance, database))
    )
  }

  /** ALTER DATABASE ... SET HADR on a secondary. */
  setMovement(instance: Instance, database: DatabaseRecord, suspended: boolean): void {
    put(instance, {
      ...database,
      availability: { role: 'SECONDARY', suspended: suspended ? 'USER' : null },
    })
    if (!suspended) {
      this.redo.forget(instance)
      this.redoAll()
    }
  }

  /** A secondary that lags: it takes the log and applies nothing until it is let go. */
  hold(replica: string, held: boolean): void {
    if (held) this.held.add(replica)
    else this.held.delete(replica)
    this.redoAll()
  }

  includes(replica: string): boolean {
    return this.options.replicas.some(({ name }) => name === replica)
  }

  /**
   * A planned failover. Refused where a database of the new primary is suspended, or something works on one of them. The
   * new primary opens the keys of its databases anew, and is asked for it here: `recovered` of it has resolved then.
   */
  async failOver(to: string): Promise<void> {
    const [from, next] = [this.primary, this.instanceOf(to)]
    if (from === next) throw new Error(`${to} is the primary already`)
    await this.catchUp(from, next)
    for (const database of this.databasesOf(from)) {
      if (from.busy.has(database.id)) throw new Error(`${from.serverName} works on ${database.name}`)
      if (next.databaseNamed(database.name)?.availability?.suspended !== null)
        throw new Error(`data movement of ${database.name} to ${to} is suspended`)
    }
    for (const database of this.databasesOf(from)) {
      from.endSessionsIn(database.databaseId)
      from.scans.stop(database.databaseId)
      this.redo.finish(from, next, database)
    }
    const kept = { ...this.kept, primary: to }
    writeDurably(this.options.file, JSON.stringify(kept))
    this.kept = kept
    this.setRoles()
    this.redo.forget(from)
    this.redo.forget(next)
    for (const database of this.databasesOf(next)) reopenDatabase(next, database)
    for (const database of this.databasesOf(next)) next.scans.start(database.databaseId)
    this.redoAll()
    await next.recovered
  }

  /** Everything is on the secondary's disk as log: coming up applies it, held or not, and asks key vaults for it. */
  private async catchUp(from: Instance, next: Instance): Promise<void> {
    const apply = (): void => {
      for (const database of this.databasesOf(from)) this.redo.apply(from, next, database)
    }
    apply()
    while (this.redo.isWaiting(next)) {
      await this.redo.settled(next)
      apply()
    }
  }

  facts(asking: Instance): GroupFacts {
    const { groupId, primary, replicas, databases } = this.kept
    return {
      name: this.name,
      groupId,
      createdOn: this.databasesOf(this.primary)[0]?.createDate ?? asking.now().toISOString(),
      isPrimary: this.primary === asking,
      replicas: this.options.replicas.map(({ name, instance }) => ({
        name: instance().serverName,
        replicaId: replicas[name] ?? '',
        isLocal: instance() === asking,
        isPrimary: name === primary,
        databases: this.databasesOf(instance()).map((database) => ({
          name: database.name,
          databaseId: database.databaseId,
          suspended: database.availability?.suspended ?? null,
        })),
      })),
      databases: Object.entries(databases).map(([name, groupDatabaseId]) => ({ name, groupDatabaseId })),
    }
  }
}

const put = (instance: Instance, database: DatabaseRecord): void =>
  instance.store.change(undefined, () => instance.store.databases.put(database))
