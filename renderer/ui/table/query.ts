import type { PageRequest } from '../../../shared/ipc/schemas.ts'
import { localTime } from '../format.ts'

export type TableFilter = PageRequest['filters'][number]

/** A property that the filter bar offers; `values` makes it a list, else it is typed text. */
export interface FilterChoice {
  property: string
  label: string
  values?: readonly string[]
  /** A time: compared as one, and shown in local time. */
  time?: true
}

export const operatorWords: Record<TableFilter['operator'], string> = {
  is: 'is',
  'is-not': 'is not',
  contains: 'contains',
  before: 'before',
  after: 'after',
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

/** Operators that mean something for a property. */
export const operatorsOf = ({ time }: FilterChoice): readonly TableFilter['operator'][] =>
  time === true ? ['before', 'after'] : ['is', 'is-not', 'contains']

/** A filter in words: "Expires before 24 Jan 2027, 13:56". */
export const filterWords = (
  choices: readonly FilterChoice[],
  { property, operator, value }: TableFilter,
): string => {
  const choice = choices.find((one) => one.property === property)
  const label = choice?.label ?? property
  if (value === '') return operator === 'is' ? `${label} is empty` : `${label} is not empty`
  return `${label} ${operatorWords[operator]} ${choice?.time === true ? localTime(value) : value}`
}
