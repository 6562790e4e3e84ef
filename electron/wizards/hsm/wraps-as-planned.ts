import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { StepContext } from '../../engine/contract.ts'
import type { HsmKeyWrapMechanism, HsmProbe, HsmToken } from '../../ports/hsm.ts'

/** What the plan knows of the token's wrapping. */
export interface PlannedWrap {
  mechanism: HsmKeyWrapMechanism
  /** The plan was made for a key wrap against RFC 5649; otherwise for one that is exactly it. */
  testOnly: boolean
  /** Null: the plan wraps nothing to a public key. */
  oaep: 'sha1' | 'sha256' | null
  /** Whether the plan was made for this maker, model and firmware. */
  isPlanned(seen: Pick<HsmProbe, 'manufacturer' | 'model' | 'firmware'>): boolean
}

/**
 * Probes the token anew: a run can wait for days, and a firmware or module that was updated meanwhile may wrap in another way
 * than the plan says. `hsm-wrap-changed`; nothing stays on the token.
 */
export const assertWrapsAsPlanned = async (
  ctx: StepContext,
  token: HsmToken,
  planned: PlannedWrap,
): Promise<void> => {
  const what = difference(planned, await token.probe({ signal: ctx.signal }))
  if (what !== null) throw new KeyturnError('hsm-wrap-changed', { token: ctx.step.target.name, what })
}

const difference = ({ mechanism, testOnly, oaep, isPlanned }: PlannedWrap, seen: HsmProbe): string | null => {
  const wanted = testOnly ? 'zero-padded' : 'exact'
  const found = seen.keyWrap[mechanism]
  if (!isPlanned(seen)) return `it says ${seen.manufacturer} ${seen.model}, firmware ${seen.firmware}`
  if (found !== wanted) return `${mechanism} was ${wanted}, is ${found}`
  return oaep === null || seen.oaep[oaep]
    ? null
    : `RSA-OAEP with ${oaep === 'sha1' ? 'SHA-1' : 'SHA-256'} does not work`
}
