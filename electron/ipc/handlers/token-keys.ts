import { problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { OpenHsmKey } from '../../../shared/model/hsm.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { RunSummary } from '../../../shared/model/plan.ts'
import type { TokenKeyRow, TokenKeysHead } from '../../../shared/model/token-key.ts'
import type { Inventory } from '../../inventory/inventory.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HsmTargets } from '../../ports/hsm-targets.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { TokenReading, TokenReadings } from '../../ports/token-readings.ts'
import type { CopySearch, Verdicts } from '../../ports/verdicts.ts'
import type { Connections } from '../../profile/connections.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Record } from '../../record/record.ts'
import { pageOf } from '../paging.ts'
import type { Handlers } from '../router.ts'
import { tellTokenUse } from './tell-token-use.ts'
import { tokenKeyCells, tokenKeyRows } from './token-rows.ts'

export interface TokenKeysParts {
  tokens: HsmTargets
  readings: TokenReadings
  verdicts: Pick<Verdicts, 'copies'>
  inventory: Pick<Inventory, 'forget'>
  connections: Connections
  keyring: Pick<Keyring, 'list'>
  record: Record
  openKeys(): readonly OpenHsmKey[]
  runs(): readonly Pick<RunSummary, 'id' | 'job' | 'targets' | 'endedAt'>[]
  clock: Clock
}

/** Jobs that make, change or take away keys of a token. */
const changesTokens: ReadonlySet<string> = new Set(['hsm-key', 'hsm-key-care', 'escrow-drill'])

interface Comparison {
  /** What was compared: another reading is not. */
  of: TokenReading
  search: CopySearch
  at: string
}

/** Keys of one token: what was read with its PIN, and what was compared since, held in memory. */
export const tokenKeysOf = (parts: TokenKeysParts) => {
  const { readings, connections, record, clock } = parts
  const comparisons = new Map<TargetId, Comparison>()
  const compared = (reading: TokenReading): Comparison | null => {
    const found = comparisons.get(reading.target.id)
    return found?.of === reading ? found : null
  }
  const rowsOf = (reading: TokenReading): TokenKeyRow[] =>
    tokenKeyRows(reading, parts.openKeys(), compared(reading)?.search ?? null)
  const headOf = (reading: TokenReading | null): TokenKeysHead => {
    if (reading === null) return { by: null, changedBy: null, compared: null }
    const comparison = compared(reading)
    return {
      by: `${reading.product}, serial ${reading.serial}`,
      changedBy:
        parts
          .runs()
          .find(
            ({ job, targets, endedAt }) =>
              changesTokens.has(job) &&
              targets.some(({ id }) => id === reading.target.id) &&
              (endedAt === null || endedAt > reading.at),
          )?.id ?? null,
      compared:
        comparison === null
          ? null
          : { at: comparison.at, asked: comparison.search.asked, notAsked: comparison.search.notAsked },
    }
  }
  const handlers = {
    'hsm.look': async ({ id }) => {
      const { pin } = connections.hsm(id)
      const open = await parts.tokens.open(refOf(connections.hsm(id)))
      try {
        const { pin: state, pinPad } = open.facts
        return { pin: state, pinPad, pinKept: parts.keyring.list().some((one) => one.id === pin) }
      } finally {
        await open.close()
      }
    },
    'hsm.readKeys': async ({ id }) => {
      const connection = connections.hsm(id)
      const told = (problem: Problem | null): void => tellTokenUse(record, connection, problem)
      try {
        const { at } = await readings.whole(refOf(connection))
        // What the page Keys holds of it is older now.
        parts.inventory.forget(id)
        told(null)
        return { at }
      } catch (thrown) {
        told(problemOf(thrown))
        throw thrown
      }
    },
    'hsm.keys': async ({ id, page }) => {
      const connection = connections.hsm(id)
      const reading = readings.last(connection.id)
      return {
        ...pageOf(reading === null ? [] : rowsOf(reading), page, tokenKeyCells),
        asOf: reading?.at ?? null,
        missing: [],
        ...headOf(reading),
      }
    },
    'hsm.compareKeys': async ({ id }) => {
      const reading = readings.last(connections.hsm(id).id)
      if (reading === null) return headOf(null)
      const search = await parts.verdicts.copies()
      comparisons.set(id, { of: reading, search, at: clock.now().toISOString() })
      return headOf(reading)
    },
  } satisfies Partial<Handlers>
  return {
    handlers,
    /** Of all tokens that were read, for an export of the table. */
    rows: (): TokenKeyRow[] =>
      connections
        .list()
        .flatMap(({ id, kind }) => (kind === 'hsm' ? (readings.last(id) ?? []) : []))
        .flatMap(rowsOf),
  }
}
