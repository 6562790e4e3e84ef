import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRecord, type Record, type RecordOptions } from '../../../electron/record/record.ts'
import type { NewEntry } from '../../../shared/model/record.ts'
import { FixedClock } from '../platform/fixed-clock.ts'

export const operator = { account: 'kt', name: 'Ada Example' }

export const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-record-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'record.db')
}

export const openRecord = (file = newFile(), options: Partial<RecordOptions> = {}): Record => {
  const record = createRecord({ file, clock: new FixedClock(), operator, ...options })
  onTestFinished(() => record.close())
  return record
}

export const added = (name: string): NewEntry => ({
  kind: 'connection-added',
  outcome: 'done',
  objects: [{ type: 'target', id: 't-aaaaaaaaaaaa', name }],
  body: { name, address: `${name}:1433`, environment: 'test' },
})

/** A record of `count` entries, closed. The first one begins signing; entry n is about SQL-n. */
export const filledFile = (count: number): string => {
  const file = newFile()
  const record = openRecord(file)
  for (let at = 2; at <= count; at += 1) record.append(added(`SQL-${at}`))
  record.close()
  return file
}

/** A file as the first version of Keyturn left it: 7 entries, none signed. */
export const form1File = (): string => {
  const file = newFile()
  cpSync(join(import.meta.dirname, '../../vectors/record/form-1.db'), file)
  return file
}

/** What somebody does who has the file and sqlite3: the triggers are no obstacle. */
export const tamper = (file: string, ...statements: string[]): void => {
  const db = new DatabaseSync(file)
  db.exec('DROP TRIGGER IF EXISTS entry_is_never_changed; DROP TRIGGER IF EXISTS entry_is_never_removed')
  for (const statement of statements) db.exec(statement)
  db.close()
}
