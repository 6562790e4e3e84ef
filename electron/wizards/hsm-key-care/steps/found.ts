import type { StepContext } from '../../../engine/contract.ts'
import type { HsmKey, HsmKeyClass, HsmToken } from '../../../ports/hsm.ts'
import { halvesOf } from '../../hsm/keys-of-id.ts'

/** How a step knows its key: by its id, and by the public key or check value that was read. */
export interface FoundKey {
  keyId: string
  label: string
  spkiSha256: string | null
  checkValue: string | null
}

/** What is there under the id, and why it is not what was read; null: it is. */
export interface Found {
  halves: readonly HsmKey[]
  other: string | null
}

/**
 * Compares what the token shows under the id with what the plan says. `there`: the classes that are to be there. A private
 * half that says no public key is known by its id and by being the only one.
 */
export const findKey = async (
  token: HsmToken,
  { keyId, spkiSha256, checkValue }: FoundKey,
  there: readonly HsmKeyClass[],
): Promise<Found> => {
  const { all } = await halvesOf(token, keyId)
  const classes = (list: readonly HsmKeyClass[]): string => [...list].sort().join(', ') || 'nothing'
  const is = classes(all.map((half) => half.class))
  const wanted = classes(there)
  if (is !== wanted) return { halves: all, other: `under the id ${keyId} there is ${is}; ${wanted} was read` }
  const stranger = all.find((half) =>
    half.class === 'secret'
      ? half.checkValue !== checkValue
      : half.spkiSha256 !== null && half.spkiSha256 !== spkiSha256,
  )
  return {
    halves: all,
    other:
      stranger === undefined
        ? null
        : `its ${stranger.class === 'secret' ? 'check value' : 'public key'} is another one than was read`,
  }
}

/** Parameters of `hsm-key-other`. */
export const otherAt = (ctx: StepContext, what: string): { token: string; what: string } => ({
  token: ctx.step.target.name,
  what,
})
