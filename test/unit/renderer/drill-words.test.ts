import { describe, expect, it } from 'vitest'
import { drillSentence, lastPerServer, secondsText } from '../../../renderer/ledger/drill-words.ts'
import type { DrillRow } from '../../../shared/ipc/schemas.ts'

const row = (changes: Partial<DrillRow> = {}): DrillRow => ({
  seq: 1,
  at: '2026-11-22T10:00:00.000Z',
  run: 'r-1',
  database: 'Sales',
  source: 'SQLPROD-01',
  sourceId: 't-1',
  drillServer: 'SQLDR-01',
  outcome: 'restored',
  level: 'restored',
  backupOf: '2026-11-22T01:00:00.000Z',
  sets: [],
  thumbprints: [],
  passwords: 'typed',
  checks: [],
  restoreSeconds: 60,
  totalSeconds: 95,
  problem: null,
  ...changes,
})

describe('a drill in words', () => {
  it('says what was restored, where, when and in how long', () => {
    expect(drillSentence(row())).toMatch(/^Sales from SQLPROD-01 restored on SQLDR-01, .*, in 1 min 35 s$/)
  })

  it('says why not, and never runs a name’s own control characters', () => {
    const failed = row({
      database: 'Sa\u202eles',
      outcome: 'failed',
      problem: { title: 'The key is missing', next: 'Find it', number: 'SQL 33111' },
    })
    expect(drillSentence(failed)).toMatch(/^Sa␀les from SQLPROD-01 not restored on .*: The key is missing$/)
  })

  it('keeps the newest of each server, whatever the order of the rows', () => {
    const old = row({ seq: 2, at: '2026-10-01T00:00:00.000Z' })
    const other = row({ seq: 3, sourceId: 't-2', at: '2026-09-01T00:00:00.000Z' })
    expect(lastPerServer([old, row(), other]).map(({ seq }) => seq)).toEqual([1, 3])
  })

  it.each([
    [null, 'not reached'],
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min 0 s'],
  ])('%s seconds: %s', (seconds, text) => {
    expect(secondsText(seconds)).toBe(text)
  })
})
