import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
  type HttpMethods,
} from '@azure/core-rest-pipeline'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { keepAnswer, objectIn, onlyHost, transportOptions } from './pipeline.ts'
import type { SignedIn } from './sign-ins.ts'
import { isFields, mostEmptyPages, tooEmpty } from './values.ts'

export interface GraphRequest {
  method: HttpMethods
  /** Below `/v1.0`, with its query; parts that come from outside are escaped. */
  path: string
  body?: unknown
}

export type GraphObject = Readonly<Record<string, unknown>>

/** Microsoft Graph over the pipeline that all of Azure's clients stand on. */
export interface Graph {
  /** The answer's body, or an empty object for an answer without one. Throws what `readFailure` reads. */
  send(request: GraphRequest, abortSignal: AbortSignal): Promise<GraphObject>
  /** All pages. `azure-too-much`. */
  list(path: string, most: number, abortSignal: AbortSignal): Promise<GraphObject[]>
}

export const graphOf = ({ connection, credential, hosts, means, assertOpen }: SignedIn): Graph => {
  const target = connection.name
  const host = hosts.directory
  const pipeline = createPipelineFromOptions(transportOptions(means))
  pipeline.addPolicy(onlyHost(host, target, assertOpen))
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `https://${host}/.default` }))
  pipeline.addPolicy(keepAnswer(target), { afterPhase: 'Retry' })
  const http = createDefaultHttpClient()

  const sendTo = async (
    url: string,
    { method, body }: Omit<GraphRequest, 'path'>,
    abortSignal: AbortSignal,
  ): Promise<GraphObject> => {
    const request = createPipelineRequest({
      url,
      method,
      abortSignal,
      headers: createHttpHeaders({
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const response = await pipeline.sendRequest(http, request)
    if (response.status >= 300) {
      throw new RestError('graph', { statusCode: response.status, request: response.request, response })
    }
    return fieldsOf(response.bodyAsText ?? '', target)
  }
  const base = `https://${host}/v1.0`
  return {
    send: ({ path, ...rest }, abortSignal) => sendTo(`${base}${path}`, rest, abortSignal),
    list: async (path, most, abortSignal) => {
      const found: GraphObject[] = []
      let url: string | null = `${base}${path}`
      let empty = 0
      while (url !== null) {
        const page: GraphObject = await sendTo(url, { method: 'GET' }, abortSignal)
        const value = page['value']
        if (!Array.isArray(value))
          throw new KeyturnError('azure-answer', { target, what: 'a list without entries' })
        found.push(...value.filter(isFields))
        if (found.length > most)
          throw new KeyturnError('azure-too-much', { target, limit: `${most} entries` })
        const next = page['@odata.nextLink']
        empty = value.length === 0 ? empty + 1 : 0
        if (empty > mostEmptyPages) throw tooEmpty(target)
        url = typeof next === 'string' && next !== '' ? next : null
      }
      return found
    },
  }
}

const fieldsOf = (text: string, target: string): GraphObject => {
  if (text.trim() === '') return {}
  const parsed = objectIn(text)
  if (parsed !== null) return parsed
  throw new KeyturnError('azure-answer', { target, what: 'an answer that is no JSON object' })
}
