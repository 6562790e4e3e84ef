import { verifyChain } from '../../electron/record/chain.ts'
import { verifyExport } from '../../electron/record/offline/keyturn-audit-verify.mjs'
import { seeded } from '../support/seeded.ts'
import { mutatedText, mutations, type Mutated } from './record-mutations.ts'
import { headOf, linesOf, makeRecordSample, type Random, type RecordSample } from './record-sample.ts'

const at = '2026-11-22T08:00:00.000Z'

/**
 * Changes a record in ways that somebody with its file (and, for some, with its present key) could, and asks both who
 * check it: the program and the stand-alone script. Throws on the first change that one of them does not find, and
 * where an untouched record is called broken.
 */
export const fuzzRecord = async (entries: number, cases: number, seed: number): Promise<void> => {
  const random = seeded(seed)
  const sample = makeRecordSample(entries, random)
  try {
    const names = Object.keys(mutations)
    assertClean(sample)
    for (let round = 0; round < cases; round += 1) {
      if (round % 20 === 19) assertCleanPart(sample, random)
      const name = names[round % (names.length + 1)]
      const text = name === undefined ? mutatedLines(sample, random) : null
      if (name === undefined) {
        const { code, lines } = verifyExport(text ?? [], { key: sample.identity })
        if (code === 0) throw new Error(`round ${round}: a changed character of the file: ${lines.join(' ')}`)
      } else {
        const mutated = mutations[name]?.(sample, random)
        if (mutated === undefined) throw new Error(`no mutation ${name}`)
        assertFound(`round ${round}: ${name}`, sample, mutated)
      }
    }
  } finally {
    sample.end()
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

const assertFound = (what: string, sample: RecordSample, mutated: Mutated): void => {
  const whole = headOf(sample.rows)
  const anchors = mutated.anchored ? [`${whole.count}:${whole.head}`] : []
  const { code, lines } = verifyExport(linesOf(mutated.rows, mutated.head), { key: sample.identity, anchors })
  if (code === 0) throw new Error(`${what}: not found by the script: ${lines.join(' ')}`)
  const check = inDatabase(sample, mutated)
  if (check !== 'found') throw new Error(`${what}: not found by the program: ${check}`)
}

/** The same rows in the database, for as long as the check looks at them. */
const inDatabase = ({ db, rows }: RecordSample, mutated: Mutated): string => {
  const whole = headOf(rows)
  db.exec('BEGIN; DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed')
  try {
    db.exec('DELETE FROM entry; DELETE FROM signature')
    const entry = db.prepare(
      `INSERT INTO entry VALUES (:seq, :form, :at, :offset_minutes, :account, :person, :kind, :outcome, :run_id,
       :objects, :body, :prev, :hash)`,
    )
    const signature = db.prepare('INSERT INTO signature VALUES (?, ?, ?, ?)')
    for (const row of mutated.rows) {
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

/** For `npm run fuzz`: many changes of a small record, and some of one that is as long as years make it. */
export const recordTargets = (
  short: boolean,
): readonly { name: string; runs: number; run: () => Promise<void> }[] =>
  short
    ? [{ name: 'record of 200 entries, changed', runs: 300, run: () => fuzzRecord(200, 300, 7) }]
    : [
        { name: 'record of 300 entries, changed', runs: 5_000, run: () => fuzzRecord(300, 5_000, 7) },
        { name: 'record of 100,000 entries, changed', runs: 160, run: () => fuzzRecord(100_000, 160, 11) },
      ]
