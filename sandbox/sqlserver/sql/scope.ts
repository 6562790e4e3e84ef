import { SqlError } from '../engine/errors.ts'
import type { SqlType } from './types.ts'

export interface BoundColumn {
  name: string
  type: SqlType
}

export interface Source {
  alias: string
  /** The full name, for `sys.databases.name` without an alias. */
  fullName: string
  /** Identifier of the source in the emitted SQL, already quoted. */
  sqlAlias: string
  columns: readonly BoundColumn[]
}

/** The names that an expression may use: the sources of its SELECT, then those around it. */
export class Scope {
  readonly sources: Source[] = []
  readonly parent: Scope | undefined
  constructor(parent: Scope | undefined) {
    this.parent = parent
  }

  resolve(parts: readonly string[], line: number): { sql: string; type: SqlType } {
    const name = parts.at(-1) ?? ''
    const qualifier = parts.slice(0, -1).join('.').toLowerCase()
    for (const scope of this.outwards()) {
      const hits = scope.sources
        .filter((source) => qualifier === '' || matches(source, qualifier))
        .flatMap((source) => {
          const column = source.columns.find(
            (candidate) => candidate.name.toLowerCase() === name.toLowerCase(),
          )
          return column === undefined
            ? []
            : [{ sql: `${source.sqlAlias}.${quoteSqlite(column.name)}`, type: column.type }]
        })
      if (hits.length > 1) {
        throw new SqlError(209, `Ambiguous column name '${name}'.`, { line, endsBatch: true })
      }
      if (hits[0] !== undefined) return hits[0]
      if (qualifier !== '' && scope.sources.some((source) => matches(source, qualifier))) break
    }
    if (qualifier !== '' && !this.knows(qualifier)) {
      throw new SqlError(4104, `The multi-part identifier "${parts.join('.')}" could not be bound.`, {
        line,
        endsBatch: true,
      })
    }
    throw new SqlError(207, `Invalid column name '${name}'.`, { line, endsBatch: true })
  }

  /** This scope, then those around it. */
  private outwards(): Scope[] {
    return [this, ...(this.parent?.outwards() ?? [])]
  }

  sourcesOf(qualifier: string | undefined): readonly Source[] {
    if (qualifier === undefined) return this.sources
    const hits = this.sources.filter((source) => matches(source, qualifier.toLowerCase()))
    if (hits.length === 0) {
      throw new SqlError(
        107,
        `The column prefix '${qualifier}' does not match with a table name or alias name used in the query.`,
        { severity: 15, endsBatch: true },
      )
    }
    return hits
  }

  private knows(qualifier: string): boolean {
    return (
      this.sources.some((source) => matches(source, qualifier)) || (this.parent?.knows(qualifier) ?? false)
    )
  }
}

function matches(source: Source, qualifier: string): boolean {
  const full = source.fullName.toLowerCase()
  return source.alias.toLowerCase() === qualifier || full === qualifier || full.endsWith(`.${qualifier}`)
}

export function quoteSqlite(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
