import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
} from '@azure/core-rest-pipeline'
import { keepAnswer, onlyHost, transportOptions } from '../azure/pipeline.ts'
import type { AzureMeans } from '../azure/means.ts'
import { tenantAsked } from './challenge.ts'
import { strange } from './key-values.ts'

/** The first question, without a token. */
const knock = async (host: string, target: string, means: AzureMeans, abortSignal: AbortSignal) => {
  const pipeline = createPipelineFromOptions(transportOptions(means))
  pipeline.addPolicy(onlyHost(host, target))
  pipeline.addPolicy(keepAnswer(target), { afterPhase: 'Retry' })
  const request = createPipelineRequest({
    url: `https://${host}/keys?api-version=7.4&maxresults=1`,
    abortSignal,
  })
  return { request, response: await pipeline.sendRequest(createDefaultHttpClient(), request) }
}

/** The Date of whatever a vault answers, in milliseconds: a refusal has one too. */
export const timeOfVault = async (
  host: string,
  target: string,
  means: AzureMeans,
  abortSignal: AbortSignal,
): Promise<number> => {
  const { response } = await knock(host, target, means, abortSignal)
  const time = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(time)) throw strange({ target }, 'an answer without a Date')
  return time
}

/**
 * Asks a vault without a token which tenant it belongs to: every vault answers that, to anybody. So a token is sent to
 * none but a vault of the expected tenant. Gives the tenant's id, lower case.
 */
export const tenantOfVault = async (
  host: string,
  target: string,
  means: AzureMeans,
  abortSignal: AbortSignal,
): Promise<string> => {
  const { request, response } = await knock(host, target, means, abortSignal)
  if (response.status === 404 || response.status < 300) {
    // No key was asked for yet, so this is not about a key that is missing.
    throw strange({ target }, 'an answer without a question for a sign-in')
  }
  if (response.status !== 401) {
    // Throttled, failing, or not let in: read as from any other question.
    throw new RestError('no challenge', { statusCode: response.status, request, response })
  }
  const asked = response.headers.get('www-authenticate') ?? ''
  return tenantAsked(asked, { host, target })
}
