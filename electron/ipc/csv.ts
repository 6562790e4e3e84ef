/** One table as CSV for a spreadsheet. Pure. */
export interface CsvTable {
  /** Name and value of each line above the table: what it is, filter, time, count. */
  head: readonly (readonly [label: string, value: string])[]
  columns: readonly string[]
  rows: readonly (readonly (string | number | null)[])[]
}

/** RFC 4180 with a byte order mark: without it spreadsheets read UTF-8 as something else. */
export const csvText = ({ head, columns, rows }: CsvTable): string =>
  `\uFEFF${[...head, [], columns, ...rows].map((cells) => cells.map(cellText).join(',')).join('\r\n')}\r\n`

/** A spreadsheet takes these beginnings for a formula, also inside quotes; a leading quote makes them text. */
const formula = /^[=+\-@\t\r]/

const cellText = (cell: string | number | null): string => {
  if (typeof cell === 'number') return String(cell)
  const text = cell ?? ''
  return `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}
