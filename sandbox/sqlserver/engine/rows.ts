import { z } from 'zod'
import type { DatabaseRecord, StoredRow } from '../state/model.ts'
import type { Instance } from './instance.ts'
import { primaryFile, readPage, writePage } from './page-io.ts'
import { PAGE_SIZE, bodyOf, pageWith } from './pages.ts'

/**
 * dbo.RehearsalRows, the one user table that is simulated: it exists in every user database, so that two backups can
 * differ in something that a query sees. Its rows are on the pages of the data file, a fixed number on each, from page
 * 1 on; page 0 and what the rows have not reached hold the text that a new database is filled with.
 */
export const ROW_TABLE = 'RehearsalRows'
export const LONGEST_NOTE = 200
const ROWS_PER_PAGE = 6
const SLOT = 1340

const Row = z.object({ rowId: z.number(), note: z.string(), writtenAt: z.string() })

export const pageOfRow = (rowId: number): number => 1 + Math.floor((rowId - 1) / ROWS_PER_PAGE)

/** How many rows fit into the data file. */
export const rowCapacity = (database: DatabaseRecord): number =>
  (Math.floor(primaryFile(database).bytes / PAGE_SIZE) - 1) * ROWS_PER_PAGE

/** Puts a row on its page, durably. Doing it again changes nothing. */
export function writeRow(instance: Instance, database: DatabaseRecord, row: StoredRow): void {
  const number = pageOfRow(row.rowId)
  const slot = (row.rowId - 1) % ROWS_PER_PAGE
  const body = Buffer.alloc(ROWS_PER_PAGE * SLOT, 0x20)
  // The first row of a page replaces the text of a new database; a later one joins those before it.
  if (slot > 0)
    bodyOf(readPage(instance, database, primaryFile(database), number)).copy(body, 0, 0, slot * SLOT)
  body.write(ascii(JSON.stringify(row)), slot * SLOT, 'latin1')
  writePage(instance, database, primaryFile(database), number, pageWith(number, body))
}

/** Throws 824 when a page is damaged. */
export function readRows(instance: Instance, database: DatabaseRecord): StoredRow[] {
  const rows: StoredRow[] = []
  let page: { number: number; body: Buffer } | undefined
  for (let rowId = 1; rowId <= database.rows; rowId += 1) {
    const number = pageOfRow(rowId)
    if (page?.number !== number)
      page = { number, body: bodyOf(readPage(instance, database, primaryFile(database), number)) }
    const at = ((rowId - 1) % ROWS_PER_PAGE) * SLOT
    rows.push(Row.parse(JSON.parse(page.body.toString('latin1', at, at + SLOT).trim())))
  }
  return rows
}

const ascii = (json: string): string =>
  json.replaceAll(/[^\u0020-\u007e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
