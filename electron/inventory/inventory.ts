import { KeyturnError, problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { KeyRow } from '../../shared/ipc/schemas.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { eachAtOnce } from '../platform/at-once.ts'
import type { AzurePorts } from '../ports/azure.ts'
import type { Clock } from '../ports/clock.ts'
import type { SqlServers } from '../ports/sql-server.ts'
import type { TokenReadings } from '../ports/token-readings.ts'
import { readServerKeys } from './server-keys.ts'
import { rowsOfReading } from './token-keys.ts'
import { vaultsOf } from './subscription-vaults.ts'
import { readVaultKeys } from './vault-keys.ts'

/** What was read of one server or vault, last time it answered, and what went wrong since. */
interface SourceKeys {
  source: string
  rows: KeyRow[]
  readAt: string | null
  notVisible: string[]
  problem: Problem | null
}
type SourceState = Omit<SourceKeys, 'rows'>

export interface Inventory {
  /** Reads every target again, or only those never read. What does not answer keeps its old rows. */
  read(targets: readonly TargetRef[], again: boolean): Promise<void>
  rows(targets: readonly TargetRef[]): KeyRow[]
  /** A subscription has a source for each of its vaults. */
  sources(targets: readonly TargetRef[]): SourceState[]
  forget(target: TargetId): void
}

interface Part {
  source: string
  read(): Promise<Pick<SourceKeys, 'rows' | 'notVisible'>>
}

export interface InventoryDeps {
  servers: SqlServers
  azure: AzurePorts
  /** Whether opening it makes a person enter a code somewhere. */
  signsInByCode(target: TargetId): boolean
  /** Of a connection of one vault, as a person entered it; null: it is none. */
  vaultHost(target: TargetId): string | null
  readings: Pick<TokenReadings, 'last' | 'shown' | 'careful'>
  clock: Clock
}

/** First cut: held in memory, read on demand. */
export const createInventory = ({
  servers,
  azure,
  signsInByCode,
  vaultHost,
  readings,
  clock,
}: InventoryDeps): Inventory => {
  const known = new Map<TargetId, readonly SourceKeys[]>()

  const partsOf = async (
    target: TargetRef,
    others: readonly TargetRef[],
    again: boolean,
  ): Promise<Part[]> => {
    const { name, environment } = target
    if (target.kind === 'sqlserver') {
      const read = async () => {
        const now = clock.now()
        return readServerKeys(await servers.open(target), now.toISOString(), now)
      }
      return [{ source: name, read }]
    }
    if (target.kind === 'keyvault') {
      const read = async () => {
        const vault = await azure.vaults.open(target)
        return {
          rows: await readVaultKeys(vault, { target: name, environment, now: clock.now() }),
          notVisible: [],
        }
      }
      return [{ source: name, read }]
    }
    if (target.kind === 'hsm') {
      const read = async () => {
        // Reading again is a person's wish, so it may log in; otherwise what was seen with the PIN before is more.
        const reading = again
          ? await readings.careful(target)
          : (readings.last(target.id) ?? (await readings.shown(target)))
        return { rows: rowsOfReading(reading, target), notVisible: [] }
      }
      return [{ source: name, read }]
    }
    const own = new Set(others.flatMap(({ id }) => vaultHost(id)?.toLowerCase() ?? []))
    const hosts = await vaultsOf(azure, target, own)
    return hosts.map((host) => ({
      source: host,
      read: async () => {
        const vault = await azure.vaults.at(target, host)
        try {
          return {
            rows: await readVaultKeys(vault, { target: host, environment, now: clock.now() }),
            notVisible: [],
          }
        } finally {
          await vault.close()
        }
      },
    }))
  }

  const readPart = async (part: Part, before: readonly SourceKeys[]): Promise<SourceKeys> => {
    const { source } = part
    try {
      return { source, ...(await part.read()), readAt: clock.now().toISOString(), problem: null }
    } catch (thrown) {
      const old = before.find((one) => one.source === source) ?? neverRead(source)
      return { ...old, problem: problemOf(thrown) }
    }
  }

  const readOne = async (target: TargetRef, others: readonly TargetRef[], again: boolean): Promise<void> => {
    const before = known.get(target.id) ?? []
    try {
      const found: SourceKeys[] = []
      await eachAtOnce(await partsOf(target, others, again), partsAtOnce, async (part) => {
        found.push(await readPart(part, before))
      })
      known.set(target.id, found)
    } catch (thrown) {
      // Not even its parts were named: rows of before stay, and each says why it is old.
      const problem = problemOf(thrown)
      const old = before.length > 0 ? before : [neverRead(target.name)]
      known.set(
        target.id,
        old.map((one) => ({ ...one, problem })),
      )
    }
  }

  const of = (targets: readonly TargetRef[]): SourceKeys[] => targets.flatMap(({ id }) => known.get(id) ?? [])
  return {
    read: (targets, again) =>
      eachAtOnce(
        targets.filter(({ id }) => again || !known.has(id)),
        targetsAtOnce,
        async (target) => {
          if (again || !signsInByCode(target.id)) return readOne(target, targets, again)
          const { problem } = new KeyturnError('azure-sign-in-waits', { target: target.name })
          known.set(target.id, [{ ...neverRead(target.name), problem }])
        },
      ),
    rows: (targets) => of(targets).flatMap(({ rows }) => rows),
    sources: (targets) =>
      of(targets).map(({ source, readAt, notVisible, problem }) => ({ source, readAt, notVisible, problem })),
    forget: (target) => void known.delete(target),
  }
}

const neverRead = (source: string): SourceKeys => ({
  source,
  rows: [],
  readAt: null,
  notVisible: [],
  problem: null,
})

/** A dead one is asked for half a minute: the others don't wait behind it. */
const targetsAtOnce = 8
/** Vaults of one subscription: five vaults' worth of requests are its limit, with eight in flight for each. */
const partsAtOnce = 4
