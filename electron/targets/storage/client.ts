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
  // What the challenge names is not asked for: a service that lies gets the token that it has already. An error in here
  // would be repeated by the library for as long as the last token lives.
  const credential: SignedIn['credential'] = {
    getToken: (_scopes, given = {}) => {
      const ours = { ...given }
      delete ours.tenantId
      return signedIn.credential.getToken(scope, ours)
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
