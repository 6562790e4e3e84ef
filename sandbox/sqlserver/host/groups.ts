import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AvailabilityGroup, membersIn } from '../availability/group.ts'
import type { GroupConfig } from './config.ts'
import type { ServerHost } from './server.ts'

/** The availability groups of one process: those of its configuration, and those that an order formed later. */
export class HostGroups {
  private readonly groups: AvailabilityGroup[] = []
  private readonly configured: readonly GroupConfig[]
  private readonly dataDir: string
  private readonly named: (name: string) => Pick<ServerHost, 'running'>

  constructor(
    dataDir: string,
    configured: readonly GroupConfig[],
    named: (name: string) => Pick<ServerHost, 'running'>,
  ) {
    this.dataDir = dataDir
    this.configured = configured
    this.named = named
  }

  private file(name: string): string {
    return join(this.dataDir, `availability-${name}.json`)
  }

  /** Once the servers run: groups that were formed are joined again, those of the configuration are formed. */
  start(): void {
    for (const file of readdirSync(this.dataDir)) {
      const name = /^availability-(.+)\.json$/.exec(file)?.[1]
      if (name !== undefined) this.join({ name, ...membersIn(this.file(name)) })
    }
    for (const group of this.configured) if (!existsSync(this.file(group.name))) this.form(group)
  }

  /** Throws with what does not fit; nothing is changed then. */
  form(group: GroupConfig): void {
    this.assertFits(group)
    this.join(group)
  }

  private join({ name, replicas, databases }: GroupConfig): void {
    const group = new AvailabilityGroup({
      name,
      file: this.file(name),
      replicas: replicas.map((replica) => ({ name: replica, instance: () => this.named(replica).running })),
      databases,
    })
    group.join()
    this.groups.push(group)
  }

  private assertFits({ name, replicas, databases }: GroupConfig): void {
    const wrong = (what: string): Error => new Error(`availability group ${name}: ${what}`)
    if (this.groups.some((one) => one.name.toLowerCase() === name.toLowerCase()))
      throw wrong('is there already')
    if (new Set(replicas).size !== replicas.length) throw wrong('a replica is there twice')
    const [primary, ...secondaries] = replicas.map((replica) => this.named(replica).running)
    if (secondaries.some((one) => one.majorVersion !== primary?.majorVersion))
      throw wrong('its replicas are of different versions')
    for (const database of databases) {
      const found = primary?.databaseNamed(database)
      if (found?.recoveryModel !== 'FULL' || found.state !== 'ONLINE' || found.databaseId <= 4)
        throw wrong(`${database} is no online database in the full recovery model of its first replica`)
      if (found.availability !== undefined) throw wrong(`${database} is in another group`)
      if (secondaries.some((one) => one.databaseNamed(database) !== undefined))
        throw wrong(`${database} is on another replica already`)
    }
  }

  /** Resolves when no replica waits for a key vault. */
  async settled(): Promise<void> {
    for (const group of this.groups) await group.settled()
  }

  called(name: string): AvailabilityGroup {
    const group = this.groups.find((candidate) => candidate.name === name)
    if (group === undefined) throw new Error(`there is no availability group ${name}`)
    return group
  }

  with(instance: string): AvailabilityGroup[] {
    return this.groups.filter((group) => group.includes(instance))
  }

  /** One member alone can't begin anew: the others hold its databases. */
  assertMayReset(instance: string | undefined): void {
    if (instance !== undefined && this.with(instance).length > 0)
      throw new Error(`${instance} is in an availability group: reset all servers`)
  }

  /** After every server was made anew: the groups of the configuration, as at the first start. */
  reset(): void {
    for (const { name } of this.groups.splice(0)) rmSync(this.file(name), { force: true })
    this.start()
  }
}
