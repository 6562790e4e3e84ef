import { isRestError, type RestError } from '@azure/core-rest-pipeline'
import type { ErrorCode, ErrorParams } from '../../../shared/errors/catalogue.ts'
import { KeyturnError, type VendorAnswer } from '../../../shared/errors/problem.ts'
import { withoutTokens } from './quoted.ts'
import { answerTo, type ServiceAnswer } from './pipeline.ts'
import { controlReading } from './readings-control.ts'
import { directoryReading } from './readings-directory.ts'
import { isEntraError, entraProblem } from './readings-entra.ts'
import { storageReading } from './readings-storage.ts'
import { vaultReading } from './readings-vault.ts'

/** What a reading needs to know of a question or an order, and what errors name of it. */
export interface Question {
  service: 'keyvault' | 'arm' | 'graph' | 'storage'
  /** Name of the target. */
  target: string
  host: string
  /** What is done, as a noun with its object: `reading the key tde-2026`. */
  what: string
  /** The right that it needs, as Azure spells it. */
  permission: string
  /** Who asks. */
  principal: string
  /** Name of the key (or vault, or principal) that it is about; empty: none. */
  key?: string
  /** False where the answer could quote what was sent, and that is a secret. */
  quotable?: boolean
  /** How often it was asked by now. */
  attempt: number
}

export type Reading = [ErrorCode, ErrorParams]

export interface Failure {
  problem: KeyturnError
  /** Whether and when asking again makes sense; `afterMs` null: the caller's own back-off. */
  again: { why: 'throttled' | 'service'; afterMs: number | null } | null
}

/**
 * Any failure of a client library as one of ours: our own reason first, then the sign-in's, then the service's, then
 * the network's. Texts are read for names only; statuses and codes decide.
 */
export const readFailure = (thrown: unknown, question: Question): Failure => {
  const own = firstIn(thrown, (one) => (one instanceof KeyturnError ? one : null))
  if (own !== null) return { problem: own, again: null }
  const entra = firstIn(thrown, (one) => (isEntraError(one) ? one : null))
  if (entra !== null) return { problem: entraProblem(entra, question), again: null }
  const rest = firstIn(thrown, (one) => (isRestError(one) ? one : null))
  if (rest?.statusCode !== undefined) return answered(rest, rest.statusCode, question)
  return notAnswered(thrown, question)
}

const answered = (rest: RestError, status: number, question: Question): Failure => {
  const answer: ServiceAnswer = answerTo(rest.request) ?? {
    status,
    code: rest.code ?? '',
    innerCode: '',
    text: '',
    retryAfterMs: null,
  }
  const { service, target, what } = question
  const text = question.quotable === false ? '' : withoutTokens(answer.text, rest.request)
  const said = text === '' ? `status ${status}` : text
  const vendor: VendorAnswer = {
    system: service,
    number: [String(status), answer.code, answer.innerCode].filter((part) => part !== '').join(' '),
    ...(text === '' ? {} : { text }),
  }
  const problemAs = ([code, params]: Reading): KeyturnError =>
    new KeyturnError(code, { target, what, ...params }, { vendor })
  // The blob service turns requests away with 503, which then had no effect either.
  if (status === 429 || (service === 'storage' && answer.code === 'ServerBusy')) {
    const code = service === 'keyvault' ? 'vault-throttled' : 'azure-throttled'
    return {
      problem: problemAs([code, { count: question.attempt }]),
      again: { why: 'throttled', afterMs: answer.retryAfterMs },
    }
  }
  if (status === 501 && answer.code === 'NotSimulated') {
    return { problem: problemAs(['azure-not-simulated', { said }]), again: null }
  }
  if (status >= 500 || status === 408) {
    const code = service === 'keyvault' ? 'vault-failed' : 'azure-failed'
    return { problem: problemAs([code, {}]), again: { why: 'service', afterMs: answer.retryAfterMs } }
  }
  const readings = {
    keyvault: vaultReading,
    arm: controlReading,
    graph: directoryReading,
    storage: storageReading,
  }
  return { problem: problemAs(readings[service]({ ...answer, status, text: said }, question)), again: null }
}

const notAnswered = (thrown: unknown, { target, host, what }: Question): Failure => {
  const codes = codesIn(thrown)
  const distrust = codes.find((code) => distrustWords.has(code))
  if (distrust !== undefined) {
    const reason = distrustWords.get(distrust) ?? distrust
    const problem = new KeyturnError(
      'azure-certificate-not-trusted',
      { target, host, reason },
      osAnswer(distrust),
    )
    return { problem, again: null }
  }
  const network = codes.find((code) => networkCodes.has(code))
  if (network !== undefined) {
    const problem = new KeyturnError('azure-unreachable', { target, host }, osAnswer(network))
    // A name that does not resolve won't a second later; everything else may.
    const again = network === 'ENOTFOUND' ? null : ({ why: 'service', afterMs: null } as const)
    return { problem, again }
  }
  const parsing = codes.includes('PARSE_ERROR')
  const words = parsing ? `${what}: it can’t be read` : what
  return {
    problem: new KeyturnError('azure-answer', { target, what: words }, { cause: thrown }),
    again: null,
  }
}

const osAnswer = (number: string) => ({ vendor: { system: 'os', number } as const })

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
  'EPROTO',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_PROXY_TUNNEL',
  'REQUEST_SEND_ERROR',
])

const distrustWords: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its issuer is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its issuer is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its issuer is not known here'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'a CA that is not known here signed it'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it signed itself'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'its first day has not come yet'],
  ['CERT_SIGNATURE_FAILURE', 'its signature does not match'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it carries another name'],
])

/** The error, what caused it and what it gathers, outermost first. Each is looked at once: causes can be a ring. */
const firstIn = <Found>(
  thrown: unknown,
  find: (one: Error) => Found | null,
  seen = new Set<unknown>(),
): Found | null => {
  if (!(thrown instanceof Error) || seen.has(thrown) || seen.size > 20) return null
  seen.add(thrown)
  const found = find(thrown)
  if (found !== null) return found
  const gathered: unknown[] = thrown instanceof AggregateError ? thrown.errors : []
  for (const inner of [thrown.cause, ...gathered]) {
    const deeper = firstIn(inner, find, seen)
    if (deeper !== null) return deeper
  }
  return null
}

const codesIn = (thrown: unknown): string[] => {
  const codes: string[] = []
  firstIn(thrown, (one) => {
    if ('code' in one && typeof one.code === 'string') codes.push(one.code)
    return null
  })
  return codes
}
