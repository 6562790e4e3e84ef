import type { Evidence } from '../../../shared/model/evidence.ts'
import type { StepContext } from '../../engine/contract.ts'
import type { HsmKey, HsmToken } from '../../ports/hsm.ts'
import { notVerified } from '../sqlserver/steps/help.ts'

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

/**
 * The key that this run made, and nothing beside it: one private half and one public half with one public key, or one secret
 * key. `step-not-verified` where the token shows anything else under its id, so that no statement is about one of two.
 */
export const keyOfRun = async (ctx: StepContext, token: HsmToken, keyId: string): Promise<HsmKey> => {
  const { own, shown, all } = await halvesOf(token, keyId)
  if (own === null) throw notVerified(ctx, `the token has no key with the id ${keyId}`)
  const whole = own.class === 'secret' ? all.length === 1 : all.length === 2 && shown !== null
  if (!whole) throw notVerified(ctx, `under the id ${keyId} the token shows ${classesOf(all)}`)
  // Some tokens keep no public exponent with a private half, which then says none.
  if (shown !== null && own.spkiSha256 !== null && own.spkiSha256 !== shown.spkiSha256)
    throw notVerified(ctx, `the two halves with the id ${keyId} are of different keys`)
  return own
}

/** `2 private, 1 public` */
const classesOf = (keys: readonly HsmKey[]): string =>
  (['private', 'public', 'secret'] as const)
    .map((name) => [keys.filter((key) => key.class === name).length, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(', ')

/** The public half first: an undo that is broken off in between leaves the half by which it is found again. */
export const destroyHalves = async (token: HsmToken, halves: readonly HsmKey[]): Promise<void> => {
  const isPublic = (half: HsmKey): boolean => half.class === 'public'
  for (const half of [...halves.filter(isPublic), ...halves.filter((one) => !isPublic(one))])
    await token.destroy(half.handle)
}

export const yesNo = (value: boolean | null): string => (value === null ? 'not said' : value ? 'yes' : 'no')
