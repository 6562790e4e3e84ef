import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzureMeans } from './means.ts'
import { isFields, textOf } from './values.ts'

/** What a service answered, as far as an error needs it. Nothing in it is believed. */
export interface ServiceAnswer {
  status: number
  code: string
  innerCode: string
  text: string
  /** Milliseconds; null: the service named none. */
  retryAfterMs: number | null
}

const answers = new WeakMap<PipelineRequest, ServiceAnswer>()

/** What came for this request; null: nothing, or no error. */
export const answerTo = (request: PipelineRequest | undefined): ServiceAnswer | null =>
  request === undefined ? null : (answers.get(request) ?? null)

/** Most that one answer may have, in bytes: a page of 25 keys has about 20 KB. */
export const mostAnswerBytes = 8_388_608

/**
 * Options of every client. Its own repeating is off: waits are ours, so that they are bounded, visible and can be
 * stopped. Redirects and links to other hosts are not followed: a token would go along.
 */
export const clientOptions = (
  means: AzureMeans,
  host: string,
  target: string,
  assertOpen: () => void = () => undefined,
  more: readonly PipelinePolicy[] = [],
) => ({
  ...transportOptions(means),
  additionalPolicies: [
    { policy: onlyHost(host, target, assertOpen), position: 'perCall' as const },
    { policy: keepAnswer(target), position: 'perRetry' as const },
    ...more.map((policy) => ({ policy, position: 'perRetry' as const })),
  ],
})

/** The same for a pipeline of our own, which adds those policies itself. */
export const transportOptions = ({ agent }: Pick<AzureMeans, 'agent'>) => ({
  agent,
  retryOptions: { maxRetries: 0 },
  redirectOptions: { maxRetries: 0 },
  userAgentOptions: { userAgentPrefix: 'Keyturn' },
})

/** A reply can name the next page's address; a token goes to no other host than the one that was chosen. */
export const onlyHost = (
  host: string,
  target: string,
  assertOpen: () => void = () => undefined,
): PipelinePolicy => ({
  name: 'keyturnOnlyHost',
  sendRequest: async (request, next) => {
    assertOpen()
    const url = new URL(request.url)
    if (url.protocol !== 'https:' || url.host !== host) {
      throw new KeyturnError('azure-answer', { target, what: 'an address of another host' })
    }
    return next(request)
  },
})

/** Bounds an answer, keeps what an error needs of it, and refuses what the libraries would read as nothing. */
export const keepAnswer = (target: string, form: 'json' | 'xml' = 'json'): PipelinePolicy => ({
  name: 'keyturnKeepAnswer',
  sendRequest: async (request, next) => {
    let tooMuch = false
    request.onDownloadProgress = ({ loadedBytes }) => {
      if (loadedBytes <= mostAnswerBytes) return
      tooMuch = true
      throw new Error('the answer is too long')
    }
    try {
      const response = await next(request)
      if (response.status >= 300) {
        const body = response.bodyAsText ?? ''
        answers.set(request, reads[form](response.status, body, response.headers.toJSON()))
      }
      const strange = strangeIn[form](request, response.status, response.bodyAsText ?? '')
      if (strange !== null) throw new KeyturnError('azure-answer', { target, what: strange })
      return response
    } catch (thrown) {
      if (!tooMuch) throw thrown
      throw new KeyturnError('azure-too-much', { target, limit: '8 MB' }, { cause: thrown })
    }
  },
})

/** Some clients read a page of a portal as a list without entries: "none" where "not read" is true. */
const strangeJson = ({ method }: PipelineRequest, status: number, body: string): string | null => {
  if (status >= 300 && status < 400) return 'a redirect, which is not followed'
  if (status < 200 || status >= 300) return null
  if (body.trim() === '') return method === 'GET' && status === 200 ? 'an empty answer' : null
  return objectIn(body) === null ? 'an answer that is no JSON object' : null
}

/** What the blob service answers to questions of this kind, whole. To others it answers bytes, or nothing at all. */
const documents: Readonly<Record<string, RegExp>> = {
  list: /<EnumerationResults[\s>][^]*<\/EnumerationResults>\s*$/,
  userdelegationkey:
    /<UserDelegationKey>[^]*<Value>[A-Za-z0-9+/]{20,}={0,2}<\/Value>[^]*<\/UserDelegationKey>\s*$/,
}

const strangeXml = ({ url }: PipelineRequest, status: number, body: string): string | null => {
  if (status >= 300 && status < 400 && status !== 304) return 'a redirect, which is not followed'
  if (status < 200 || status >= 300) return null
  const document = documents[new URL(url).searchParams.get('comp') ?? '']
  return document === undefined || document.test(body) ? null : 'an answer that is not the document asked for'
}

const strangeIn = { json: strangeJson, xml: strangeXml }

/** Null for what is no JSON object. */
export const objectIn = (body: string): Readonly<Record<string, unknown>> | null => {
  try {
    const parsed: unknown = JSON.parse(body)
    return isFields(parsed) ? parsed : null
  } catch {
    return null
  }
}

const read = (status: number, body: string, headers: Readonly<Record<string, string>>): ServiceAnswer => {
  const error = errorIn(body)
  const inner = isFields(error['innererror']) ? error['innererror'] : {}
  return {
    status,
    code: textOf(error['code']),
    innerCode: textOf(inner['code']),
    text: textOf(error['message']).slice(0, 2_000),
    retryAfterMs: retryAfter(headers),
  }
}

/** Of the blob service: the code is in a header, also where there is no body. */
const readXml = (status: number, body: string, headers: Readonly<Record<string, string>>): ServiceAnswer => ({
  status,
  code:
    headers['x-ms-error-code'] ?? /<Code>([A-Za-z0-9]{1,100})<\/Code>/.exec(body)?.[1] ?? objectCode(body),
  innerCode: '',
  text: (/<Message>([^<]{1,2000})/.exec(body)?.[1] ?? '').split('\nRequestId:')[0] ?? '',
  retryAfterMs: retryAfter(headers),
})

/** A simulated Azure says in JSON that it has no such account. */
const objectCode = (body: string): string => textOf(errorIn(body)['code'])

const errorIn = (body: string): Readonly<Record<string, unknown>> => {
  const parsed = objectIn(body) ?? {}
  return isFields(parsed['error']) ? parsed['error'] : parsed
}

const reads = { json: read, xml: readXml }

const retryAfter = (headers: Readonly<Record<string, string>>): number | null => {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = Number(headers[name] ?? NaN)
    if (Number.isFinite(ms) && ms >= 0) return ms
  }
  const after = headers['retry-after']
  if (after === undefined) return null
  const seconds = Number(after)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : null
  const date = Date.parse(after)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}
