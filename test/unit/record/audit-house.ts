import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { auditHandlers } from '../../../electron/ipc/handlers/audit.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import { added, newFile, openRecord, operator } from './support.ts'

export const place = asPlaceId('p-aaaaaaaaaaaa')

/** The handlers of the Audit page over a real record of four entries and one picked folder. */
export const auditHouse = ({ rehearsal = false } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-audit-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = newFile()
  const record = openRecord(file)
  for (const name of ['SQL-2', 'SQL-3', 'SQL-4']) record.append(added(name))
  const folderOf = (asked: string): string => {
    if (asked !== place) throw new KeyturnError('not-found', { what: 'This folder' })
    return folder
  }
  const places = { folderOf, label: () => 'the share' }
  const handlers = auditHandlers({ record, places, clock: new FixedClock(), operator, rehearsal })
  return { record, file, folder, handlers, files: () => readdirSync(folder).sort() }
}
