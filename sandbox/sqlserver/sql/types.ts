import type { SqlTypeName } from './ast.ts'

/** A value as it travels through SQLite: dates are ISO text in UTC without zone, GUIDs upper-case text. */
export type Cell = null | number | bigint | string | Uint8Array

export type BaseType =
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'float'
  | 'varchar'
  | 'nvarchar'
  | 'char'
  | 'nchar'
  | 'varbinary'
  | 'binary'
  | 'date'
  | 'datetime'
  | 'datetime2'
  | 'uniqueidentifier'
  | 'sql_variant'
  | 'null'

export interface SqlType {
  name: BaseType
  length?: number | 'max'
  scale?: number
}

const ALIASES: Record<string, BaseType> = {
  integer: 'int',
  numeric: 'decimal',
  dec: 'decimal',
  money: 'decimal',
  real: 'float',
  smalldatetime: 'datetime',
  image: 'varbinary',
  text: 'varchar',
  ntext: 'nvarchar',
  character: 'char',
}

const BASE_TYPES: ReadonlySet<string> = new Set<BaseType>([
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'decimal',
  'float',
  'varchar',
  'nvarchar',
  'char',
  'nchar',
  'varbinary',
  'binary',
  'date',
  'datetime',
  'datetime2',
  'uniqueidentifier',
  'sql_variant',
])

/** The type behind a declared name, or undefined for one that is not known here. */
export function typeOf(declared: SqlTypeName, defaultLength: number): SqlType | undefined {
  const name = ALIASES[declared.name] ?? declared.name
  if (!BASE_TYPES.has(name)) return undefined
  const base = name as BaseType
  if (base === 'decimal') {
    return { name: base, length: declared.length ?? 18, scale: declared.scale ?? 0 }
  }
  if (isText({ name: base }) || isBinary({ name: base })) {
    return {
      name: base,
      length: declared.length ?? (['text', 'ntext', 'image'].includes(declared.name) ? 'max' : defaultLength),
    }
  }
  return base === 'datetime2'
    ? { name: base, scale: typeof declared.length === 'number' ? declared.length : 7 }
    : { name: base }
}

export const INT: SqlType = { name: 'int' }
export const BIGINT: SqlType = { name: 'bigint' }
export const BIT: SqlType = { name: 'bit' }
export const SYSNAME: SqlType = { name: 'nvarchar', length: 128 }
export const DATETIME: SqlType = { name: 'datetime' }
export const GUID: SqlType = { name: 'uniqueidentifier' }
export const VARIANT: SqlType = { name: 'sql_variant' }
export const nvarchar = (length: number | 'max'): SqlType => ({ name: 'nvarchar', length })
export const varchar = (length: number | 'max'): SqlType => ({ name: 'varchar', length })
export const varbinary = (length: number | 'max'): SqlType => ({ name: 'varbinary', length })

const TEXT = new Set<BaseType>(['varchar', 'nvarchar', 'char', 'nchar'])
const NUMERIC = new Set<BaseType>(['bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'float'])
const DATES = new Set<BaseType>(['date', 'datetime', 'datetime2'])

export const isText = (type: SqlType): boolean => TEXT.has(type.name)
export const isNumeric = (type: SqlType): boolean => NUMERIC.has(type.name)
export const isDate = (type: SqlType): boolean => DATES.has(type.name)
export const isBinary = (type: SqlType): boolean => type.name === 'varbinary' || type.name === 'binary'

/** Lower to higher: the type of a mixed expression is the highest of its parts. */
const PRECEDENCE: readonly BaseType[] = [
  'null',
  'binary',
  'varbinary',
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'uniqueidentifier',
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'decimal',
  'float',
  'date',
  'datetime',
  'datetime2',
  'sql_variant',
]

export function commonType(types: readonly SqlType[]): SqlType {
  const [first = INT, ...rest] = types.filter((type) => type.name !== 'null')
  return rest.reduce((left, right) => {
    const higher = PRECEDENCE.indexOf(right.name) > PRECEDENCE.indexOf(left.name) ? right : left
    if (higher.length === undefined) return higher
    const longest =
      left.length === 'max' || right.length === 'max'
        ? 'max'
        : Math.max(left.length ?? 0, right.length ?? 0, 1)
    return { ...higher, length: longest }
  }, first)
}
