import { RestError, type PipelinePolicy } from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { usualTimeoutMs } from './call.ts'
import { keepAnswer, objectIn, onlyHost } from './pipeline.ts'

export interface EntraWatch {
  policies: readonly { policy: PipelinePolicy; position: 'perCall' | 'perRetry' }[]
  /** Fails with what the network or our own rules said where there is such a reason. */
  watching<Answer>(work: () => Promise<Answer>): Promise<Answer>
  watched(credential: TokenCredential): TokenCredential
}

/**
 * The sign-in library turns every failure of the network, and every answer that is none, into "refused" and forgets why.
 * This remembers it. A secret goes to Entra alone, whatever Entra's own list of addresses says.
 */
export const watchEntra = (target: string, authority: string): EntraWatch => {
  let trouble: Error | null = null
  const remember: PipelinePolicy = {
    name: 'keyturnEntraWatch',
    sendRequest: async (request, next) => {
      // The library gives no signal along: a stalled reply ends by itself, after whoever waited is gone.
      request.timeout = usualTimeoutMs
      try {
        const response = await next(request)
        if (objectIn(response.bodyAsText ?? '') === null) {
          const { status: statusCode } = response
          if (statusCode >= 500) throw new RestError('no answer', { statusCode, request, response })
          throw new KeyturnError('azure-answer', { target, what: 'a sign-in answer that is no JSON object' })
        }
        trouble = null
        return response
      } catch (thrown) {
        trouble = thrown instanceof Error ? thrown : null
        throw thrown
      }
    },
  }
  const watching: EntraWatch['watching'] = async (work) => {
    trouble = null
    try {
      return await work()
    } catch (thrown) {
      if (trouble !== null) throw trouble
      throw thrown
    }
  }
  return {
    policies: [
      { policy: remember, position: 'perRetry' },
      { policy: onlyHost(authority, target), position: 'perRetry' },
      { policy: keepAnswer(target), position: 'perRetry' },
    ],
    watching,
    watched: (credential) => ({
      getToken: (scopes, options) => watching(() => credential.getToken(scopes, options)),
    }),
  }
}
