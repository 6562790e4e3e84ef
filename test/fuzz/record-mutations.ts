import { hashEntry } from '../../electron/record/entry-hash.ts'
import {
  newSigningKey,
  signBytes,
  signedBytes,
  type SigningKey,
} from '../../electron/record/signing/signature.ts'
import { headOf, type Random, type RecordSample, type SampleRow } from './record-sample.ts'

/** What somebody made of a record. `anchored`: only who has an anchor of the whole record can tell. */
export interface Mutated {
  rows: SampleRow[]
  /** What is claimed as the head; the forger adjusts it where that helps. */
  head: { count: number; head: string }
  anchored: boolean
}

type Mutation = (sample: RecordSample, random: Random) => Mutated

const copyOf = ({ entry, signature }: SampleRow): SampleRow => ({
  entry: { ...entry },
  signature: signature === null ? null : { ...signature },
})

/** A shallow copy of the list; rows that are changed are copied first, so that the sample stays as it is. */
const openRow = (rows: SampleRow[], at: number): SampleRow => {
  const row = rows[at]
  if (row === undefined) throw new Error(`there is no row ${at}`)
  return (rows[at] = copyOf(row))
}

/** Numbers, links and hashes as if everything from there on were genuine. Signatures stay. */
const rechain = (rows: SampleRow[], from: number): void => {
  for (let at = from; at < rows.length; at += 1) {
    const { entry } = openRow(rows, at)
    entry.seq = at + 1
    entry.prev = rows[at - 1]?.entry.hash ?? '0'.repeat(64)
    entry.hash = hashEntry(entry)
  }
}

const done = (rows: SampleRow[]): Mutated => ({ rows, head: headOf(rows), anchored: false })
const other = (text: string): string =>
  text.endsWith('0') ? `${text.slice(0, -1)}1` : `${text.slice(0, -1)}0`

const editEntry = (row: SampleRow, random: Random): void => {
  const { entry } = row
  const edits = [
    () => (entry.form += 1),
    () => (entry.at = other(entry.at)),
    () => (entry.offset_minutes += 60),
    () => (entry.account = `${entry.account}x`),
    () => (entry.person = 'Eve'),
    () => (entry.kind = entry.kind === 'refused' ? 'run-left' : 'refused'),
    () => (entry.outcome = entry.outcome === 'done' ? 'failed' : 'done'),
    () => (entry.run_id = entry.run_id === null ? 'abcdefghijkn' : null),
    () => (entry.objects = entry.objects === '[]' ? '[ ]' : '[]'),
    () => (entry.body = `${entry.body} `),
  ]
  edits[random(edits.length)]?.()
}

/** Entries from `from` on are signed again with that key, under the epochs and key entries of the forger. */
const resign = (rows: SampleRow[], from: number, key: SigningKey, ownKeys: boolean): void => {
  for (let at = from; at < rows.length; at += 1) {
    const { entry, signature } = openRow(rows, at)
    entry.prev = rows[at - 1]?.entry.hash ?? '0'.repeat(64)
    if (ownKeys && (entry.kind === 'signing-key-changed' || entry.kind === 'signing-began')) {
      const body = JSON.parse(entry.body) as { [field: string]: unknown }
      const { publicKey, fingerprint } = key
      const covers = entry.kind === 'signing-began' ? { head: entry.prev } : {}
      entry.body = JSON.stringify({ ...body, publicKey, fingerprint, ...covers })
    }
    entry.hash = hashEntry(entry)
    if (signature !== null) {
      const { epoch, first } = signature
      const bytes = signedBytes({ epoch, first, last: entry.seq, hash: entry.hash })
      signature.value = signBytes(key.privateKey, bytes)
    }
  }
}

const signedRow = (rows: readonly SampleRow[], random: Random): number => {
  for (let at = random(rows.length); ; at = (at + 1) % rows.length) if (rows[at]?.signature) return at
}

export const mutations: Readonly<Record<string, Mutation>> = {
  'an edited entry': ({ rows: all }, random) => {
    const rows = [...all]
    editEntry(openRow(rows, random(rows.length)), random)
    return done(rows)
  },
  'an edited entry with its own hash mended': ({ rows: all }, random) => {
    const rows = [...all]
    const row = openRow(rows, random(rows.length))
    editEntry(row, random)
    row.entry.hash = hashEntry(row.entry)
    return done(rows)
  },
  'an edited entry with every later hash mended': ({ rows: all }, random) => {
    const rows = [...all]
    const at = random(rows.length)
    editEntry(openRow(rows, at), random)
    rechain(rows, at)
    return done(rows)
  },
  'removed entries': ({ rows: all }, random) => {
    const rows = [...all]
    rows.splice(random(rows.length - 1), 1 + random(Math.min(20, rows.length - 2)))
    return { ...done(rows), head: headOf(all) }
  },
  'removed entries, the rest moved up and mended': ({ rows: all }, random) => {
    const rows = [...all]
    const at = random(rows.length - 6)
    rows.splice(at, 1 + random(5))
    rechain(rows, at)
    return done(rows)
  },
  'an entry put in': ({ rows: all }, random) => {
    const rows = [...all]
    const at = random(rows.length)
    rows.splice(at, 0, copyOf(rows[random(rows.length)] as SampleRow))
    rechain(rows, at)
    return done(rows)
  },
  'two entries that changed places': ({ rows: all }, random) => {
    const rows = [...all]
    const one = random(rows.length)
    const two = (one + 1 + random(rows.length - 1)) % rows.length
    const [first, second] = [openRow(rows, one), openRow(rows, two)]
    rows[one] = { ...second, entry: { ...second.entry, seq: one + 1 } }
    rows[two] = { ...first, entry: { ...first.entry, seq: two + 1 } }
    if (random(2) === 0) rechain(rows, Math.min(one, two))
    return done(rows)
  },
  'an end cut off, the head left as it was': ({ rows: all }, random) => {
    const rows = all.slice(0, 1 + random(all.length - 1))
    return { ...done(rows), head: headOf(all) }
  },
  'an end cut off where a signature ends, the head mended': ({ rows: all }, random) => {
    const rows = all.slice(0, signedRow(all.slice(0, -1), random) + 1)
    return { ...done(rows), anchored: true }
  },
  'a beginning cut off': ({ rows: all }, random) => {
    const rows = all.slice(1 + random(Math.min(50, all.length - 2)))
    if (random(2) === 0) rechain(rows, 0)
    return done(rows)
  },
  'another signature': ({ rows: all }, random) => {
    const rows = [...all]
    const { signature } = openRow(rows, signedRow(rows, random))
    if (signature === null) throw new Error('a signature was wanted')
    const edits = [
      () => (signature.value = other(signature.value)),
      () => (signature.value = signature.value.toUpperCase().replace(/^[^A-F]*$/, '00')),
      () => (signature.epoch += 1),
      () => (signature.first += 1),
      () => (signature.first -= 1),
    ]
    edits[random(edits.length)]?.()
    return done(rows)
  },
  'a signature taken away': ({ rows: all }, random) => {
    const rows = [...all]
    openRow(rows, signedRow(rows, random)).signature = null
    return done(rows)
  },
  'entries put at the end without a signature': ({ rows: all }, random) => {
    const rows = [...all]
    for (let more = 1 + random(3); more > 0; more -= 1) {
      const like = copyOf(rows[random(rows.length)] as SampleRow)
      rows.push({ ...like, signature: null })
    }
    rechain(rows, all.length)
    return done(rows)
  },
  'the last signature taken away': ({ rows: all }) => {
    const rows = [...all]
    openRow(rows, rows.length - 1).signature = null
    return done(rows)
  },
  'two signatures that changed places': ({ rows: all }, random) => {
    const rows = [...all]
    const one = openRow(rows, signedRow(rows, random))
    const two = openRow(rows, signedRow(rows, random))
    if (one.entry.seq === two.entry.seq) two.signature = null
    else [one.signature, two.signature] = [two.signature, one.signature]
    return done(rows)
  },
  'yesterday signed again with the key of today': ({ rows: all, lastKey }, random) => {
    const rows = [...all]
    const began = rows.findLastIndex(({ entry }) => entry.kind === 'signing-key-changed')
    const at = 1 + random(began - 1)
    editEntry(openRow(rows, at), random)
    resign(rows, at, lastKey, random(2) === 0)
    return done(rows)
  },
  'everything signed again with keys of the forger': ({ rows: all }, random) => {
    const rows = [...all]
    const at = random(rows.length)
    editEntry(openRow(rows, at), random)
    resign(rows, random(2) === 0 ? 0 : at, newSigningKey(), true)
    return { ...done(rows), anchored: true }
  },
}

/** One character of a file changed, removed or added: the outcome is another file, or null where nothing changed. */
export const mutatedText = (text: string, random: Random): string | null => {
  const at = random(text.length)
  const cut =
    text.slice(0, at) + [text.slice(at + 1), ` ${text.slice(at)}`, `7${text.slice(at + 1)}`][random(3)]
  return cut === text ? null : cut
}
