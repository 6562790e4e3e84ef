import type { TableView } from '../../../shared/ipc/schemas.ts'
import { firstQuery, type TableQuery } from './query.ts'

/** How a table is looked at, beside what is asked of main. */
export interface TableLook {
  hidden: readonly string[]
  density: TableView['density']
}

/** A view that is always there. What depends on the day is made when it is chosen. */
export interface BuiltInView {
  name: string
  make: () => Partial<Pick<TableView, 'search' | 'filters' | 'sort' | 'hidden'>>
}

export const viewOf = (name: string, query: TableQuery, { hidden, density }: TableLook): TableView => ({
  name,
  search: query.search,
  filters: [...query.filters],
  sort: query.sort,
  hidden: [...hidden],
  density,
})

/** The query and look that a view means, from the first page on. */
export const applyView = (
  view: Partial<TableView>,
  now: { query: TableQuery; look: TableLook },
): { query: TableQuery; look: TableLook } => ({
  query: {
    ...firstQuery(view.sort ?? null),
    pageSize: now.query.pageSize,
    search: view.search ?? '',
    filters: view.filters ?? [],
  },
  look: { hidden: view.hidden ?? now.look.hidden, density: view.density ?? now.look.density },
})

/** A view of the same name is replaced; the newest stands last. */
export const withView = (views: readonly TableView[], view: TableView): TableView[] => [
  ...views.filter(({ name }) => name !== view.name),
  view,
]

const day = 24 * 60 * 60 * 1000

/** ISO time, so many days from now. */
export const inDays = (days: number, now = Date.now()): string => new Date(now + days * day).toISOString()
