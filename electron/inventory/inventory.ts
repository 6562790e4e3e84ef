import { problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { KeyRow } from '../../shared/ipc/schemas.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { Clock } from '../ports/clock.ts'
import type { SqlServers } from '../ports/sql-server.ts'
import { readServerKeys } from './server-keys.ts'

/** What was read of one target, last time it answered, and what went wrong since. */
interface TargetKeys {
  name: string
  rows: KeyRow[]
  readAt: string | null
  notVisible: string[]
  problem: Problem | null
}

export interface Inventory {
  /** Reads every target again, or only those never read. A target that does not answer keeps its old rows. */
  read(targets: readonly TargetRef[], again: boolean): Promise<void>
  rows(targets: readonly TargetRef[]): KeyRow[]
  sources(
    targets: readonly TargetRef[],
  ): { source: string; readAt: string | null; notVisible: string[]; problem: Problem | null }[]
  forget(target: TargetId): void
}

/** First cut: held in memory, read on demand, at most four targets at once. */
export const createInventory = (servers: SqlServers, clock: Clock): Inventory => {
  const known = new Map<TargetId, TargetKeys>()
  const readOne = async (target: TargetRef): Promise<void> => {
    const before = known.get(target.id)
    try {
      const server = await servers.open(target)
      const now = clock.now()
      const { rows, notVisible } = await readServerKeys(server, now.toISOString(), now)
      known.set(target.id, { name: target.name, rows, notVisible, readAt: now.toISOString(), problem: null })
    } catch (thrown) {
      known.set(target.id, {
        name: target.name,
        rows: before?.rows ?? [],
        readAt: before?.readAt ?? null,
        notVisible: before?.notVisible ?? [],
        problem: problemOf(thrown),
      })
    }
  }
  const of = (targets: readonly TargetRef[]): TargetKeys[] =>
    targets.map(({ id }) => known.get(id)).filter((keys): keys is TargetKeys => keys !== undefined)
  return {
    read: async (targets, again) => {
      const due = targets.filter(({ id }) => again || !known.has(id))
      for (let first = 0; first < due.length; first += atOnce) {
        await Promise.all(due.slice(first, first + atOnce).map(readOne))
      }
    },
    rows: (targets) => of(targets).flatMap(({ rows }) => rows),
    sources: (targets) =>
      of(targets).map(({ name, readAt, notVisible, problem }) => ({
        source: name,
        readAt,
        notVisible,
        problem,
      })),
    forget: (target) => void known.delete(target),
  }
}

const atOnce = 4
