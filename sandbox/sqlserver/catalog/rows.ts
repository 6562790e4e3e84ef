import { columns, date } from './view.ts'
import type { View } from './view.ts'

export const ROW_VIEWS: readonly View[] = [
  {
    name: 'dbo.RehearsalRows',
    inUserDatabases: true,
    columns: columns('row_id int, note nvarchar(200), written_at datetime2(7)'),
    rows: (c) =>
      c.storedRows().map((row) => ({ row_id: row.rowId, note: row.note, written_at: date(row.writtenAt) })),
  },
]
