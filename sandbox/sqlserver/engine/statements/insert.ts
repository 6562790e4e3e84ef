import { convertCell } from '../../sql/convert.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { Expr } from '../../sql/ast.ts'
import { parseList } from '../../sql/parse-expression.ts'
import { nvarchar } from '../../sql/types.ts'
import { delay } from '../../faults.ts'
import type { DatabaseRecord, StoredRow } from '../../state/model.ts'
import { RequestAborted, SqlError, notSimulated } from '../errors.ts'
import { logged } from '../log.ts'
import { same } from '../permissions.ts'
import { LONGEST_NOTE, ROW_TABLE, pageOfRow, rowCapacity, writeRow } from '../rows.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assertOnline, noAccess } from '../session.ts'

/** INSERT [INTO] [db.]dbo.RehearsalRows [(note)] VALUES (N'...'), ... : the only table that takes rows. */
const insert: StatementHandler = {
  head: ['INSERT'],
  parse(c) {
    const line = c.line
    c.takeWord('INTO')
    const parts = c.nameParts()
    if (!same(parts.at(-1), ROW_TABLE))
      throw notSimulated(`INSERT into a table other than dbo.${ROW_TABLE}`, line)
    if (c.takeSymbol('(')) {
      const column = c.expectName()
      if (!same(column, 'note'))
        throw new SqlError(207, `Invalid column name '${column}'.`, { line, endsBatch: true })
      c.expectSymbol(')')
    }
    if (!c.isWord('VALUES')) throw notSimulated('INSERT other than with VALUES', line)
    c.next()
    const rows = values(c)
    return { run: async (frame) => insertRows(frame, parts, rows, line) }
  },
}

function values(c: Cursor): Expr[] {
  const rows: Expr[] = []
  do {
    c.expectSymbol('(')
    const row = parseList(c)
    c.expectSymbol(')')
    const [note, ...others] = row
    if (note === undefined || others.length > 0)
      throw new SqlError(213, 'Column name or number of supplied values does not match table definition.', {
        endsBatch: true,
      })
    rows.push(note)
  } while (c.takeSymbol(','))
  return rows
}

async function insertRows(
  frame: Frame,
  parts: readonly string[],
  values: readonly Expr[],
  line: number,
): Promise<number> {
  const { session } = frame
  const { instance } = session
  const [, schema = '', databaseName] = parts.toReversed()
  const found =
    databaseName === undefined || databaseName === ''
      ? session.database
      : instance.databaseNamed(databaseName)
  const missing = new SqlError(208, `Invalid object name '${parts.join('.')}'.`, { line, endsBatch: true })
  if (found === undefined || found.databaseId <= 4) throw missing
  if (schema !== '' && !same(schema, 'dbo')) throw missing
  if (!instance.permissions.access(session.login, found)) throw noAccess(session.login.name, found.name)
  assertOnline(found)
  if (!instance.permissions.database(session.login, found, 'INSERT'))
    throw new SqlError(
      229,
      `The INSERT permission was denied on the object '${ROW_TABLE}', database '${found.name}', schema 'dbo'.`,
      { severity: 14 },
    )
  if (session.transaction !== undefined) throw notSimulated('INSERT inside a transaction', line)
  const notes = values.map((value) => noteOf(frame, value))
  await untilIdle(frame, found.id)
  const database = instance.store.databases.get(found.id)
  if (database === undefined) throw missing
  assertOnline(database)
  assertRoom(database, notes.length)
  // Row by row, as the log sees them; a kill in between leaves the rows that were answered for, and no half row.
  for (const note of notes) insertRow(frame, found.id, note)
  return notes.length
}

function noteOf(frame: Frame, value: Expr): string {
  const { value: cell, type } = frame.session.evaluate(value, frame)
  const note = convertCell(cell, type, nvarchar('max'), 0)
  if (note === null)
    throw new SqlError(
      515,
      `Cannot insert the value NULL into column 'note', table '${ROW_TABLE}'; column does not allow nulls. INSERT fails.`,
    )
  if (String(note).length > LONGEST_NOTE)
    throw new SqlError(
      2628,
      `String or binary data would be truncated in table '${ROW_TABLE}', column 'note'.`,
    )
  return String(note)
}

/** A backup that runs reads a state of one moment; changes wait for it. */
async function untilIdle(frame: Frame, id: string): Promise<void> {
  while (frame.session.instance.busy.has(id)) {
    await delay(20, frame.signal)
    if (frame.signal.aborted) throw new RequestAborted()
  }
}

function assertRoom(database: DatabaseRecord, wanted: number): void {
  if (database.readOnly)
    throw new SqlError(
      3906,
      `Failed to update database "${database.name}" because the database is read-only.`,
    )
  if (database.rows + wanted > rowCapacity(database))
    throw new SqlError(
      1105,
      `Could not allocate space for object 'dbo.${ROW_TABLE}' in database '${database.name}' because the 'PRIMARY' filegroup is full. Create disk space by deleting unneeded files, dropping objects in the filegroup, adding additional files to the filegroup, or setting autogrowth on for existing files in the filegroup.`,
      { severity: 17 },
    )
}

function insertRow({ session }: Frame, id: string, note: string): void {
  const { instance } = session
  const database = instance.store.databases.get(id) as DatabaseRecord
  const row: StoredRow = { rowId: database.rows + 1, note, writtenAt: instance.now().toISOString() }
  writeRow(instance, database, row)
  session.change(() =>
    instance.store.databases.put(logged(instance.store, database, row, pageOfRow(row.rowId))),
  )
}

export const INSERT_STATEMENTS: readonly StatementHandler[] = [insert]
