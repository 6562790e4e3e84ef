import { join } from 'node:path'
import { setImmediate as others } from 'node:timers/promises'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AuditPage, PageRequest } from '../../../shared/ipc/schemas.ts'
import {
  recordKinds,
  recordOutcomes,
  type ChainCheck,
  type Operator,
  type RecordRow,
} from '../../../shared/model/record.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import { readFileCapped } from '../../platform/read-file.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Places } from '../../ports/places.ts'
import { anchorText, compareAnchor } from '../../record/anchors.ts'
import type { Head, Record } from '../../record/record.ts'
import { verifierName, verifierScript } from '../../record/verifier-script.ts'
import type { Handlers } from '../router.ts'

export interface AuditParts {
  record: Record
  places: Places
  clock: Clock
  operator: Operator
  rehearsal: boolean
}

export const auditHandlers = ({ record, places, clock, operator, rehearsal }: AuditParts) => {
  const prefix = rehearsal ? 'REHEARSAL-' : ''
  const anchor = (): Head & { text: string } => {
    const head = record.head()
    const { identity, countersigned } = tiesOf(record)
    if (identity === null) throw new KeyturnError('record-unavailable')
    const countersigner = countersigned?.key ?? null
    const text = anchorText({ ...head, identity, countersigner, at: clock.now(), operator, rehearsal })
    return { ...head, text }
  }
  return {
    'audit.page': async ({ page, check }) => {
      if (check) await record.checkChain()
      return auditPage(record, page)
    },
    'audit.saveAnchor': async ({ place }) => {
      const { count, head, text } = anchor()
      const name = `${prefix}keyturn-anchor-${count}.txt`
      await writeNewFile(join(places.folderOf(place), name), Buffer.from(text))
      const to = places.label(place)
      record.append({ kind: 'anchor-made', body: { count, head, how: 'saved', to }, outcome: 'done' })
      return { name }
    },
    'audit.anchorToPrint': async () => {
      const { count, head, text } = anchor()
      record.append({ kind: 'anchor-made', body: { count, head, how: 'print', to: null }, outcome: 'done' })
      return { text }
    },
    'audit.compareAnchor': ({ anchor: pasted }) => compareAnchor(record, pasted),
    'audit.export': async ({ place, from }) => {
      const to = record.head()
      const { count, head } = to
      if (from > count) throw new KeyturnError('not-found', { what: `Entry ${from}` })
      const folder = places.folderOf(place)
      const name = `${prefix}keyturn-record-${from}-${count}.jsonl`
      await writeVerifier(folder)
      await writeNewFile(join(folder, name), await exported(record.exportLines(from, to)))
      const body = { from, count, head, to: places.label(place) }
      record.append({ kind: 'record-exported', body, outcome: 'done' })
      return { name, verifier: verifierName }
    },
  } satisfies Partial<Handlers>
}

/** The same script may be there from an export before; another file of its name is not replaced. */
const writeVerifier = async (folder: string): Promise<void> => {
  const path = join(folder, verifierName)
  const script = verifierScript()
  try {
    await writeNewFile(path, script, { mode: 0o700 })
  } catch (thrown) {
    if (!(thrown instanceof KeyturnError) || thrown.code !== 'local-file-exists') throw thrown
    const there = await readFileCapped(path, script.length).catch(() => null)
    if (there === null || !there.equals(script)) throw thrown
  }
}

const linesAtOnce = 2_000

/** In slices, so that a long record does not keep the window waiting. */
const exported = async (all: Iterable<string>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let lines: string[] = []
  const flush = async (): Promise<void> => {
    chunks.push(Buffer.from(lines.join('')))
    lines = []
    await others()
  }
  for (const line of all) {
    lines.push(line)
    if (lines.length >= linesAtOnce) await flush()
  }
  await flush()
  return Buffer.concat(chunks)
}

const tiesOf = (record: Record): AuditPage['ties'] => {
  const began = record.latest('signing-began')
  const changed = record.latest('signing-key-changed')
  const countersigned = record.latest('countersigned')
  const anchor = record.latest('anchor-made')
  return {
    identity: began?.body.fingerprint ?? null,
    signedFrom: began?.seq ?? null,
    epoch: Math.max(began?.body.epoch ?? 0, changed?.body.epoch ?? 0) || null,
    countersigned: countersigned && {
      to: countersigned.body.count,
      at: countersigned.at,
      key: countersigned.body.fingerprint,
    },
    anchor: anchor && { count: anchor.body.count, at: anchor.at, how: anchor.body.how },
  }
}

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
    chain: chainOf(found.chain, record.head().count),
    ties: tiesOf(record),
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
        detail: `Entries 1 to ${chain.entries} fit together, ${signedWords(chain)}`,
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

const signedWords = ({ signing: { from, anew } }: Extract<ChainCheck, { unbroken: true }>): string => {
  if (from === null) return 'not signed'
  const again = anew.map((seq) => `; signed anew from entry ${seq}, because the key before was missing`)
  return `signed from entry ${from}${again.join('')}`
}
