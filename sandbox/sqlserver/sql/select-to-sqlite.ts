import { SqlError, notSimulated } from '../engine/errors.ts'
import type { Expr, Query, QueryBody, SelectCore, TableRef } from './ast.ts'
import { ExpressionTranslator } from './expression-to-sqlite.ts'
import type { Emitted, TranslationHost } from './expression-to-sqlite.ts'
import { Scope, quoteSqlite } from './scope.ts'
import type { BoundColumn, Source } from './scope.ts'
import { INT, commonType } from './types.ts'
import type { Cell, SqlType } from './types.ts'

/** What a name in FROM stands for. `handle` is what the caller fills the table from. */
export interface ResolvedTable<H> {
  fullName: string
  columns: readonly BoundColumn[]
  handle: H
  /** For functions whose arguments may come from other tables: the columns that take them. */
  argumentColumns?: readonly string[]
}

export interface CatalogResolver<H> {
  readonly caseInsensitive: boolean
  /** Throws 208 when there is no such object. */
  table(parts: readonly string[], line: number): ResolvedTable<H>
  tableFunction(parts: readonly string[], line: number): ResolvedTable<H>
  variable(name: string): { type: SqlType; value: Cell } | undefined
}

export interface TableUse<H> {
  sqlTable: string
  table: ResolvedTable<H>
  /** Arguments to evaluate before filling; undefined for plain views and for argumentColumns. */
  args: readonly Expr[] | undefined
}

export interface Translation<H> {
  sql: string
  params: Record<string, Cell>
  columns: readonly { name: string; type: SqlType; assign: string | undefined }[]
  uses: readonly TableUse<H>[]
}

interface EmittedQuery {
  sql: string
  columns: readonly { name: string; type: SqlType; assign: string | undefined }[]
}

export function translateQuery<H>(query: Query, resolver: CatalogResolver<H>): Translation<H> {
  const translator = new QueryTranslator(resolver)
  const { sql, columns } = translator.emit(query, undefined)
  return { sql, columns, params: translator.params, uses: translator.uses }
}

class QueryTranslator<H> implements TranslationHost {
  readonly params: Record<string, Cell> = {}
  readonly uses: TableUse<H>[] = []
  readonly caseInsensitive: boolean
  private readonly resolver: CatalogResolver<H>
  private readonly ctes: { name: string; sqlName: string; columns: readonly BoundColumn[] }[] = []
  private counter = 0

  constructor(resolver: CatalogResolver<H>) {
    this.resolver = resolver
    this.caseInsensitive = resolver.caseInsensitive
  }

  bind(value: Cell): string {
    const name = `p${Object.keys(this.params).length}`
    this.params[name] = value
    return `:${name}`
  }

  variable(name: string, line: number): Emitted {
    const found = this.resolver.variable(name)
    if (found === undefined)
      throw new SqlError(137, `Must declare the scalar variable "${name}".`, {
        severity: 15,
        state: 2,
        line,
        endsBatch: true,
      })
    return { sql: this.bind(found.value), type: found.type }
  }

  query(query: Query, scope: Scope): { sql: string; types: readonly SqlType[] } {
    const { sql, columns } = this.emit(query, scope)
    return { sql, types: columns.map((column) => column.type) }
  }

  emit(query: Query, outer: Scope | undefined): EmittedQuery {
    const known = this.ctes.length
    const ctes = query.with.map((cte) => {
      const inner = this.emit(cte.query, outer)
      const names = cte.columns ?? inner.columns.map((column) => column.name)
      const sqlName = this.fresh('w')
      this.ctes.push({
        name: cte.name.toLowerCase(),
        sqlName,
        columns: names.map((name, i) => ({ name, type: inner.columns[i]?.type ?? INT })),
      })
      return `${sqlName}(${names.map(quoteSqlite).join(', ')}) AS (${inner.sql})`
    })
    const body = this.emitBody(query.body, outer, query)
    this.ctes.length = known
    return { ...body, sql: `${ctes.length > 0 ? `WITH ${ctes.join(', ')} ` : ''}${body.sql}` }
  }

  private fresh(prefix: string): string {
    this.counter += 1
    return `"${prefix}${this.counter}"`
  }

  private emitBody(body: QueryBody, outer: Scope | undefined, query: Query): EmittedQuery {
    if (body.t === 'select') return this.emitCore(body, outer, query)
    const inner = body.t === 'nested' ? this.emit(body.query, outer) : this.emitSet(body, outer)
    const sql = body.t === 'nested' ? `SELECT * FROM (${inner.sql})` : inner.sql
    return {
      sql: sql + this.orderByOutput(query, inner.columns) + this.limit(query, undefined),
      columns: inner.columns,
    }
  }

  private emitSet(body: Extract<QueryBody, { t: 'set' }>, outer: Scope | undefined): EmittedQuery {
    const [l, r] = [this.emitTerm(body.l, outer), this.emitTerm(body.r, outer)]
    if (l.columns.length !== r.columns.length) {
      throw new SqlError(
        205,
        'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
        { endsBatch: true },
      )
    }
    const columns = l.columns.map((column, i) => ({
      ...column,
      type: commonType([column.type, r.columns[i]?.type ?? INT]),
    }))
    return { sql: `${l.sql} ${body.op} ${r.sql}`, columns }
  }

  private emitTerm(body: QueryBody, outer: Scope | undefined): EmittedQuery {
    if (body.t === 'set') return this.emitSet(body, outer)
    const inner = this.emitBody(body, outer, {
      with: [],
      body,
      orderBy: [],
      offset: undefined,
      fetch: undefined,
    })
    return { ...inner, sql: `SELECT * FROM (${inner.sql})` }
  }

  private emitCore(core: SelectCore, outer: Scope | undefined, query: Query): EmittedQuery {
    const scope = new Scope(outer)
    const from = core.from.map((ref) => this.emitTable(ref, scope)).join(', ')
    const translator = new ExpressionTranslator(this, scope)
    const columns: { name: string; type: SqlType; assign: string | undefined }[] = []
    const selected: string[] = []
    for (const item of core.items) {
      for (const output of this.expand(item.e, scope, translator)) {
        const name = item.alias ?? output.name
        columns.push({ name, type: output.type, assign: item.assign })
        selected.push(`${output.sql} AS ${quoteSqlite(name === '' ? `$${columns.length}` : name)}`)
      }
    }
    if (
      core.items.some((item) => item.assign !== undefined) &&
      core.items.some((item) => item.assign === undefined)
    ) {
      throw new SqlError(
        141,
        'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
        { severity: 15, endsBatch: true },
      )
    }
    const clauses = [`SELECT ${core.distinct ? 'DISTINCT ' : ''}${selected.join(', ')}`]
    if (from !== '') clauses.push(`FROM ${from}`)
    if (core.where !== undefined) clauses.push(`WHERE ${translator.condition(core.where)}`)
    if (core.groupBy.length > 0)
      clauses.push(`GROUP BY ${core.groupBy.map((e) => translator.value(e).sql).join(', ')}`)
    if (core.having !== undefined) clauses.push(`HAVING ${translator.condition(core.having)}`)
    const order = query.orderBy.map((item) => {
      const position = outputPosition(item.e, columns)
      const sql = position ?? translator.value(item.e).sql
      return `${sql}${item.descending ? ' DESC' : ''}`
    })
    if (order.length > 0) clauses.push(`ORDER BY ${order.join(', ')}`)
    return { sql: clauses.join(' ') + this.limit(query, core.top), columns }
  }

  private orderByOutput(query: Query, columns: EmittedQuery['columns']): string {
    if (query.orderBy.length === 0) return ''
    const items = query.orderBy.map((item) => {
      const position = outputPosition(item.e, columns)
      if (position === undefined)
        throw new SqlError(
          104,
          'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
          { severity: 15, endsBatch: true },
        )
      return `${position}${item.descending ? ' DESC' : ''}`
    })
    return ` ORDER BY ${items.join(', ')}`
  }

  private limit(query: Query, top: Expr | undefined): string {
    const constant = new ExpressionTranslator(this, new Scope(undefined))
    if (top !== undefined) return ` LIMIT ${constant.value(top).sql}`
    if (query.offset === undefined) return ''
    const count = query.fetch === undefined ? '-1' : constant.value(query.fetch).sql
    return ` LIMIT ${count} OFFSET ${constant.value(query.offset).sql}`
  }

  private expand(
    e: Expr,
    scope: Scope,
    translator: ExpressionTranslator,
  ): { name: string; sql: string; type: SqlType }[] {
    if (e.t !== 'star')
      return [{ name: e.t === 'column' ? (e.parts.at(-1) ?? '') : '', ...translator.value(e) }]
    return scope.sourcesOf(e.qualifier).flatMap((source) =>
      source.columns.map((column) => ({
        name: column.name,
        type: column.type,
        sql: `${source.sqlAlias}.${quoteSqlite(column.name)}`,
      })),
    )
  }

  private emitTable(ref: TableRef, scope: Scope): string {
    switch (ref.t) {
      case 'object':
        return this.emitObject(ref, scope)
      case 'function': {
        const { sql, on } = this.emitFunction(ref, scope)
        if (on === undefined) return sql
        const source = scope.sources.at(-1)?.sqlAlias ?? ''
        return `(SELECT ${source}.* FROM ${sql} WHERE ${on}) AS ${source}`
      }
      case 'derived': {
        const inner = this.emit(ref.query, scope.parent)
        const columns = inner.columns.map((column, i) => ({
          name: ref.columns?.[i] ?? column.name,
          type: column.type,
        }))
        return this.named(
          `(WITH "kt_d"(${columns.map((column) => quoteSqlite(column.name)).join(', ')}) AS (${inner.sql}) SELECT * FROM "kt_d")`,
          ref.alias,
          ref.alias,
          columns,
          scope,
        )
      }
      case 'values':
        return this.emitValues(ref, scope)
      case 'join':
        return this.emitJoin(ref, scope)
    }
  }

  private named(
    sql: string,
    alias: string,
    fullName: string,
    columns: Source['columns'],
    scope: Scope,
  ): string {
    const sqlAlias = this.fresh('s')
    scope.sources.push({ alias, fullName, sqlAlias, columns })
    return `${sql} AS ${sqlAlias}`
  }

  private emitObject(ref: Extract<TableRef, { t: 'object' }>, scope: Scope): string {
    const name = ref.parts.at(-1) ?? ''
    const cte =
      ref.parts.length === 1
        ? this.ctes.findLast((candidate) => candidate.name === name.toLowerCase())
        : undefined
    if (cte !== undefined) return this.named(cte.sqlName, ref.alias ?? name, name, cte.columns, scope)
    const table = this.resolver.table(ref.parts, ref.line)
    const sqlTable = this.fresh('t')
    this.uses.push({ sqlTable, table, args: undefined })
    return this.named(sqlTable, ref.alias ?? name, ref.parts.join('.'), table.columns, scope)
  }

  private emitFunction(
    ref: Extract<TableRef, { t: 'function' }>,
    scope: Scope,
  ): { sql: string; on: string | undefined } {
    const table = this.resolver.tableFunction(ref.parts, ref.line)
    const sqlTable = this.fresh('t')
    const correlated = table.argumentColumns
    this.uses.push({ sqlTable, table, args: correlated === undefined ? ref.args : undefined })
    // Arguments see the tables on the left, so they are translated before this source joins the scope.
    const before = new ExpressionTranslator(this, scope)
    const args = correlated === undefined ? [] : ref.args.map((arg) => before.value(arg).sql)
    const sql = this.named(
      sqlTable,
      ref.alias ?? ref.parts.at(-1) ?? '',
      ref.parts.join('.'),
      table.columns,
      scope,
    )
    const sqlAlias = scope.sources.at(-1)?.sqlAlias ?? ''
    const on = correlated
      ?.map((column, i) => `${sqlAlias}.${quoteSqlite(column)} = ${args[i] ?? 'NULL'}`)
      .join(' AND ')
    return { sql, on }
  }

  private emitValues(ref: Extract<TableRef, { t: 'values' }>, scope: Scope): string {
    const translator = new ExpressionTranslator(this, new Scope(scope.parent))
    const rows = ref.rows.map((row) => row.map((e) => translator.value(e)))
    const columns = ref.columns.map((name, i) => ({
      name,
      type: commonType(rows.map((row) => row[i]?.type ?? INT)),
    }))
    const sql = rows.map((row) => `(${row.map((cell) => cell.sql).join(', ')})`).join(', ')
    return this.named(
      `(WITH "kt_d"(${ref.columns.map(quoteSqlite).join(', ')}) AS (VALUES ${sql}) SELECT * FROM "kt_d")`,
      ref.alias,
      ref.alias,
      columns,
      scope,
    )
  }

  private emitJoin(ref: Extract<TableRef, { t: 'join' }>, scope: Scope): string {
    const left = this.emitTable(ref.l, scope)
    if (ref.kind === 'CROSS APPLY' || ref.kind === 'OUTER APPLY') {
      if (ref.r.t !== 'function') throw notSimulated(`${ref.kind} with a query`)
      const right = this.emitFunction(ref.r, scope)
      return `${left} ${ref.kind === 'CROSS APPLY' ? 'JOIN' : 'LEFT JOIN'} ${right.sql} ON ${right.on ?? '1'}`
    }
    const right = this.emitTable(ref.r, scope)
    if (ref.kind === 'CROSS') return `${left} CROSS JOIN ${right}`
    const on = new ExpressionTranslator(this, scope).condition(ref.on as Expr)
    const rightSql = ref.r.t === 'join' ? `(${right})` : right
    return `${left} ${ref.kind} JOIN ${rightSql} ON ${on}`
  }
}

function outputPosition(e: Expr, columns: readonly { name: string }[]): string | undefined {
  if (e.t === 'literal' && typeof e.value === 'number') return String(e.value)
  if (e.t !== 'column' || e.parts.length !== 1) return undefined
  const index = columns.findIndex((column) => column.name.toLowerCase() === e.parts[0]?.toLowerCase())
  return index < 0 ? undefined : String(index + 1)
}
