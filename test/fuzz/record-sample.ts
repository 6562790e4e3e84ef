import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { EntryRow } from '../../electron/record/entries.ts'
import { createRecord, type Record } from '../../electron/record/record.ts'
import type { SignatureRow } from '../../electron/record/signing/check.ts'
import {
  countersignedBytes,
  newSigningKey,
  signBytes,
  type SigningKey,
} from '../../electron/record/signing/signature.ts'
import { asRunId } from '../../shared/model/ids.ts'
import type { NewEntry } from '../../shared/model/record.ts'
import { memoryKeys } from '../support/memory-keys.ts'

export interface SampleRow {
  entry: EntryRow
  signature: SignatureRow | null
}

/** A record with everything that can be in one, and what a thief of its machine would have in hand. */
export interface RecordSample {
  rows: SampleRow[]
  identity: string
  lastKey: SigningKey
  db: DatabaseSync
  record: Record
  end(): void
}

/** `random` gives whole numbers below its parameter. */
export type Random = (below: number) => number

export const makeRecordSample = (entries: number, random: Random): RecordSample => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-fuzz-record-'))
  const keys = memoryKeys()
  let db: DatabaseSync | undefined
  let ms = Date.parse('2026-11-22T08:00:00.000Z')
  const record = createRecord({
    file: join(folder, 'record.db'),
    clock: { now: () => new Date((ms += 1_000)), monotonicMs: () => ms },
    operator: { account: 'kt', name: 'Zoë 𝛑' },
    keys,
    limits: { entries: Math.max(10, Math.min(100, Math.floor(entries / 8))), milliseconds: 3_600_000 },
    opened: (opened) => {
      db = opened
      opened.exec('PRAGMA synchronous = OFF')
    },
  })
  const countersigner = newSigningKey()
  const { publicKey, fingerprint } = countersigner
  record.append({
    kind: 'countersigner-began',
    outcome: 'done',
    body: { publicKey, fingerprint, because: 'first', before: null },
  })
  const countersign = (): void =>
    void record.commit({
      entries: ({ count, head }) => {
        const since = (record.latest('countersigned')?.body.count ?? 0) + 1
        const signature = signBytes(countersigner.privateKey, countersignedBytes(fingerprint, count, head))
        const body = { count, head, since, fingerprint, signature }
        return [{ kind: 'countersigned', outcome: 'done', body }]
      },
    })
  while (record.head().count < entries) {
    const wish = random(40)
    if (wish === 0) countersign()
    else if (wish === 1) record.append({ kind: 'anchor-made', outcome: 'done', body: anchorBody(record) })
    else if (wish === 2) record.endEpoch('lock')
    else record.commit({ entries: Array.from({ length: 1 + random(4) }, () => someEntry(random)) })
  }
  const identity = record.latest('signing-began')?.body.fingerprint
  if (db === undefined || identity === undefined || keys.present === null)
    throw new Error('no record was made')
  return {
    rows: readRows(db),
    identity,
    lastKey: keys.present,
    db,
    record,
    end: () => {
      record.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const anchorBody = (record: Record) => ({ ...record.head(), how: 'print' as const, to: null })

const words = ['SQL-1', 'Größe', '𝛑', 'a "quoted" one', 'C:\\Backup\\x.bak', '', '\u2028', "'; --"]

const someEntry = (random: Random): NewEntry => {
  const word = `${words[random(words.length)] ?? ''}${random(1_000)}`
  const runId = random(3) === 0 ? asRunId('abcdefghijkm') : null
  const objects = [{ type: 'target' as const, id: 't-aaaaaaaaaaaa', name: word }]
  switch (random(4)) {
    case 0:
      return { kind: 'keyring-locked', outcome: 'done', runId, body: { runsGoOn: random(2) === 0 } }
    case 1:
      return { kind: 'rehearsal-changed', outcome: 'done', runId, body: { what: word } }
    case 2:
      return { kind: 'run-stop-requested', outcome: 'refused', runId, objects, body: { how: 'now' } }
    default:
      return {
        kind: 'connection-added',
        outcome: 'done',
        objects,
        body: { name: word, address: `${word}:1433`, environment: 'test' },
      }
  }
}

const readRows = (db: DatabaseSync): SampleRow[] =>
  db
    .prepare(
      `SELECT entry.*, signature.first, signature.epoch, signature.value
       FROM entry LEFT JOIN signature ON signature.seq = entry.seq ORDER BY entry.seq`,
    )
    .all()
    .map(({ first, epoch, value, ...entry }) => ({
      entry: entry as unknown as EntryRow,
      signature: value === null ? null : ({ first, epoch, value } as unknown as SignatureRow),
    }))

/** The file that an export of these rows would be; `head` says what its first line claims. */
export const linesOf = (rows: readonly SampleRow[], head = headOf(rows)): string[] => [
  JSON.stringify({ format: 'keyturn record export', version: 1, from: 1, ...head }),
  ...rows.map((row) => JSON.stringify(row)),
]

export const headOf = (rows: readonly SampleRow[]): { count: number; head: string } => ({
  count: rows.at(-1)?.entry.seq ?? 0,
  head: rows.at(-1)?.entry.hash ?? '0'.repeat(64),
})
