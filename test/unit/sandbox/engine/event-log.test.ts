import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EventLog } from '../../../../sandbox/sqlserver/windows/event-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-events-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (id: number, source: 'connector' | 'sql-server' = 'connector') =>
  ({ source, level: 'error', id, message: 'x'.repeat(5_000) }) as const

it('keeps the newest entries at a start, also behind one that a kill left half written', () => {
  const path = join(folder, 'log.jsonl')
  const log = new EventLog(path, () => new Date())
  for (let id = 1; id <= 1_001; id += 1) log.add(entry(id))
  appendFileSync(path, '{"at":"2026')
  const again = new EventLog(path, () => new Date())
  again.add(entry(2_000))
  const kept = again.read('connector', new Date(0), 5_000)
  expect(kept).toHaveLength(501)
  expect(kept.map(({ id }) => id).slice(0, 2)).toEqual([2_000, 1_001])
  expect(kept[1]?.message).toHaveLength(4_000)
})

it('gives the entries of one source since a time, newest first', () => {
  let now = 0
  const log = new EventLog(join(folder, 'log.jsonl'), () => new Date(now))
  for (now = 1; now <= 3; now += 1) log.add(entry(now))
  log.add(entry(9, 'sql-server'))
  expect(log.read('connector', new Date(2), 5).map(({ id }) => id)).toEqual([3, 2])
  expect(log.read('connector', new Date(0), 1).map(({ id }) => id)).toEqual([3])
  expect(log.read('sql-server', new Date(0), 5).map(({ id }) => id)).toEqual([9])
})
