import type { AuditPage, PageRequest } from '../../../shared/ipc/schemas.ts'
import { recordKinds, recordOutcomes, type ChainCheck, type RecordRow } from '../../../shared/model/record.ts'
import type { Record } from '../../record/record.ts'
import type { Handlers } from '../router.ts'

export const auditHandlers = ({ record }: { record: Record }) =>
  ({
    'audit.page': async ({ page, check }) => {
      if (check) record.verifyChain()
      return auditPage(record, page)
    },
  }) satisfies Partial<Handlers>

export const auditPage = (record: Record, page: PageRequest): AuditPage => {
  const valuesOf = (property: string): string[] =>
    page.filters.filter((one) => one.property === property).map(({ value }) => value)
  const kind = recordKinds.filter((one) => valuesOf('kind').includes(one))
  const outcome = recordOutcomes.filter((one) => valuesOf('outcome').includes(one))
  const found = record.page({
    filter: {
      ...(page.search === '' ? {} : { text: page.search }),
      ...(kind.length === 0 ? {} : { kind }),
      ...(outcome.length === 0 ? {} : { outcome }),
    },
    offset: page.offset,
    limit: page.limit,
    order: page.sort?.direction === 'asc' ? 'oldest-first' : 'newest-first',
  })
  return {
    rows: found.rows.map(rowOf),
    total: found.total,
    asOf: found.rows[0]?.at ?? null,
    missing: [],
    chain: chainOf(found.chain, found.total),
  }
}

const rowOf = (row: RecordRow): AuditPage['rows'][number] => ({
  seq: row.seq,
  at: row.at,
  actor:
    row.actor.name === row.actor.account ? row.actor.account : `${row.actor.name} (${row.actor.account})`,
  sentence: row.sentence,
  kind: row.kind,
  outcome: row.outcome,
  object: row.objects.map(({ name }) => name).join(', '),
  hash: row.hash,
  previousHash: row.prev,
  body: row.body,
})

const chainOf = (chain: ChainCheck | null, known: number): AuditPage['chain'] => {
  if (chain === null) {
    return {
      state: 'not-checked',
      entries: known,
      at: null,
      detail: 'Not checked since Keyturn started',
      head: null,
    }
  }
  return chain.unbroken
    ? {
        state: 'unbroken',
        entries: chain.entries,
        at: chain.at,
        detail: `Entries 1 to ${chain.entries} fit together`,
        head: chain.head,
      }
    : {
        state: 'broken',
        entries: chain.entries,
        at: chain.at,
        detail: `Entry ${chain.brokenAt}: ${chain.why}`,
        head: null,
      }
}
