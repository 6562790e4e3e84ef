import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashEntry, type EntryColumns } from '../../../electron/record/entry-hash.ts'
import { filledFile, openRecord, tamper } from './support.ts'

describe('the chain', () => {
  test('is unbroken when nobody touched it, and names its head', () => {
    const record = openRecord(filledFile(5))
    const check = record.verifyChain()
    // Five, and the change of keys at the second opening.
    expect(check).toMatchObject({ unbroken: true, entries: 6, signing: { from: 1, changes: 1, anew: [] } })
    const [last] = record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows
    expect(check).toMatchObject({ head: last?.hash })
  })

  test('of a new record is unbroken: its first entry begins signing', () => {
    expect(openRecord().verifyChain()).toMatchObject({ unbroken: true, entries: 1, signing: { from: 1 } })
  })

  test.each([
    ['body', `UPDATE entry SET body = replace(body, 'SQL-3', 'SQL-9') WHERE seq = 3`],
    ['person', `UPDATE entry SET person = 'Eve' WHERE seq = 3`],
    ['account', `UPDATE entry SET account = 'root' WHERE seq = 3`],
    ['time', `UPDATE entry SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 3`],
    ['offset', `UPDATE entry SET offset_minutes = 60 WHERE seq = 3`],
    ['kind', `UPDATE entry SET kind = 'connection-removed' WHERE seq = 3`],
    ['outcome', `UPDATE entry SET outcome = 'refused' WHERE seq = 3`],
    ['objects', `UPDATE entry SET objects = '[]' WHERE seq = 3`],
    ['run', `UPDATE entry SET run_id = 'abcdefghijkm' WHERE seq = 3`],
    ['form', `UPDATE entry SET form = 2 WHERE seq = 3`],
    ['hash', `UPDATE entry SET hash = '${'1'.repeat(64)}' WHERE seq = 3`],
  ])('finds an edited %s', (_what, statement) => {
    const file = filledFile(5)
    tamper(file, statement)
    expect(openRecord(file).verifyChain()).toMatchObject({
      unbroken: false,
      brokenAt: 3,
      why: 'its content does not match its hash',
    })
  })

  test.each([
    ['one entry', 'DELETE FROM entry WHERE seq = 3', 3, 'entry 3 is missing'],
    ['several entries', 'DELETE FROM entry WHERE seq IN (2, 3)', 2, 'entries 2 to 3 are missing'],
    ['the first entry', 'DELETE FROM entry WHERE seq = 1', 1, 'entry 1 is missing'],
    ['the end', 'DELETE FROM entry WHERE seq > 3', 4, 'entries 4 to 5 are missing'],
  ])('finds the removal of %s', (_what, statement, brokenAt, why) => {
    const file = filledFile(5)
    tamper(file, statement)
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: false, brokenAt, why })
  })

  test('finds a removal that was covered up by moving the rest up', () => {
    const file = filledFile(5)
    tamper(
      file,
      'DELETE FROM entry WHERE seq = 3',
      'UPDATE entry SET seq = seq - 1 WHERE seq > 3',
      'UPDATE chain_head SET seq = 4',
    )
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: false, brokenAt: 3 })
  })

  test('finds two entries that changed places', () => {
    const file = filledFile(5)
    tamper(
      file,
      'UPDATE entry SET seq = 99 WHERE seq = 2',
      'UPDATE entry SET seq = 2 WHERE seq = 4',
      'UPDATE entry SET seq = 4 WHERE seq = 99',
    )
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: false, brokenAt: 2 })
  })

  test('finds an entry that was put in, even one whose own hash fits', () => {
    const file = filledFile(5)
    tamper(
      file,
      'UPDATE entry SET seq = seq + 1 WHERE seq = 5',
      'UPDATE entry SET seq = seq + 1 WHERE seq = 4',
    )
    const db = new DatabaseSync(file)
    const template = db.prepare('SELECT * FROM entry WHERE seq = 3').get() as unknown as EntryColumns & {
      hash: string
    }
    const forged = { ...template, seq: 4, prev: template.hash }
    const hash = hashEntry(forged)
    db.prepare(
      `INSERT INTO entry SELECT 4, form, at, offset_minutes, account, person, kind, outcome, run_id, objects, body, ?, ? FROM entry WHERE seq = 3`,
    ).run(template.hash, hash)
    db.close()
    expect(openRecord(file).verifyChain()).toMatchObject({
      unbroken: false,
      brokenAt: 4,
      why: 'its signature does not fit',
    })
  })

  test('finds an added end that the kept head does not know', () => {
    const file = filledFile(3)
    tamper(file, `UPDATE chain_head SET seq = 2, hash = (SELECT hash FROM entry WHERE seq = 2)`)
    expect(openRecord(file).verifyChain()).toMatchObject({ unbroken: false, brokenAt: 3 })
  })

  test('a break stays where it is while new entries are added, and a page still opens', () => {
    const file = filledFile(5)
    tamper(file, `UPDATE entry SET kind = 'no-such-kind' WHERE seq = 3`)
    const record = openRecord(file)
    record.append({ kind: 'rehearsal-ended', outcome: 'done', body: {} })
    expect(record.verifyChain()).toMatchObject({ unbroken: false, brokenAt: 3 })
    const page = record.page({ offset: 0, limit: 100, order: 'oldest-first' })
    expect(page.rows.map(({ seq }) => seq)).toEqual([1, 2, 4, 5, 6, 7])
    expect(page.chain).toMatchObject({ unbroken: false, brokenAt: 3 })
  })

  test('the file itself refuses an ordinary update or delete', () => {
    const file = filledFile(2)
    const db = new DatabaseSync(file)
    expect(() => db.exec(`UPDATE entry SET person = 'Eve'`)).toThrow('entries are append only')
    expect(() => db.exec('DELETE FROM entry')).toThrow('entries are append only')
    db.close()
  })
})

describe('the hashed form', () => {
  const entry: EntryColumns = {
    form: 1,
    seq: 1,
    at: '2026-11-22T08:00:00.000Z',
    offset_minutes: 60,
    account: 'kt',
    person: 'Ada',
    kind: 'rehearsal-ended',
    outcome: 'done',
    run_id: null,
    objects: '[]',
    body: '{}',
    prev: '0'.repeat(64),
  }

  test('is the one that docs/decisions/0003-record.md names', () => {
    expect(hashEntry(entry)).toMatchInlineSnapshot(
      `"635dc6a67cefedf29b9d0e47b871251989f617203d9c2ee8d8473ba29e620104"`,
    )
  })

  test('tells apart what only moves text from one field to the next, and absent from empty', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (one, two) => {
        const left = hashEntry({ ...entry, account: one + two, person: '' })
        const right = hashEntry({ ...entry, account: one, person: two })
        expect(left).not.toBe(right)
      }),
    )
    expect(hashEntry({ ...entry, run_id: '' })).not.toBe(hashEntry(entry))
  })
})
