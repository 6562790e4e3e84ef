/** Where a connector stopped: before it had a session with the vault, or when it asked for a key. */
export type FailureStage = 'session' | 'key'

/** What the connector answers to the engine: a number of its own, which is no SQL Server error number. */
export class ConnectorFailure extends Error {
  readonly code: number
  readonly stage: FailureStage
  /** What Azure or the connection said; empty where nobody was asked. No secret is in it. */
  readonly detail: string

  constructor(code: number, stage: FailureStage, detail = '') {
    super(`connector code ${code}`)
    this.code = code
    this.stage = stage
    this.detail = detail
  }
}

/** Codes of the SQL crypto interface itself, which any provider can answer. */
export const NOT_SUPPORTED = 3

/** Codes of the connector for Azure Key Vault. */
export const CODES = {
  nameTooLong: 2049,
  secretTooShort: 2050,
  noMapping: 2053,
  registry: 2058,
  challenge: 3200,
  badCredentials: 3303,
  noToken: 3304,
  tokenNotReadable: 3307,
  keyNotReadable: 3400,
  wrapNotReadable: 3603,
  unwrapNotReadable: 3706,
  hostNotResolved: 3900,
} as const

/** The same meaning has one number up to 1.0.4.0 and another one from 1.0.5.0. */
const BY_GENERATION = {
  send: [3008, 3106],
  status: [3009, 3107],
  body: [3019, 3119],
  unauthorized: [3010, 3108],
  throttled: [3011, 3109],
  badRequest: [3012, 3110],
  serverError: [3013, 3111],
  notFound: [3076, 3112],
  forbidden: [3077, 3113],
} as const

export type HttpTrouble = keyof typeof BY_GENERATION

export const httpCode = (trouble: HttpTrouble, generation: 1 | 2): number =>
  BY_GENERATION[trouble][generation - 1] ?? 0

/** undefined for an answer that is none of trouble. */
export function troubleOf(status: number): HttpTrouble | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'notFound'
  if (status === 429) return 'throttled'
  return status >= 500 ? 'serverError' : 'badRequest'
}
