import { DatabaseSync } from 'node:sqlite'
import { SqlError, notSimulated } from '../engine/errors.ts'
import type { CatalogContext, View } from '../catalog/view.ts'
import type { Expr, Query } from './ast.ts'
import { convertCell } from './convert.ts'
import { SCALAR_FUNCTIONS } from './functions.ts'
import { likeMatches } from './like.ts'
import { quoteSqlite } from './scope.ts'
import { translateQuery } from './select-to-sqlite.ts'
import type { CatalogResolver, ResolvedTable, TableUse } from './select-to-sqlite.ts'
import type { SessionFacts } from './session-facts.ts'
import type { Cell, SqlType } from './types.ts'

/** What a query may look at while it runs. */
export interface QueryEnvironment {
  facts: SessionFacts
  caseInsensitive: boolean
  majorVersion: number
  variables: ReadonlyMap<string, { type: SqlType; value: Cell }>
  /** The view behind a name, with the context of the database that it was named in. Throws 208 or 916. */
  find(parts: readonly string[], line: number): { view: View; context: CatalogContext }
  /** Throws 300 and 297 when the login may not read the view. */
  authorize(view: View, context: CatalogContext): void
}

export interface QueryResult {
  columns: readonly { name: string; type: SqlType; assign: string | undefined }[]
  rows: Cell[][]
}

interface Handle {
  view: View
  context: CatalogContext
}

/** Runs translated queries on an in-memory SQLite that holds copies of the views they name, for that query only. */
export class QueryRunner {
  private readonly sqlite = new DatabaseSync(':memory:')
  private environment: QueryEnvironment | undefined
  private readonly types = new Map<string, SqlType>()
  private readonly typeLists = new Map<string, readonly SqlType[]>()

  constructor() {
    this.register()
  }

  /** Names and types only: what the engine checks before a batch runs. A missing object is left for run time. */
  check(query: Query, environment: QueryEnvironment): void {
    try {
      translateQuery(query, resolverFor(environment))
    } catch (error) {
      if (error instanceof SqlError && (error.number === 208 || error.number === 916)) return
      throw error
    }
  }

  run(query: Query, environment: QueryEnvironment): QueryResult {
    const previous = this.environment
    this.environment = environment
    const made: string[] = []
    try {
      const translation = translateQuery(query, resolverFor(environment))
      for (const use of translation.uses) {
        made.push(use.sqlTable)
        this.fill(use, environment)
      }
      const statement = this.sqlite.prepare(translation.sql)
      statement.setReturnArrays(true)
      statement.setReadBigInts(true)
      const rows = statement.all(translation.params) as unknown as Cell[][]
      return {
        columns: translation.columns,
        rows: rows.map((row) => row.map((cell, i) => toTyped(cell, translation.columns[i]?.type))),
      }
    } finally {
      for (const table of made) this.sqlite.exec(`DROP TABLE IF EXISTS ${table}`)
      this.environment = previous
    }
  }

  /** Value and type of one expression outside of any table. */
  evaluate(e: Expr, environment: QueryEnvironment): { value: Cell; type: SqlType } {
    const result = this.run(selectOf(e), environment)
    return { value: result.rows[0]?.[0] ?? null, type: result.columns[0]?.type ?? { name: 'null' } }
  }

  test(condition: Expr, environment: QueryEnvironment): boolean {
    const asCase: Expr = {
      t: 'case',
      operand: undefined,
      otherwise: { t: 'literal', value: 0, type: 'int' },
      whens: [{ when: condition, then: { t: 'literal', value: 1, type: 'int' } }],
    }
    return this.evaluate(asCase, environment).value === 1
  }

  close(): void {
    this.sqlite.close()
  }

  private fill(use: TableUse<Handle>, environment: QueryEnvironment): void {
    const { view, context } = use.table.handle
    environment.authorize(view, context)
    const args = (use.args ?? []).map((arg) => this.evaluate(arg, environment).value)
    const columns = visibleColumns(view, environment.majorVersion)
    this.sqlite.exec(
      `CREATE TABLE ${use.sqlTable} (${columns.map((column) => `${quoteSqlite(column.name)} ${affinity(column.type, environment.caseInsensitive)}`).join(', ')})`,
    )
    const insert = this.sqlite.prepare(
      `INSERT INTO ${use.sqlTable} VALUES (${columns.map(() => '?').join(', ')})`,
    )
    for (const row of view.rows(context, args))
      insert.run(...columns.map((column) => row[column.name] ?? null))
  }

  private current(): QueryEnvironment {
    if (this.environment === undefined) throw new Error('a function was called outside of a query')
    return this.environment
  }

  private register(): void {
    const varargs = { varargs: true } as const
    this.sqlite.function('kt_call', varargs, (...args) => {
      const [name, types, ...values] = args as Cell[]
      const known = SCALAR_FUNCTIONS[String(name)]
      if (known === undefined) throw notSimulated(`function ${String(name)}`)
      if (known.strict && values.includes(null)) return null
      return known.run(this.current().facts, values, this.typeList(String(types)))
    })
    this.sqlite.function('kt_convert', varargs, (...args) => {
      const [value, from, to, style, attempt] = args as Cell[]
      try {
        return convertCell(value ?? null, this.type(String(from)), this.type(String(to)), Number(style ?? 0))
      } catch (error) {
        if (Number(attempt) === 1 && error instanceof SqlError && error.number !== 50000) return null
        throw error
      }
    })
    this.sqlite.function('kt_fold', (value, ignoreCase) => {
      if (typeof value !== 'string') return value
      const trimmed = value.replace(/ +$/, '')
      return Number(ignoreCase) === 1 ? trimmed.toLowerCase() : trimmed
    })
    this.sqlite.function('kt_like', (value, pattern, escape, ignoreCase) => {
      if (value === null || pattern === null) return null
      return likeMatches(
        String(value),
        String(pattern),
        escape === null ? null : String(escape),
        Number(ignoreCase) === 1,
      )
        ? 1
        : 0
    })
    this.sqlite.function('kt_divide', (op, left, right, whole) => {
      if (left === null || right === null) return null
      if (Number(right) === 0)
        throw new SqlError(8134, 'Divide by zero error encountered.', { endsBatch: true })
      if (op === '%') return Number(left) % Number(right)
      return Number(whole) === 1 ? Math.trunc(Number(left) / Number(right)) : Number(left) / Number(right)
    })
  }

  private type(json: string): SqlType {
    const known = this.types.get(json) ?? (JSON.parse(json) as SqlType)
    this.types.set(json, known)
    return known
  }

  private typeList(json: string): readonly SqlType[] {
    const known = this.typeLists.get(json) ?? (JSON.parse(json) as SqlType[])
    this.typeLists.set(json, known)
    return known
  }
}

function selectOf(e: Expr): Query {
  return {
    with: [],
    orderBy: [],
    offset: undefined,
    fetch: undefined,
    body: {
      t: 'select',
      distinct: false,
      top: undefined,
      items: [{ e, alias: undefined, assign: undefined }],
      from: [],
      where: undefined,
      groupBy: [],
      having: undefined,
    },
  }
}

const visibleColumns = (view: View, majorVersion: number): View['columns'] =>
  view.columns.filter((column) => column.since <= majorVersion)

function resolverFor(environment: QueryEnvironment): CatalogResolver<Handle> {
  const resolve = (parts: readonly string[], line: number, isFunction: boolean): ResolvedTable<Handle> => {
    const found = environment.find(parts, line)
    if ((found.view.argumentCount !== undefined) !== isFunction) {
      throw new SqlError(
        isFunction ? 215 : 216,
        `Parameters supplied for object '${parts.join('.')}' which is not a function. If the parameters are intended as a table hint, a WITH keyword is required.`,
        { line, endsBatch: true },
      )
    }
    const { argumentColumns } = found.view
    return {
      fullName: found.view.name,
      columns: visibleColumns(found.view, environment.majorVersion),
      handle: found,
      ...(argumentColumns === undefined ? {} : { argumentColumns }),
    }
  }
  return {
    caseInsensitive: environment.caseInsensitive,
    table: (parts, line) => resolve(parts, line, false),
    tableFunction: (parts, line) => resolve(parts, line, true),
    variable: (name) => environment.variables.get(name),
  }
}

/** Columns keep the type of what is put in: no SQLite affinity may turn text into numbers. */
function affinity(type: SqlType, ignoreCase: boolean): string {
  const textual =
    type.name === 'nvarchar' || type.name === 'varchar' || type.name === 'char' || type.name === 'nchar'
  return textual && ignoreCase ? 'BLOB COLLATE NOCASE' : 'BLOB'
}

function toTyped(cell: Cell, type: SqlType | undefined): Cell {
  if (typeof cell !== 'bigint') return cell
  const exact = cell <= 9007199254740991n && cell >= -9007199254740991n
  return exact ? Number(cell) : type?.name === 'decimal' ? String(cell) : cell
}
