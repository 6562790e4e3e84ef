import type { PageReply, PageRequest } from '../../shared/ipc/schemas.ts'

/** Columns that a person may search, filter and sort by. */
export type Cells<Row> = Readonly<Record<string, (row: Row) => string | number | null>>

/** Filters, sorts and cuts rows that main holds. Unknown columns are ignored; nulls sort last in either direction. */
export const pageOf = <Row>(
  rows: readonly Row[],
  request: PageRequest,
  cells: Cells<Row>,
): Pick<PageReply<Row>, 'rows' | 'total'> => {
  const search = request.search.trim().toLowerCase()
  const kept = rows.filter(
    (row) =>
      (search === '' || Object.values(cells).some((cell) => textOf(cell(row)).includes(search))) &&
      request.filters.every(({ property, operator, value }) => {
        const cell = cells[property]
        if (!cell) return true
        const text = textOf(cell(row))
        const wanted = value.toLowerCase()
        if (operator === 'contains') return text.includes(wanted)
        return (text === wanted) === (operator === 'is')
      }),
  )
  const sort = request.sort
  const cell = sort ? cells[sort.column] : undefined
  const ordered = cell ? kept.toSorted((a, b) => compare(cell(a), cell(b), sort?.direction === 'desc')) : kept
  return { rows: ordered.slice(request.offset, request.offset + request.limit), total: kept.length }
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
