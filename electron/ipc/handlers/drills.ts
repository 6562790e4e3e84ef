import type { DrillRow, PageReply } from '../../../shared/ipc/schemas.ts'
import type { RecordRow } from '../../../shared/model/record.ts'
import type { Record } from '../../record/record.ts'
import { pageOf, type Cells } from '../paging.ts'
import type { Handlers } from '../router.ts'

/** The newest ones; a list that a person reads needs no more. */
const mostDrills = 2_000
const perRead = 100

export const drillCells: Cells<DrillRow> = {
  at: ({ at }) => at,
  database: ({ database }) => database,
  source: ({ source }) => source,
  drillServer: ({ drillServer }) => drillServer,
  outcome: ({ outcome }) => outcome,
  level: ({ level }) => level,
  backupOf: ({ backupOf }) => backupOf,
  passwords: ({ passwords }) => passwords,
  totalSeconds: ({ totalSeconds }) => totalSeconds,
}

const newestFirst = { column: 'at', direction: 'desc' } as const

/** The drills that the record holds: nothing is asked of any server. */
export const drillsHandlers = ({ record }: { record: Record }) =>
  ({
    'drills.page': async ({ page }): Promise<PageReply<DrillRow>> => {
      const rows = drillsIn(record)
      return {
        ...pageOf(rows, { ...page, sort: page.sort ?? newestFirst }, drillCells),
        asOf: rows[0]?.at ?? null,
        missing: [],
      }
    },
  }) satisfies Partial<Handlers>

/** The newest drills of the record first. */
export const drillsIn = (record: Record): DrillRow[] => {
  const rows: DrillRow[] = []
  for (let offset = 0; offset < mostDrills; offset += perRead) {
    const page = record.page({
      filter: { kind: ['drill-ended'] },
      offset,
      limit: perRead,
      order: 'newest-first',
    })
    rows.push(...page.rows.flatMap(rowOf))
    if (offset + perRead >= page.total) break
  }
  return rows
}

const rowOf = (entry: RecordRow): DrillRow[] => {
  if (entry.kind !== 'drill-ended') return []
  const { body } = entry
  const { problem } = body
  return [
    {
      seq: entry.seq,
      at: entry.at,
      run: entry.runId,
      database: body.database,
      source: body.source,
      sourceId: body.sourceId,
      drillServer: body.drillServer,
      outcome: body.outcome,
      level: body.level,
      backupOf: body.sets[0]?.finishedAt ?? '',
      sets: body.sets.map(({ kind, finishedAt, setId }) => `${kind}, ${finishedAt}, set ${setId}`),
      thumbprints: body.thumbprints,
      passwords: body.passwords,
      checks: body.checks,
      restoreSeconds: body.restoreSeconds,
      totalSeconds: body.totalSeconds,
      problem:
        problem === null
          ? null
          : {
              title: problem.title,
              next: problem.next,
              number: problem.vendor === undefined ? null : `SQL ${String(problem.vendor.number)}`,
            },
    },
  ]
}
