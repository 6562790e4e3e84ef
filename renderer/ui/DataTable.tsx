import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import Skeleton from '@mui/material/Skeleton'
import { styled } from '@mui/material/styles'
import {
  DataGrid,
  type GridCellParams,
  type GridColDef,
  type GridRowParams,
  type GridSortModel,
  type GridValidRowModel,
} from '@mui/x-data-grid'
import { useEffect, useId, useMemo, useState, type ReactNode } from 'react'
import type { PageReply, PageRequest, TableName, TableView } from '../../shared/ipc/schemas.ts'
import { AsOfLine } from './table/AsOfLine.tsx'
import { count } from './format.ts'
import { FilterBar } from './table/FilterBar.tsx'
import { gridLook } from './table/grid-look.ts'
import { Muted } from './Panel.tsx'
import { ProblemPanel } from './ProblemPanel.tsx'
import { filterWords, firstQuery, type FilterChoice } from './table/query.ts'
import { applyView, type BuiltInView, type TableLook } from './table/table-look.ts'
import { TableTools } from './table/TableTools.tsx'
import { useTablePage } from './table/use-table-page.ts'

export type { FilterChoice } from './table/query.ts'

export interface DataTableProps<Row extends GridValidRowModel> {
  /** Main's name of the table: its views are kept and its rows exported under it. */
  table: TableName
  builtInViews?: readonly BuiltInView[]
  /** Columns that show only when they are chosen. */
  hiddenAtFirst?: readonly string[]
  /** Long texts wrap instead of being cut. */
  wraps?: boolean
  /** Plural noun of the rows: "keys". The heading adds the count. */
  title: string
  /** The same for one row: "key". */
  one: string
  /** Defined outside the component, column 1 the name, at most 8. */
  columns: readonly GridColDef<Row>[]
  rowId: (row: Row) => string
  /** Asks main for one page; `again` reads the sources again first. Defined outside the component or memoized. */
  load: (page: PageRequest, again: boolean) => Promise<PageReply<Row>>
  filterChoices?: readonly FilterChoice[]
  initialSort?: PageRequest['sort']
  /** Replaces the table while there has never been a row. */
  emptyEver: ReactNode
  /** A row was opened by a click or Enter. */
  onOpen?: (row: Row) => void
  /** Told after each page that was read, for parts of the page around the table. */
  onReply?: (reply: PageReply<Row>) => void
}

const Stack = styled('section')({
  display: 'flex',
  flexDirection: 'column',
  gap: 12,
  minWidth: 0,
  flex: '1 1 auto',
})
const Tools = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' })
const Heading = styled('h2')(({ theme }) => ({ ...theme.typography.h2 }))

const SkeletonRows = () => (
  <div aria-hidden>
    {Array.from({ length: 8 }, (_, index) => (
      <Skeleton key={index} variant="rectangular" animation={false} height={35} sx={{ mb: '1px' }} />
    ))}
  </div>
)

/** A table whose rows stay in main: filtered, sorted and paged there, at most 100 at a time. */
export const DataTable = <Row extends GridValidRowModel>(props: DataTableProps<Row>) => {
  const { columns, rowId, load, filterChoices = [], onOpen, onReply } = props
  const id = useId()
  const [query, setQuery] = useState(() => firstQuery(props.initialSort))
  const [typed, setTyped] = useState('')
  const [look, setLook] = useState<TableLook>({ hidden: props.hiddenAtFirst ?? [], density: 'compact' })
  const { reply, state, problem, readAgain, retry } = useTablePage(load, query)
  useEffect(() => {
    const timer = window.setTimeout(
      () =>
        setQuery((old) => (old.search === typed.trim() ? old : { ...old, search: typed.trim(), page: 0 })),
      250,
    )
    return () => window.clearTimeout(timer)
  }, [typed])
  useEffect(() => {
    if (reply !== null) onReply?.(reply)
  }, [reply, onReply])
  // The grid goes to its first page whenever it is given another object here, also one that says the same.
  const sortModel = useMemo<GridSortModel>(
    () => (query.sort === null ? [] : [{ field: query.sort.column, sort: query.sort.direction }]),
    [query.sort],
  )
  const visible = useMemo(
    () => Object.fromEntries(columns.map(({ field }) => [field, !look.hidden.includes(field)])),
    [columns, look.hidden],
  )
  const show = (view: Partial<TableView>) => {
    const next = applyView(
      { hidden: [...(props.hiddenAtFirst ?? [])], ...view, sort: view.sort ?? props.initialSort ?? null },
      { query, look },
    )
    setTyped(next.query.search)
    setQuery(next.query)
    setLook(next.look)
  }
  const filtered = query.search !== '' || query.filters.length > 0
  const clear = () => {
    setTyped('')
    setQuery((old) => ({ ...old, search: '', filters: [], page: 0 }))
  }
  if (state === 'ready' && reply?.total === 0 && !filtered && reply.missing.length === 0)
    return <>{props.emptyEver}</>
  const total = reply?.total ?? 0
  return (
    <Stack aria-labelledby={id}>
      <Tools>
        <Heading id={id}>
          {reply === null ? props.title : count(total, props.one, props.title.toLowerCase())}
          {filtered && reply !== null ? (reply.total === 1 ? ' matches' : ' match') : ''}
          {reply === null || reply.missing.length === 0 ? '' : filtered ? ', as far as known' : ' known'}
        </Heading>
      </Tools>
      <AsOfLine reply={reply} refreshing={state === 'loading'} onReadAgain={readAgain} />
      <Tools role="search">
        <OutlinedInput
          type="search"
          size="small"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          sx={{ width: 'min(320px, 100%)' }}
          inputProps={{ 'aria-label': `Search ${props.title.toLowerCase()}`, maxLength: 256 }}
          startAdornment={<Muted sx={{ pr: 1, flex: 'none' }}>Search</Muted>}
        />
        <FilterBar
          choices={filterChoices}
          filters={query.filters}
          onChange={(filters) => setQuery((old) => ({ ...old, filters, page: 0 }))}
        />
        {filtered ? (
          <Button variant="text" onClick={clear}>
            Clear search and filters
          </Button>
        ) : null}
      </Tools>
      <TableTools
        table={props.table}
        query={query}
        look={look}
        columns={columns}
        builtIn={props.builtInViews ?? []}
        onLook={setLook}
        onView={show}
      />
      {problem === null ? null : (
        <ProblemPanel
          problem={problem}
          actions={
            <Button variant="outlined" onClick={retry}>
              Read {props.title.toLowerCase()} again
            </Button>
          }
        />
      )}
      {reply === null ? (
        state === 'loading' ? (
          <SkeletonRows />
        ) : null
      ) : total === 0 ? (
        <p>
          {filtered
            ? `No ${props.title.toLowerCase()} match ${[
                query.search === '' ? '' : `“${query.search}”`,
                ...query.filters.map((filter) => filterWords(filterChoices, filter)),
              ]
                .filter((text) => text !== '')
                .join(' and ')}.`
            : `No ${props.title.toLowerCase()} read: the sources named above did not answer.`}
        </p>
      ) : (
        <DataGrid<Row>
          aria-labelledby={id}
          rows={reply.rows}
          columns={columns}
          getRowId={rowId}
          rowCount={total}
          paginationMode="server"
          sortingMode="server"
          filterMode="server"
          disableColumnFilter
          disableRowSelectionOnClick
          disableRowSelectionExcludeModel
          rowSelection={false}
          sortModel={sortModel}
          onSortModelChange={([first]) =>
            setQuery((old) => ({
              ...old,
              page: 0,
              sort: first?.sort ? { column: first.field, direction: first.sort } : null,
            }))
          }
          paginationModel={{ page: query.page, pageSize: query.pageSize }}
          onPaginationModelChange={({ page, pageSize }) => setQuery((old) => ({ ...old, page, pageSize }))}
          pageSizeOptions={[25, 50, 100]}
          columnVisibilityModel={visible}
          disableColumnMenu
          {...(look.density === 'compact' ? { density: 'compact' as const } : { rowHeight: 44 })}
          {...(props.wraps === true ? { getRowHeight: () => 'auto' as const } : {})}
          autoHeight={reply.rows.length <= 12}
          {...(onOpen === undefined
            ? {}
            : {
                onRowClick: ({ row }: GridRowParams<Row>) => onOpen(row),
                onCellKeyDown: ({ row }: GridCellParams<Row>, event: { key: string }) => {
                  if (event.key === 'Enter') onOpen(row)
                },
              })}
          sx={gridLook}
        />
      )}
      {reply === null ? null : (
        <Muted role="status">
          {count(reply.rows.length, 'row')} of {total.toLocaleString('en-US')} on this page
        </Muted>
      )}
    </Stack>
  )
}
