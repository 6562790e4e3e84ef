/** Error of the simulated engine: what becomes an ERROR token. Texts follow the engine's message catalog. */
export class SqlError extends Error {
  readonly number: number
  readonly severity: number
  readonly state: number
  /** Line in the batch; filled in by the runner where the thrower does not know it. */
  line: number | undefined
  /** Ends the batch, whatever the severity says (compile errors, THROW, 208). */
  readonly endsBatch: boolean

  constructor(number: number, message: string, options: SqlErrorOptions = {}) {
    super(message)
    this.number = number
    this.severity = options.severity ?? 16
    this.state = options.state ?? 1
    this.line = options.line
    this.endsBatch = options.endsBatch ?? false
  }
}

export interface SqlErrorOptions {
  severity?: number
  state?: number
  line?: number | undefined
  endsBatch?: boolean
}

/** Several errors of one statement in the order in which the engine sends them (3201 then 3013). */
export class SqlErrors extends Error {
  readonly errors: readonly SqlError[]
  constructor(errors: readonly SqlError[]) {
    super(errors.map((error) => error.message).join(' '))
    this.errors = errors
  }
}

/** The client asked to stop (attention), or the session was ended while it worked. */
export class RequestAborted extends Error {
  constructor() {
    super('The request was aborted by the client.')
  }
}

/** What the sandbox does not know is said so and never answered with something plausible. */
export function notSimulated(what: string, line?: number): SqlError {
  return new SqlError(50000, `not simulated: ${what}`, { line, endsBatch: true })
}

export function syntaxError(near: string, line: number): SqlError {
  return new SqlError(102, `Incorrect syntax near '${near}'.`, { severity: 15, line, endsBatch: true })
}

export type Noun =
  | 'certificate'
  | 'database'
  | 'login'
  | 'server principal'
  | 'server role'
  | 'role'
  | 'user'
  | 'symmetric key'

export function cannotFind(verb: string, noun: Noun | string, name: string): SqlError {
  return new SqlError(
    15151,
    `Cannot ${verb} the ${noun} '${name}', because it does not exist or you do not have permission.`,
  )
}

export const noPermissionForAction = (): SqlError =>
  new SqlError(15247, 'User does not have permission to perform this action.')

export const beingRecovered = (database: string): SqlError =>
  new SqlError(922, `Database '${database}' is being recovered. Waiting until recovery is finished.`, {
    severity: 14,
  })
