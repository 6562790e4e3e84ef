import type { PageRequest } from '../../../shared/ipc/schemas.ts'

export type TableFilter = PageRequest['filters'][number]

/** A property that the filter bar offers; `values` makes it a list, else it is typed text. */
export interface FilterChoice {
  property: string
  label: string
  values?: readonly string[]
}

export const operatorWords: Record<TableFilter['operator'], string> = {
  is: 'is',
  'is-not': 'is not',
  contains: 'contains',
}

export interface TableQuery {
  page: number
  pageSize: number
  sort: PageRequest['sort']
  search: string
  filters: readonly TableFilter[]
}

export const firstQuery = (sort: PageRequest['sort'] = null): TableQuery => ({
  page: 0,
  pageSize: 100,
  sort,
  search: '',
  filters: [],
})

export const requestOf = (query: TableQuery): PageRequest => ({
  offset: query.page * query.pageSize,
  limit: query.pageSize,
  sort: query.sort,
  search: query.search,
  filters: [...query.filters],
})
