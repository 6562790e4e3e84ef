import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import { asRunId } from '../../shared/model/ids.ts'
import { sentenceOf } from '../../shared/model/record-sentences.ts'
import {
  objectRefSchema,
  recordBodies,
  type KindAndBody,
  type NewEntry,
  type Operator,
  type RecordEntry,
  type RecordKind,
  type RecordRow,
} from '../../shared/model/record.ts'
import type { Clock } from '../ports/clock.ts'
import { hashEntry, type EntryColumns } from './entry-hash.ts'
import { prepared } from './prepared.ts'

const entryForm = 1
const objectsSchema = z.array(objectRefSchema)

/** Adds one entry inside the transaction of the caller and moves the head. */
export const appendEntry = (
  db: DatabaseSync,
  clock: Clock,
  actor: Operator,
  entry: NewEntry,
): RecordEntry => {
  const body: unknown = recordBodies[entry.kind].parse(entry.body)
  const objects = objectsSchema.parse(entry.objects ?? [])
  const head = prepared(db, 'SELECT seq, hash FROM chain_head').get()
  const now = clock.now()
  const columns: EntryColumns = {
    form: entryForm,
    seq: Number(head?.seq) + 1,
    at: now.toISOString(),
    offset_minutes: -now.getTimezoneOffset() + 0,
    account: actor.account,
    person: actor.name,
    kind: entry.kind,
    outcome: entry.outcome,
    run_id: entry.runId ?? null,
    objects: JSON.stringify(objects),
    body: JSON.stringify(body),
    prev: String(head?.hash),
  }
  const hash = hashEntry(columns)
  prepared(
    db,
    `INSERT INTO entry (seq, form, at, offset_minutes, account, person, kind, outcome, run_id, objects, body, prev, hash)
     VALUES (:seq, :form, :at, :offset_minutes, :account, :person, :kind, :outcome, :run_id, :objects, :body, :prev, :hash)`,
  ).run({ ...columns, hash })
  prepared(db, 'UPDATE chain_head SET seq = ?, hash = ?').run(columns.seq, hash)
  return entryFrom({ ...columns, hash })
}

const text = z.string()
const rowSchema = z.object({
  form: z.number(),
  seq: z.number(),
  at: text,
  offset_minutes: z.number(),
  account: text,
  person: text,
  kind: text,
  outcome: z.enum(['done', 'refused', 'failed']),
  run_id: text.nullable(),
  objects: text,
  body: text,
  prev: text,
  hash: text,
})
export type EntryRow = z.infer<typeof rowSchema>

export const entryRow = (row: Record<string, SQLOutputValue>): EntryRow => rowSchema.parse(row)

/** Throws where the columns do not hold what their kind needs: such a row was not written by Keyturn. */
export const entryFrom = (row: EntryColumns & { hash: string }): RecordEntry => ({
  ...kindAndBody(row.kind, row.body),
  seq: row.seq,
  at: row.at,
  offsetMinutes: row.offset_minutes,
  actor: { account: row.account, name: row.person },
  outcome: rowSchema.shape.outcome.parse(row.outcome),
  runId: row.run_id === null ? null : asRunId(row.run_id),
  objects: objectsSchema.parse(JSON.parse(row.objects)),
  prev: row.prev,
  hash: row.hash,
})

export const withSentence = (entry: RecordEntry): RecordRow => ({ ...entry, sentence: sentenceOf(entry) })

const kindAndBody = (kind: string, body: string): KindAndBody => {
  const known = z.enum(Object.keys(recordBodies) as [RecordKind, ...RecordKind[]]).parse(kind)
  return { kind: known, body: recordBodies[known].parse(JSON.parse(body)) } as KindAndBody
}
