import { BlobServiceClient, newPipeline } from '@azure/storage-blob'
import type { Pipeline } from '@azure/core-rest-pipeline'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { keepAnswer, onlyHost, transportOptions } from '../azure/pipeline.ts'
import type { SignedIn } from '../azure/sign-ins.ts'

const scope = 'https://storage.azure.com/.default'

/**
 * The vendor's client for one account. Its own repeating is off and its answers are bounded, as everywhere. A token is for
 * storage and for the connection's own tenant, whatever a service asks for in its challenge.
 */
export const blobClient = (host: string, target: string, signedIn: SignedIn): BlobServiceClient => {
  const credential: SignedIn['credential'] = {
    getToken: (scopes, options) => {
      const asked = typeof scopes === 'string' ? [scopes] : scopes
      if (asked.some((one) => one !== scope))
        throw new KeyturnError('azure-answer', { target, what: 'a challenge for another service' })
      const { tenantId } = signedIn.principal
      if (options?.tenantId !== undefined && options.tenantId.toLowerCase() !== tenantId)
        throw new KeyturnError('azure-answer', { target, what: 'a challenge for another tenant' })
      return signedIn.credential.getToken(scope, options)
    },
  }
  const options = { ...transportOptions(signedIn.means), retryOptions: { maxTries: 1 } }
  const pipeline = newPipeline(credential, options)
  const client = new BlobServiceClient(`https://${host}`, pipeline)
  // All clients of blobs and containers share this pipeline; options would add the policies again for each of them.
  const shared = (pipeline as { _corePipeline?: Pipeline })._corePipeline
  if (shared === undefined) throw new KeyturnError('internal')
  shared.addPolicy(onlyHost(host, target, signedIn.assertOpen))
  shared.addPolicy(keepAnswer(target, 'xml'), { afterPhase: 'Sign' })
  return client
}
