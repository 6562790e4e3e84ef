import type { PageReply, PageRequest, Selection } from '../../shared/ipc/schemas.ts'

/** Columns that a person may search, filter and sort by. */
export type Cells<Row> = Readonly<Record<string, (row: Row) => string | number | null>>

/** Filters, sorts and cuts rows that main holds. Unknown columns are ignored; nulls sort last in either direction. */
export const pageOf = <Row>(
  rows: readonly Row[],
  request: PageRequest,
  cells: Cells<Row>,
): Pick<PageReply<Row>, 'rows' | 'total'> => {
  const ordered = selected(rows, request, cells)
  return { rows: ordered.slice(request.offset, request.offset + request.limit), total: ordered.length }
}

/** Every row that a selection means, in its order. */
export const selected = <Row>(
  rows: readonly Row[],
  { search, filters, sort }: Selection,
  cells: Cells<Row>,
): Row[] => {
  const wanted = search.trim().toLowerCase()
  const kept = rows.filter(
    (row) =>
      (wanted === '' || Object.values(cells).some((cell) => textOf(cell(row)).includes(wanted))) &&
      filters.every((filter) => {
        const cell = cells[filter.property]
        return cell === undefined || holds(cell(row), filter)
      }),
  )
  const cell = sort ? cells[sort.column] : undefined
  return cell ? kept.toSorted((a, b) => compare(cell(a), cell(b), sort?.direction === 'desc')) : kept
}

const holds = (
  value: string | number | null,
  { operator, value: wanted }: Selection['filters'][number],
): boolean => {
  const text = textOf(value)
  switch (operator) {
    case 'is':
      return text === wanted.toLowerCase()
    case 'is-not':
      return text !== wanted.toLowerCase()
    case 'contains':
      return text.includes(wanted.toLowerCase())
    case 'before':
      return Date.parse(text) < Date.parse(wanted)
    case 'after':
      return Date.parse(text) > Date.parse(wanted)
  }
}

const textOf = (value: string | number | null): string => (value === null ? '' : String(value).toLowerCase())

const compare = (a: string | number | null, b: string | number | null, descending: boolean): number => {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  const order =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en', { numeric: true })
  return descending ? -order : order
}
