/** Types that expressions can be converted to, as T-SQL names them. */
export interface SqlTypeName {
  name: string
  /** Characters, bytes or precision; 'max' for (max). */
  length?: number | 'max'
  scale?: number
}

export type Literal = string | number | bigint | Uint8Array | null

export type Expr =
  | {
      t: 'literal'
      value: Literal
      type: 'varchar' | 'nvarchar' | 'int' | 'decimal' | 'float' | 'varbinary' | 'null'
    }
  | { t: 'variable'; name: string; line: number }
  | { t: 'column'; parts: string[]; line: number }
  | { t: 'star'; qualifier: string | undefined }
  | { t: 'unary'; op: '-' | '+' | '~'; e: Expr }
  | { t: 'binary'; op: string; l: Expr; r: Expr }
  | { t: 'compare'; op: string; l: Expr; r: Expr }
  | { t: 'logic'; op: 'AND' | 'OR'; l: Expr; r: Expr }
  | { t: 'not'; e: Expr }
  | { t: 'isNull'; e: Expr; negated: boolean }
  | { t: 'like'; e: Expr; pattern: Expr; escape: Expr | undefined; negated: boolean }
  | { t: 'in'; e: Expr; list: Expr[] | undefined; query: Query | undefined; negated: boolean }
  | { t: 'between'; e: Expr; low: Expr; high: Expr; negated: boolean }
  | { t: 'exists'; query: Query }
  | { t: 'case'; operand: Expr | undefined; whens: { when: Expr; then: Expr }[]; otherwise: Expr | undefined }
  | {
      t: 'call'
      name: string
      args: Expr[]
      star: boolean
      distinct: boolean
      over: Over | undefined
      line: number
    }
  | { t: 'convert'; e: Expr; type: SqlTypeName; style: Expr | undefined; attempt: boolean }
  | { t: 'query'; query: Query }

export interface Over {
  partitionBy: Expr[]
  orderBy: OrderItem[]
}

export interface OrderItem {
  e: Expr
  descending: boolean
}

export interface SelectItem {
  e: Expr
  alias: string | undefined
  /** SELECT @x = e */
  assign: string | undefined
}

export type TableRef =
  | { t: 'object'; parts: string[]; alias: string | undefined; line: number }
  | { t: 'function'; parts: string[]; args: Expr[]; alias: string | undefined; line: number }
  | { t: 'derived'; query: Query; alias: string; columns: string[] | undefined }
  | { t: 'values'; rows: Expr[][]; alias: string; columns: string[] }
  | { t: 'join'; kind: JoinKind; l: TableRef; r: TableRef; on: Expr | undefined }

export type JoinKind = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'CROSS APPLY' | 'OUTER APPLY'

export interface SelectCore {
  t: 'select'
  distinct: boolean
  top: Expr | undefined
  items: SelectItem[]
  from: TableRef[]
  where: Expr | undefined
  groupBy: Expr[]
  having: Expr | undefined
}

export interface SetOperation {
  t: 'set'
  op: 'UNION' | 'UNION ALL' | 'EXCEPT' | 'INTERSECT'
  l: QueryBody
  r: QueryBody
}

export type QueryBody = SelectCore | SetOperation | { t: 'nested'; query: Query }

export interface Query {
  with: { name: string; columns: string[] | undefined; query: Query }[]
  body: QueryBody
  orderBy: OrderItem[]
  offset: Expr | undefined
  fetch: Expr | undefined
}
