import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { isDistrust, distrustInWords } from './certificate.ts'
import type { Limits } from './limits.ts'
import type { GuardedConnection } from './link.ts'
import { scrubbed } from '../../platform/scrub.ts'

export interface ServerMessage {
  number: number
  message: string
}

interface ConnectFailure {
  link: GuardedConnection
  failure: unknown
  messages: readonly ServerMessage[]
  secret: SecretBytes | null
  limits: Limits
}

/** The reading of a failed connection attempt: our own reason first, then the server's, then the network's. */
export const connectProblem = ({ link, failure, messages, secret, limits }: ConnectFailure): KeyturnError => {
  const own = link.refusal ?? ownIn(failure)
  if (own !== null) return own
  const { name: target, address: host, login } = link.peer
  const codes = codesIn(failure)
  const has = (...wanted: string[]): boolean => codes.some((code) => wanted.includes(code))
  const first = messages[0]
  if (first !== undefined) {
    const text = scrubbed(first.message, secret === null ? new Map() : new Map([['password', secret]]))
    const vendor = { system: 'sql', number: first.number, text } as const
    return loginNumbers.has(first.number)
      ? new KeyturnError('sql-login-refused', { target, login }, { vendor })
      : new KeyturnError('sql-refused', { target, what: text }, { vendor })
  }
  if (has('EENCRYPT')) return encryptionProblem(link)
  const distrust = codes.find(isDistrust)
  if (distrust !== undefined) {
    return new KeyturnError('sql-certificate-not-trusted', { target, reason: distrustInWords(distrust) })
  }
  if (has('EFEDAUTH', 'ELOGIN')) {
    const number = aadsts(failure) ?? codes[0] ?? 'ELOGIN'
    return new KeyturnError('sql-login-refused', { target, login }, { vendor: { system: 'tds', number } })
  }
  if (has('ETIMEOUT') && link.reached) {
    return new KeyturnError('sql-timeout', { target, seconds: Math.ceil(limits.connectTimeoutMs / 1000) })
  }
  const network = codes.find((code) => networkCodes.has(code))
  if (network !== undefined) {
    const vendor = { system: 'os', number: network } as const
    return new KeyturnError('sql-unreachable', { target, host }, { vendor })
  }
  const what = codes.find((code) => code !== 'ESOCKET') ?? 'an answer that can’t be read'
  return link.brokenProtocol(what)
}

const encryptionProblem = (link: GuardedConnection): KeyturnError => {
  const target = link.peer.name
  return link.config.options.encrypt === false
    ? new KeyturnError('sql-refused', { target, what: 'it takes encrypted connections only' })
    : new KeyturnError('sql-no-encryption', { target })
}

const loginNumbers: ReadonlySet<number> = new Set([
  4060, 4064, 18450, 18451, 18452, 18456, 18458, 18459, 18461, 18463, 18464, 18465, 18466, 18467, 18468,
  18470, 18486, 18487, 18488,
])

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENODATA',
  'EPIPE',
  'ETIMEDOUT',
  'ETIMEOUT',
  'EINSTLOOKUP',
  'ECLOSE',
  'EACCES',
  'EPERM',
])

/** Of the error, what caused it, and what it gathers; outermost first. */
const codesIn = (error: unknown, depth = 0): string[] => {
  if (!(error instanceof Error) || depth > 5) return []
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  const gathered = error instanceof AggregateError ? error.errors : []
  return [...own, ...[error.cause, ...gathered].flatMap((inner) => codesIn(inner, depth + 1))]
}

/** An error of ours that the driver passed on, such as a rehearsal's refusal to leave this machine. */
const ownIn = (error: unknown, depth = 0): KeyturnError | null => {
  if (error instanceof KeyturnError) return error
  if (!(error instanceof Error) || depth > 5) return null
  const gathered: unknown[] = error instanceof AggregateError ? error.errors : []
  return [error.cause, ...gathered].reduce<KeyturnError | null>(
    (known, inner) => known ?? ownIn(inner, depth + 1),
    null,
  )
}

/** Entra's own number, the only part of its text that is kept. */
const aadsts = (error: unknown, depth = 0): string | null => {
  if (!(error instanceof Error) || depth > 5) return null
  const gathered = error instanceof AggregateError ? error.errors : []
  const found = /AADSTS\d{4,9}/.exec(error.message)?.[0]
  if (found !== undefined) return found
  return [error.cause, ...gathered].reduce<string | null>(
    (known, inner) => known ?? aadsts(inner, depth + 1),
    null,
  )
}
