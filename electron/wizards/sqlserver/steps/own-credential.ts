import type { StepContext } from '../../../engine/contract.ts'
import type { CredentialFact } from '../ekm-facts.ts'

/**
 * Whether a credential is the one that this run read back when it had made it; the time is the server's. One that was
 * dropped and made anew since is somebody else's, though it looks the same.
 */
export const isMadeByRun = (ctx: StepContext, credential: string, { created }: CredentialFact): boolean => {
  const made = ctx.earlier.findLast(
    ({ data }) => data !== undefined && data['credential'] === credential && 'created' in data,
  )?.data?.['created']
  return made === undefined || made === created
}
