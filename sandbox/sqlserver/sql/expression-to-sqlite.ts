import { SqlError, notSimulated, syntaxError } from '../engine/errors.ts'
import type { Expr, Literal, OrderItem, Query } from './ast.ts'
import { AGGREGATES, SCALAR_FUNCTIONS, WINDOW_FUNCTIONS } from './functions.ts'
import type { Scope } from './scope.ts'
import {
  BIGINT,
  INT,
  commonType,
  isBinary,
  isDate,
  isNumeric,
  isText,
  nvarchar,
  typeOf,
  varbinary,
  varchar,
} from './types.ts'
import type { Cell, SqlType } from './types.ts'

export interface Emitted {
  sql: string
  type: SqlType
}

export interface TranslationHost {
  /** Names compare without regard to case (the instance's collation). */
  readonly caseInsensitive: boolean
  bind(value: Cell): string
  variable(name: string, line: number): Emitted
  /** A nested query used as a value or list; `sql` without parentheses. */
  query(query: Query, scope: Scope): { sql: string; types: readonly SqlType[] }
}

const BOOLEAN_NODES: ReadonlySet<Expr['t']> = new Set<Expr['t']>([
  'compare',
  'logic',
  'not',
  'isNull',
  'like',
  'in',
  'between',
  'exists',
])

const json = (type: SqlType): string => `'${JSON.stringify(type)}'`

export function coerce(e: Emitted, target: SqlType): string {
  const needed =
    (isText(e.type) && (isNumeric(target) || isDate(target) || target.name === 'uniqueidentifier')) ||
    (isNumeric(e.type) && e.type.name !== 'bit' && target.name === 'bit') ||
    (e.type.name === 'sql_variant' &&
      isText(target) === false &&
      target.name !== 'sql_variant' &&
      target.name !== 'null')
  return needed ? convertTo(e, target) : e.sql
}

export function convertTo(e: Emitted, target: SqlType, style = '0', attempt = false): string {
  return `kt_convert(${e.sql}, ${json(e.type)}, ${json(target)}, ${style}, ${attempt ? 1 : 0})`
}

/** Translates expressions of one scope. Values and conditions are kept apart, as T-SQL does. */
export class ExpressionTranslator {
  private readonly host: TranslationHost
  private readonly scope: Scope

  constructor(host: TranslationHost, scope: Scope) {
    this.host = host
    this.scope = scope
  }

  condition(e: Expr): string {
    switch (e.t) {
      case 'logic':
        return `(${this.condition(e.l)} ${e.op} ${this.condition(e.r)})`
      case 'not':
        return `(NOT ${this.condition(e.e)})`
      case 'isNull':
        return `(${this.value(e.e).sql} IS ${e.negated ? 'NOT ' : ''}NULL)`
      case 'compare':
        return this.compare(e.op, this.value(e.l), this.value(e.r))
      case 'between':
        return this.between(e)
      case 'like':
        return this.like(e)
      case 'in':
        return this.inList(e)
      case 'exists':
        return `EXISTS (${this.host.query(e.query, this.scope).sql})`
      default:
        throw new SqlError(
          4145,
          `An expression of non-boolean type specified in a context where a condition is expected, near '${nearOf(e)}'.`,
          { severity: 15, endsBatch: true },
        )
    }
  }

  value(e: Expr): Emitted {
    if (BOOLEAN_NODES.has(e.t)) throw syntaxError(e.t === 'compare' ? e.op : e.t.toUpperCase(), 1)
    switch (e.t) {
      case 'literal':
        return this.literal(e.value, e.type)
      case 'variable':
        return this.host.variable(e.name, e.line)
      case 'column':
        return this.scope.resolve(e.parts, e.line)
      case 'unary':
        return this.unary(e.op, this.value(e.e))
      case 'binary':
        return this.arithmetic(e.op, this.value(e.l), this.value(e.r))
      case 'case':
        return this.caseOf(e)
      case 'convert':
        return this.convert(e)
      case 'call':
        return this.call(e)
      case 'query': {
        const inner = this.host.query(e.query, this.scope)
        if (inner.types.length !== 1)
          throw new SqlError(
            116,
            'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
            { endsBatch: true },
          )
        return { sql: `(${inner.sql})`, type: inner.types[0] ?? INT }
      }
      default:
        throw syntaxError(nearOf(e), 1)
    }
  }

  private literal(value: Literal, type: string): Emitted {
    if (value === null) return { sql: 'NULL', type: { name: 'null' } }
    if (typeof value === 'number')
      return {
        sql: String(value),
        type: {
          name: type === 'float' ? 'float' : type === 'decimal' ? 'decimal' : 'int',
          ...(type === 'decimal' ? { length: 38, scale: 6 } : {}),
        },
      }
    if (typeof value === 'bigint')
      return { sql: value < 2n ** 63n ? String(value) : this.host.bind(Number(value)), type: BIGINT }
    if (typeof value === 'string')
      return {
        sql: this.host.bind(value),
        type: type === 'nvarchar' ? nvarchar(sizeOf(value.length)) : varchar(sizeOf(value.length)),
      }
    return { sql: this.host.bind(value), type: varbinary(sizeOf(value.length)) }
  }

  private unary(op: string, e: Emitted): Emitted {
    return {
      sql: `(${op} ${coerce(e, isNumeric(e.type) ? e.type : INT)})`,
      type: isNumeric(e.type) ? e.type : INT,
    }
  }

  private arithmetic(op: string, l: Emitted, r: Emitted): Emitted {
    const textual = (x: Emitted): boolean => isText(x.type) || x.type.name === 'null'
    if (op === '+' && textual(l) && textual(r) && (isText(l.type) || isText(r.type))) {
      const type = commonType([l.type, r.type])
      const length = [l, r].reduce(
        (sum, x) => sum + (typeof x.type.length === 'number' ? x.type.length : 4000),
        0,
      )
      return {
        sql: `(${l.sql} || ${r.sql})`,
        type: { ...type, length: type.length === 'max' ? 'max' : Math.min(length, 4000) },
      }
    }
    if (isBinary(l.type) || isBinary(r.type)) throw notSimulated(`operator ${op} on binary values`)
    if (isDate(l.type) || isDate(r.type)) {
      if ((op !== '+' && op !== '-') || isDate(r.type)) throw notSimulated(`operator ${op} on dates`)
      return {
        sql: `kt_call('DATEADD', '[]', 'day', ${op === '-' ? `-(${r.sql})` : r.sql}, ${l.sql})`,
        type: l.type,
      }
    }
    const type = commonType(
      [l.type, r.type].map((side) => (isNumeric(side) ? (side.name === 'bit' ? INT : side) : INT)),
    )
    const [a, b] = [coerce(l, type), coerce(r, type)]
    if (op === '/' || op === '%') {
      const whole = type.name !== 'decimal' && type.name !== 'float'
      return { sql: `kt_divide('${op}', ${a}, ${b}, ${whole ? 1 : 0})`, type }
    }
    if (op === '^') return { sql: `((${a} | ${b}) - (${a} & ${b}))`, type }
    return { sql: `(${a} ${op} ${b})`, type }
  }

  compare(op: string, l: Emitted, r: Emitted): string {
    const type = commonType([l.type, r.type])
    if ((isBinary(l.type) && isText(r.type)) || (isText(l.type) && isBinary(r.type))) {
      throw new SqlError(
        257,
        'Implicit conversion from data type varchar to varbinary is not allowed. Use the CONVERT function to run this query.',
        { endsBatch: true },
      )
    }
    return `(${this.comparable(l, type)} ${op} ${this.comparable(r, type)})`
  }

  /** Texts are folded as the collation says: no case, no trailing spaces. */
  private comparable(e: Emitted, type: SqlType): string {
    const sql = type.name === 'bit' && isNumeric(e.type) ? e.sql : coerce(e, type)
    return isText(type) || type.name === 'sql_variant'
      ? `kt_fold(${sql}, ${this.host.caseInsensitive ? 1 : 0})`
      : sql
  }

  private between(e: Extract<Expr, { t: 'between' }>): string {
    const value = this.value(e.e)
    const sql = `(${this.compare('>=', value, this.value(e.low))} AND ${this.compare('<=', value, this.value(e.high))})`
    return e.negated ? `(NOT ${sql})` : sql
  }

  private like(e: Extract<Expr, { t: 'like' }>): string {
    const escape = e.escape === undefined ? 'NULL' : this.value(e.escape).sql
    return `(${e.negated ? 'NOT ' : ''}kt_like(${this.value(e.e).sql}, ${this.value(e.pattern).sql}, ${escape}, ${this.host.caseInsensitive ? 1 : 0}))`
  }

  private inList(e: Extract<Expr, { t: 'in' }>): string {
    const value = this.value(e.e)
    const not = e.negated ? 'NOT ' : ''
    if (e.query !== undefined) {
      const inner = this.host.query(e.query, this.scope)
      const type = inner.types[0] ?? INT
      const folded = this.comparable({ sql: '"kt_in"."v"', type }, commonType([value.type, type]))
      return `(${this.comparable(value, commonType([value.type, type]))} ${not}IN (WITH "kt_in"("v") AS (${inner.sql}) SELECT ${folded} FROM "kt_in"))`
    }
    const list = (e.list ?? []).map((item) => this.value(item))
    const type = commonType([value.type, ...list.map((item) => item.type)])
    return `(${this.comparable(value, type)} ${not}IN (${list.map((item) => this.comparable(item, type)).join(', ')}))`
  }

  private caseOf(e: Extract<Expr, { t: 'case' }>): Emitted {
    const operand = e.operand === undefined ? undefined : this.value(e.operand)
    const results = e.whens.map((branch) => this.value(branch.then))
    const otherwise: Emitted =
      e.otherwise === undefined ? { sql: 'NULL', type: { name: 'null' } } : this.value(e.otherwise)
    const type = commonType([...results.map((result) => result.type), otherwise.type])
    const branches = e.whens.map((branch, i) => {
      const test =
        operand === undefined
          ? this.condition(branch.when)
          : this.compare('=', operand, this.value(branch.when))
      return `WHEN ${test} THEN ${coerce(results[i] as Emitted, type)}`
    })
    return { sql: `(CASE ${branches.join(' ')} ELSE ${coerce(otherwise, type)} END)`, type }
  }

  private convert(e: Extract<Expr, { t: 'convert' }>): Emitted {
    const type = typeOf(e.type, 30)
    if (type === undefined) throw notSimulated(`conversion to ${e.type.name}`)
    const style = e.style === undefined ? '0' : this.value(e.style).sql
    return { sql: convertTo(this.value(e.e), type, style, e.attempt), type }
  }

  private call(e: Extract<Expr, { t: 'call' }>): Emitted {
    const name = e.name.replace(/^(SYS|DBO)\./, '')
    if (e.over !== undefined || WINDOW_FUNCTIONS.has(name)) return this.windowed(e, name)
    const aggregate = AGGREGATES[name]
    if (aggregate !== undefined) return this.aggregate(e, aggregate)
    if (name === 'IIF')
      return this.caseOf({
        t: 'case',
        operand: undefined,
        whens: [{ when: required(e.args, 0, name), then: required(e.args, 1, name) }],
        otherwise: required(e.args, 2, name),
      })
    if (name === 'NULLIF') {
      const [l, r] = [this.value(required(e.args, 0, name)), this.value(required(e.args, 1, name))]
      return { sql: `(CASE WHEN ${this.compare('=', l, r)} THEN NULL ELSE ${l.sql} END)`, type: l.type }
    }
    if (name === 'COALESCE') {
      const args = e.args.map((arg) => this.value(arg))
      const type = commonType(args.map((arg) => arg.type))
      return {
        sql:
          args.length === 1
            ? (args[0] as Emitted).sql
            : `COALESCE(${args.map((arg) => coerce(arg, type)).join(', ')})`,
        type,
      }
    }
    return this.scalar(e, name)
  }

  private scalar(e: Extract<Expr, { t: 'call' }>, name: string): Emitted {
    const known = Object.hasOwn(SCALAR_FUNCTIONS, name) ? SCALAR_FUNCTIONS[name] : undefined
    if (known === undefined || e.star) {
      if (name.startsWith('@@')) throw notSimulated(name, e.line)
      throw notSimulated(`function ${e.name}`, e.line)
    }
    if (e.args.length < known.min || e.args.length > known.max) {
      throw new SqlError(174, `The ${name.toLowerCase()} function requires ${known.min} argument(s).`, {
        severity: 15,
        line: e.line,
        endsBatch: true,
      })
    }
    const args = e.args.map((arg, i) =>
      i === 0 && /^DATE(ADD|DIFF|PART)$/.test(name) ? this.datePartName(arg) : this.value(arg),
    )
    const types = args.map((arg) => arg.type)
    const type = typeof known.type === 'function' ? known.type(types) : known.type
    const list = args.map((arg) => `, ${arg.sql}`).join('')
    return { sql: `kt_call('${name}', '${JSON.stringify(types)}'${list})`, type }
  }

  private datePartName(e: Expr): Emitted {
    if (e.t !== 'column' || e.parts.length !== 1) throw syntaxError(nearOf(e), 1)
    return { sql: this.host.bind(e.parts[0] ?? ''), type: varchar(20) }
  }

  private aggregate(e: Extract<Expr, { t: 'call' }>, aggregate: (typeof AGGREGATES)[string]): Emitted {
    const args = e.args.map((arg) => this.value(arg))
    const type = aggregate.type(args.map((arg) => (arg.type.name === 'bit' ? INT : arg.type)))
    const list = e.star ? '*' : `${e.distinct ? 'DISTINCT ' : ''}${args.map((arg) => arg.sql).join(', ')}`
    const sql = `${aggregate.sql}(${list})`
    return {
      sql:
        aggregate.sql === 'AVG' && type.name !== 'decimal' && type.name !== 'float'
          ? `CAST(${sql} AS INTEGER)`
          : sql,
      type,
    }
  }

  private windowed(e: Extract<Expr, { t: 'call' }>, name: string): Emitted {
    const aggregate = AGGREGATES[name]
    if (e.over === undefined)
      throw new SqlError(10753, `The function '${name}' must have an OVER clause.`, {
        severity: 15,
        line: e.line,
        endsBatch: true,
      })
    if (aggregate === undefined && !WINDOW_FUNCTIONS.has(name)) throw notSimulated(`${name} OVER`, e.line)
    const call: Emitted =
      aggregate === undefined ? { sql: `${name}()`, type: BIGINT } : this.aggregate(e, aggregate)
    const partition =
      e.over.partitionBy.length === 0
        ? ''
        : `PARTITION BY ${e.over.partitionBy.map((part) => this.value(part).sql).join(', ')}`
    const order = e.over.orderBy.length === 0 ? '' : `ORDER BY ${this.order(e.over.orderBy)}`
    return { sql: `${call.sql} OVER (${partition} ${order})`, type: call.type }
  }

  order(items: readonly OrderItem[]): string {
    return items.map((item) => `${this.value(item.e).sql}${item.descending ? ' DESC' : ''}`).join(', ')
  }
}

function required(args: readonly Expr[], index: number, name: string): Expr {
  const arg = args[index]
  if (arg === undefined)
    throw new SqlError(174, `The ${name.toLowerCase()} function requires more arguments.`, {
      severity: 15,
      endsBatch: true,
    })
  return arg
}

const sizeOf = (length: number): number | 'max' => (length > 4000 ? 'max' : Math.max(1, length))

function nearOf(e: Expr): string {
  if (e.t === 'column') return e.parts.at(-1) ?? ''
  if (e.t === 'call') return e.name
  if (e.t === 'star') return '*'
  return e.t === 'literal' ? String(e.value) : e.t.toUpperCase()
}
