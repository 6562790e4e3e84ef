import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFileBallast } from '../../../electron/record/ballast.ts'
import { createRecord } from '../../../electron/record/record.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { NewEntry } from '../../../shared/model/record.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import { added, newFile, openRecord, operator } from './support.ts'

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof KeyturnError) return error.code
    throw error
  }
  throw new Error('it was not refused')
}

const oldestFirst = { offset: 0, limit: 100, order: 'oldest-first' } as const

describe('entries', () => {
  test('carry number, time with offset, actor, objects, and a sentence', () => {
    const record = openRecord()
    record.append(added('SQL-1'))
    expect(record.page({ ...oldestFirst, offset: 1 }).rows).toEqual([
      expect.objectContaining({
        seq: 2,
        at: '2026-11-22T08:00:00.000Z',
        offsetMinutes: -new Date('2026-11-22T08:00:00Z').getTimezoneOffset() + 0,
        actor: operator,
        kind: 'connection-added',
        outcome: 'done',
        runId: null,
        objects: [{ type: 'target', id: 't-aaaaaaaaaaaa', name: 'SQL-1' }],
        prev: record.hashOf(1),
        sentence: 'Connection SQL-1 (SQL-1:1433, test) was added',
      }),
    ])
  })

  test('go on after the file was closed and opened again', () => {
    const file = newFile()
    openRecord(file).append(added('one'))
    const again = openRecord(file)
    // 1 began signing, 3 changed the key at the second opening.
    expect(again.append(added('two')).seq).toBe(4)
    expect(again.verifyChain()).toMatchObject({ unbroken: true, entries: 4 })
  })

  test('two programs on one file take turns and keep one chain', () => {
    const file = newFile()
    const one = openRecord(file)
    const other = openRecord(file)
    for (let at = 0; at < 20; at += 1) (at % 2 ? one : other).append(added(`SQL-${at}`))
    expect(one.verifyChain()).toMatchObject({ unbroken: true, entries: 21 })
  })

  test('a body of another kind, or one field too many, is a fault of the program and not recorded', () => {
    const record = openRecord()
    const wrong = {
      kind: 'connection-removed',
      outcome: 'done',
      body: { name: 'x', password: 'p' },
    } as NewEntry
    expect(codeOf(() => record.append(wrong))).toBe('internal')
    expect(record.page(oldestFirst).total).toBe(1)
  })

  test('a text that is too long is cut, not refused', () => {
    const record = openRecord()
    const entry = record.append({
      kind: 'rehearsal-changed',
      outcome: 'done',
      body: { what: 'x'.repeat(9_000) },
    })
    expect(entry.kind === 'rehearsal-changed' && entry.body.what).toHaveLength(4_000)
    expect(record.verifyChain().unbroken).toBe(true)
    expect(record.page(oldestFirst).rows).toHaveLength(2)
  })

  test('one transition is written as a whole or not at all', () => {
    const record = openRecord()
    const second = { kind: 'no-such-kind', outcome: 'done', body: {} } as unknown as NewEntry
    expect(() => record.commit({ entries: [added('one'), second] })).toThrow()
    expect(record.page(oldestFirst).total).toBe(1)
    expect(record.append(added('two')).seq).toBe(2)
  })
})

describe('pages', () => {
  const filled = () => {
    const record = openRecord(newFile(), { limits: { entries: 1_000, milliseconds: 1_000 } })
    record.commit({ entries: Array.from({ length: 120 }, (_, at) => added(`SQL-${at + 1}`)) })
    record.append({ kind: 'connection-removed', outcome: 'done', body: { name: 'Büro "West" 100%' } })
    const refused = {
      code: 'not-found',
      kind: 'refused',
      title: 'x',
      unchanged: 'x',
      causes: [],
      next: 'x',
      retrySafe: true,
    }
    record.append({
      kind: 'refused',
      outcome: 'refused',
      runId: asRunId('abcdefghijkm'),
      body: { action: 'start a run', about: null, problem: refused },
    })
    return record
  }

  test('hold at most 100 rows, count all, and go in both orders', () => {
    const record = filled()
    const newest = record.page({ offset: 0, limit: 5_000, order: 'newest-first' })
    expect(newest.rows).toHaveLength(100)
    expect(newest.total).toBe(123)
    expect(newest.rows[0]?.seq).toBe(123)
    expect(record.page({ offset: 120, limit: 10, order: 'oldest-first' }).rows.map(({ seq }) => seq)).toEqual(
      [121, 122, 123],
    )
  })

  test.each([
    [{ text: 'sql-12' }, 2],
    [{ text: 'SQL-120' }, 1],
    [{ text: '"West" 100%' }, 1],
    [{ text: '%' }, 1],
    [{ text: '_' }, 0],
    [{ text: 'ada example' }, 123],
    [{ text: `' OR 1=1 --` }, 0],
    [{ kind: ['refused' as const] }, 1],
    [{ kind: ['refused' as const, 'connection-removed' as const] }, 2],
    [{ kind: [] }, 123],
    [{ outcome: ['refused' as const] }, 1],
    [{ runId: asRunId('abcdefghijkm') }, 1],
    [{ runId: asRunId('abcdefghijkm'), outcome: ['done' as const] }, 0],
  ])('filter %o lets %i through', (filter, total) => {
    expect(filled().page({ ...oldestFirst, filter }).total).toBe(total)
  })

  test('carry the last check of the chain', () => {
    const record = filled()
    expect(record.page(oldestFirst).chain).toBeNull()
    const check = record.verifyChain()
    expect(record.page(oldestFirst).chain).toEqual(check)
  })
})

describe('where nothing can be recorded', () => {
  test('a folder that is not there', () => {
    const file = join(dirname(newFile()), 'gone', 'record.db')
    expect(codeOf(() => createRecord({ file, clock: new FixedClock(), operator }))).toBe('record-unavailable')
  })

  test('a file that is no database', () => {
    const file = newFile()
    writeFileSync(file, 'not a database, but long enough to have a header of its own'.repeat(40))
    expect(codeOf(() => openRecord(file))).toBe('record-unavailable')
  })

  test('a file of a newer form', () => {
    const file = newFile()
    openRecord(file).close()
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    expect(codeOf(() => openRecord(file))).toBe('record-unavailable')
  })

  test('another program that keeps the file locked', () => {
    const file = newFile()
    const record = openRecord(file, { busyTimeoutMs: 20 })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    expect(codeOf(() => record.append(added('one')))).toBe('record-unavailable')
    other.exec('ROLLBACK')
    other.close()
    expect(record.append(added('one')).seq).toBe(2)
  })

  test('a full disk: the entry is not there, and the next one fits again', () => {
    let db: DatabaseSync | undefined
    const record = openRecord(newFile(), { opened: (opened) => void (db = opened) })
    record.append(added('one'))
    const pages = Number(db?.prepare('PRAGMA page_count').get()?.page_count)
    db?.exec(`PRAGMA max_page_count = ${pages}`)
    const big: NewEntry = {
      kind: 'rehearsal-started',
      outcome: 'done',
      body: { systems: Array.from({ length: 100 }, () => 'x'.repeat(300)) },
    }
    expect(codeOf(() => record.append(big))).toBe('record-unavailable')
    db?.exec('PRAGMA max_page_count = 100000')
    expect(record.append(added('two')).seq).toBe(3)
    expect(record.verifyChain()).toMatchObject({ unbroken: true, entries: 3 })
  })
})

describe('the files', () => {
  test.skipIf(process.platform === 'win32')('can be read only by their owner', () => {
    const file = newFile()
    const record = openRecord(file)
    record.append(added('one'))
    record.reserve()
    for (const name of [file, `${file}-wal`, `${file}.reserve`, `${file}.key`])
      expect(statSync(name).mode & 0o777).toBe(0o600)
  })

  test('the reserve really takes its space, is given back once, and outlives its process', () => {
    const file = `${newFile()}.reserve`
    const ballast = createFileBallast(file, 300_000)
    ballast.hold()
    ballast.hold()
    const { size, blocks } = statSync(file)
    expect(size).toBe(300_000)
    if (blocks > 0) expect(blocks * 512).toBeGreaterThanOrEqual(300_000)
    expect(createFileBallast(file, 300_000).held).toBe(true)
    expect(createFileBallast(file, 300_001).held).toBe(false)
    expect(ballast.giveBack()).toBe(true)
    expect(existsSync(file)).toBe(false)
    expect(ballast.giveBack()).toBe(false)
  })

  test('a reserve that can’t be written is said, and nothing half is left', () => {
    const file = newFile()
    const record = openRecord(file)
    mkdirSync(`${file}.reserve`)
    expect(codeOf(() => record.reserve())).toBe('record-unavailable')
  })
})
