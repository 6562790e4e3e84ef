import { verifyChain } from '../../electron/record/chain.ts'
import { verifyExport } from '../../electron/record/offline/keyturn-audit-verify.mjs'
import { seeded } from '../support/seeded.ts'
import { mutatedText, mutations, type Mutated } from './record-mutations.ts'
import { headOf, linesOf, makeRecordSample, type Random, type RecordSample } from './record-sample.ts'

const at = '2026-11-22T08:00:00.000Z'

/**
 * Changes a record in ways that somebody with its file (and, for some, with its present key) could, and asks both who
 * check it: the program and the stand-alone script. Throws on the first change that one of them does not find, and
 * where an untouched record is called broken. The changes are spread over the whole record. Returns what was looked at,
 * in words.
 */
export const fuzzRecord = (entries: number, cases: number, seed: number): string => {
  const random = seeded(seed)
  const sample = makeRecordSample(entries, random)
  try {
    const names = Object.keys(mutations)
    const kinds = names.length + 1
    const rounds = Math.ceil(cases / kinds)
    assertClean(sample)
    let clean = 1
    const tenths = new Set<number>()
    for (let round = 0; round < cases; round += 1) {
      if (round % 20 === 19) {
        assertCleanPart(sample, random)
        clean += 1
      }
      const kind = round % kinds
      const name = names[kind]
      // Kinds are staggered, so that no two changes share a part of the record.
      const part = Math.floor(round / kinds) + rounds * ((kind * 5) % kinds)
      const place = placedIn(sample.rows.length, part, rounds * kinds, random)
      const at =
        name === undefined
          ? assertTextFound(`round ${round}`, sample, place)
          : assertFound(`round ${round}: ${name}`, sample, mutations[name]?.(sample, place))
      if (at !== null) tenths.add(Math.floor(((at - 1) * 10) / sample.rows.length))
    }
    const whole = tenths.has(10) ? tenths.size - 1 : tenths.size
    return `${clean} clean, no false alarm; found in ${whole} of 10 tenths of ${sample.rows.length} entries`
  } finally {
    sample.end()
  }
}

/** The first large number that a change asks for is its place: it falls into that part of the record. */
const placedIn = (rows: number, part: number, parts: number, random: Random): Random => {
  let placed = false
  return (below) => {
    if (placed || below < rows / 2) return random(below)
    placed = true
    const [from, to] = [Math.floor((part * below) / parts), Math.floor(((part + 1) * below) / parts)]
    return from + random(Math.max(1, to - from))
  }
}

const assertClean = (sample: RecordSample): void => {
  const check = verifyChain(sample.db, at)
  if (!check.unbroken) throw new Error(`false alarm of the program at ${check.brokenAt}: ${check.why}`)
  const { count, head } = headOf(sample.rows)
  const wish = { key: sample.identity, anchors: [`${count}:${head}`, head] }
  const { code, lines } = verifyExport(linesOf(sample.rows), wish)
  if (code !== 0) throw new Error(`false alarm of the script: ${lines.join(' ')}`)
}

/** A part of the record as the program exports it, from anywhere on. */
const assertCleanPart = ({ record, identity, rows }: RecordSample, random: Random): void => {
  const from = 1 + random(rows.length)
  const lines = [...record.exportLines(from)].map((line) => line.slice(0, -1))
  const anchor = rows[from - 1 + random(rows.length - from + 1)]?.entry
  const wish = { key: identity, anchors: [`${anchor?.seq}:${anchor?.hash}`] }
  const result = verifyExport(lines, wish)
  if (result.code !== 0) throw new Error(`false alarm of the script from ${from}: ${result.lines.join(' ')}`)
}

/** Where the script found it. */
const assertFound = (what: string, sample: RecordSample, mutated: Mutated | undefined): number | null => {
  if (mutated === undefined) throw new Error(`${what}: no such mutation`)
  const whole = headOf(sample.rows)
  const anchors = mutated.anchored ? [`${whole.count}:${whole.head}`] : []
  const wish = { key: sample.identity, anchors }
  const { code, entry, lines } = verifyExport(linesOf(mutated.rows, mutated.head), wish)
  if (code === 0) throw new Error(`${what}: not found by the script: ${lines.join(' ')}`)
  const check = inDatabase(sample, mutated)
  if (check !== 'found') throw new Error(`${what}: not found by the program: ${check}`)
  return entry
}

const assertTextFound = (what: string, sample: RecordSample, random: Random): number | null => {
  const { code, entry, lines } = verifyExport(mutatedLines(sample, random), { key: sample.identity })
  if (code === 0) throw new Error(`${what}: a changed character of the file: ${lines.join(' ')}`)
  return entry
}

/** The same rows in the database, for as long as the check looks at them; only those that differ are written. */
const inDatabase = ({ db, rows }: RecordSample, mutated: Mutated): string => {
  const whole = headOf(rows)
  db.exec('BEGIN; DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed')
  try {
    const removals = ['entry', 'signature'].map((table) => db.prepare(`DELETE FROM ${table} WHERE seq = ?`))
    for (const [at, row] of rows.entries())
      if (mutated.rows[at] !== row) for (const removal of removals) removal.run(row.entry.seq)
    const entry = db.prepare(
      `INSERT INTO entry VALUES (:seq, :form, :at, :offset_minutes, :account, :person, :kind, :outcome, :run_id,
       :objects, :body, :prev, :hash)`,
    )
    const signature = db.prepare('INSERT INTO signature VALUES (?, ?, ?, ?)')
    for (const [at, row] of mutated.rows.entries()) {
      if (row === rows[at]) continue
      const { seq } = row.entry
      entry.run({ ...row.entry })
      if (row.signature !== null)
        signature.run(seq, row.signature.first, row.signature.epoch, row.signature.value)
    }
    db.prepare('UPDATE chain_head SET seq = ?, hash = ?').run(mutated.head.count, mutated.head.head)
    const check = verifyChain(db, at)
    const hash = db.prepare('SELECT hash FROM entry WHERE seq = ?').get(whole.count)?.hash
    if (!check.unbroken || (mutated.anchored && hash !== whole.head)) return 'found'
    return `unbroken, ${check.entries} entries`
  } catch (error) {
    // The table itself refuses some of it: two rows with one number or one hash can't be in the file.
    if (error instanceof Error && /UNIQUE constraint/.test(error.message)) return 'found'
    throw error
  } finally {
    db.exec('ROLLBACK')
  }
}

const mutatedLines = ({ rows }: RecordSample, random: Random): string[] => {
  const lines = linesOf(rows)
  for (;;) {
    const index = random(lines.length)
    const text = mutatedText(lines[index] ?? '', random)
    if (text !== null) return lines.with(index, text)
  }
}

/**
 * For `npm run fuzz`: many changes of small records, and each kind of change twice in one that is as long as years make
 * it. Reading that one to its end takes each checker ten seconds, most of it P-256, so its changes are few.
 */
export const recordTargets = (short: boolean): readonly { name: string; runs: number; run: () => string }[] =>
  (short
    ? [{ entries: 200, runs: 300, seed: 7 }]
    : [
        { entries: 300, runs: 5_000, seed: 7 },
        { entries: 3_000, runs: 400, seed: 9 },
        { entries: 100_000, runs: 36, seed: 11 },
      ]
  ).map(({ entries, runs, seed }) => ({
    name: `record of ${entries.toLocaleString('en-US')} entries, changed`,
    runs,
    run: () => fuzzRecord(entries, runs, seed),
  }))
