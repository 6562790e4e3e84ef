import type { ErrorKind } from './catalogue-entry.ts'
import { entryOf, type ErrorCode, type ErrorParams } from './catalogue.ts'

/** What the vendor said, kept as it came: its number is what people search for. */
export interface VendorAnswer {
  system: 'sql' | 'tds' | 'os' | 'keyring' | 'entra' | 'keyvault' | 'arm' | 'graph' | 'storage' | 'pkcs11'
  number: number | string
  text?: string
}

/** An answer for one field: the same words stand at the field and in the summary. */
export interface FieldProblem {
  field: string
  message: string
}

/** An error as data: this crosses IPC and is what pages and the record show. */
export interface Problem {
  code: ErrorCode
  kind: ErrorKind
  /** What did not happen. */
  title: string
  /** What is unchanged, or what state is left. */
  unchanged: string
  causes: string[]
  next: string
  retrySafe: boolean
  vendor?: VendorAnswer
  fields?: FieldProblem[]
}

export interface ProblemExtras {
  cause?: unknown
  vendor?: VendorAnswer
  fields?: FieldProblem[]
}

/** The only error that code of ours throws on purpose. Its texts come from the catalogue; parameters must not be secrets. */
export class KeyturnError extends Error {
  readonly code: ErrorCode
  readonly problem: Problem

  constructor(code: ErrorCode, params: ErrorParams = {}, extras: ProblemExtras = {}) {
    const entry = entryOf(code)
    const title = fill(entry.title, params)
    super(`${code}: ${title}`, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'KeyturnError'
    this.code = code
    this.problem = {
      code,
      kind: entry.kind,
      title,
      unchanged: fill(entry.unchanged, params),
      causes: entry.causes.map((cause) => fill(cause, params)),
      next: fill(entry.next, params),
      retrySafe: entry.retrySafe,
      ...(extras.vendor ? { vendor: extras.vendor } : {}),
      ...(extras.fields ? { fields: extras.fields } : {}),
    }
  }
}

/** Anything that was thrown, as a problem. What is not ours becomes `internal`, without its text: it could carry a secret. */
export const problemOf = (thrown: unknown): Problem =>
  thrown instanceof KeyturnError ? thrown.problem : new KeyturnError('internal').problem

const fill = (template: string, params: ErrorParams): string =>
  template.replace(/«(\w+)»/g, (hole, name: string) => {
    const value = params[name]
    return value === undefined ? hole : String(value)
  })
