import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { HsmKey, HsmToken } from '../../../ports/hsm.ts'
import { notVerified } from '../../sqlserver/steps/help.ts'

/** A line of what was read back from the token. */
export const tokenLine = (
  ctx: StepContext,
  statement: string,
  value: string,
  data?: Evidence['data'],
): Evidence => ({
  statement,
  value,
  source: `${ctx.step.target.name}, token`,
  at: ctx.clock.now().toISOString(),
  ...(data === undefined ? {} : { data }),
})

/** The halves of the key with this id; a secret key is its own private half. */
export const halvesOf = async (
  token: HsmToken,
  keyId: string,
): Promise<{ own: HsmKey | null; shown: HsmKey | null; all: readonly HsmKey[] }> => {
  const all = (await token.find({ id: keyId })).filter(({ kept }) => kept === 'token')
  const own = all.find((key) => key.class !== 'public') ?? null
  return { own, shown: all.find((key) => key.class === 'public') ?? null, all }
}

/** The key that this run made; `step-not-verified` where it is gone. */
export const keyOfRun = async (ctx: StepContext, token: HsmToken, keyId: string): Promise<HsmKey> => {
  const { own } = await halvesOf(token, keyId)
  if (own === null) throw notVerified(ctx, `the token has no key with the id ${keyId}`)
  return own
}

export const yesNo = (value: boolean | null): string => (value === null ? 'not said' : value ? 'yes' : 'no')
