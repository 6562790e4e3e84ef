import {
  constants,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
  verify as signatureFits,
  type KeyObject,
} from 'node:crypto'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { HsmKey, HsmToken } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { keyOfRun, tokenLine } from '../../hsm/keys-of-id.ts'
import { checkValueOf, gone, keyWrap, withTemporary } from '../../hsm/session-keys.ts'
import { needed, notVerified } from '../../sqlserver/steps/help.ts'
import { headlineOf } from './headline.ts'
import { own } from '../../escrow/steps/opened-package.ts'
import { assertNotOther, plannedKey, type KeyParams, type PlannedKey } from './same-key.ts'

type Opening = ParamsOf<'try-escrow-hsm-key'>['opening']

/**
 * The key does what it is for, checked outside of the token with what the package says: so a key that only has the right name
 * is told apart. Layer: use.
 */
export const proveKey = (
  ctx: StepContext,
  token: HsmToken,
  key: HsmKey,
  params: KeyParams,
  publicHalf: PlannedKey['publicHalf'],
): Promise<Evidence[]> =>
  publicHalf === null
    ? proveSecret(ctx, token, key, params)
    : provePrivate(ctx, token, key, params, publicHalf)

const provePrivate = async (
  ctx: StepContext,
  token: HsmToken,
  { handle }: HsmKey,
  params: KeyParams,
  publicHalf: KeyObject,
): Promise<Evidence[]> => {
  const { item, oaep, key } = params
  const begun = ctx.clock.monotonicMs()
  const data = randomBytes(64)
  const signature = await token.sign(handle, 'rsa-pkcs1-sha256', data)
  if (!signatureFits('sha256', data, publicHalf, signature))
    throw notVerified(ctx, `what the key of item ${item.number} signs does not fit its public key`)
  const signed = tokenLine(
    ctx,
    `Item ${item.number}: its signature over 64 random bytes fits the public key in the package, checked outside of the token; time`,
    since(ctx, begun),
  )
  if (!key.decrypts)
    return [
      signed,
      used(
        ctx,
        params,
        `Item ${item.number}: it was for signing, which was tried`,
        'signing worked on the token',
        begun,
      ),
    ]
  if (oaep === null)
    return [
      signed,
      tokenLine(
        ctx,
        `Item ${item.number}: unwrapping with it`,
        'not tried: RSA-OAEP does not work on this token',
        openedOnly(params),
      ),
    ]
  const unwrapping = ctx.clock.monotonicMs()
  using dek = SecretBytes.take(randomBytes(32))
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep }
  const wrapped = dek.use((bytes) => publicEncrypt({ key: publicHalf, ...padding }, bytes))
  using back = await token.decrypt(handle, { kind: 'oaep', hash: oaep }, wrapped)
  if (!sameBytes(dek, back))
    throw notVerified(ctx, `the key of item ${item.number} gave back other bytes than were wrapped`)
  const words = `Item ${item.number}: a random key of 32 bytes, wrapped to the public key in the package outside of the token (RSA-OAEP, ${
    oaep === 'sha1' ? 'SHA-1' : 'SHA-256'
  }), came out of the token the same; time`
  return [signed, used(ctx, params, words, 'unwrapping worked on the token', unwrapping)]
}

const sameBytes = (one: SecretBytes, other: SecretBytes): boolean =>
  one.length === other.length && one.use((a) => other.use((b) => timingSafeEqual(a, b)))

const proveSecret = async (
  ctx: StepContext,
  token: HsmToken,
  { handle }: HsmKey,
  params: KeyParams,
): Promise<Evidence[]> => {
  const { number } = params.item
  if (!params.key.unwraps)
    return [
      tokenLine(
        ctx,
        `Item ${number}: wrapping with it`,
        'not tried: it was not for that; its check value is the one of the manifest',
        openedOnly(params),
      ),
    ]
  const how = keyWrap(params.mechanism)
  const begun = ctx.clock.monotonicMs()
  await withTemporary(token, async (temporary) => {
    const wrapped = await token.wrap({ key: temporary, with: handle, how })
    const session = { label: 'copy', id: '', extractable: false, kept: 'session' } as const
    const as = { ...session, class: 'secret', type: 'AES', uses: ['encrypt'] } as const
    const copy = await token.unwrap({ wrapped, with: handle, how, as })
    try {
      const made = await checkValueOf(token, await token.describe(temporary))
      if (made === null || made !== (await checkValueOf(token, copy)))
        throw notVerified(ctx, `the key of item ${number} unwrapped another key than it had wrapped`)
    } finally {
      await gone(token, copy)
    }
  })
  const words = `Item ${number}: a new key of the session, wrapped and unwrapped with it, has the same check value; time`
  return [used(ctx, params, words, 'unwrapping worked on the token', begun)]
}

const openedOnly = ({ item: { number } }: KeyParams) => ({ item: number, thumbprint: null, openedItem: true })

const used = (
  ctx: StepContext,
  params: KeyParams,
  statement: string,
  fact: string,
  begun = ctx.clock.monotonicMs(),
): Evidence =>
  tokenLine(ctx, statement, since(ctx, begun), {
    ...openedOnly(params),
    usedItem: params.item.number,
    ...headlineOf(params, params.item.name, fact),
  })

const since = (ctx: StepContext, begun: number): string => `${Math.round(ctx.clock.monotonicMs() - begun)} ms`

/** Where what was in clear: read off `withWrapping`, which this has to be true of. */
export const clearLines = (ctx: StepContext, params: KeyParams & { opening: Opening }): Evidence[] => {
  const { item, opening } = params
  const opened =
    opening.kind === 'shares'
      ? `the ${opening.holes.length} shares, what they join to, and the private key of the group`
      : 'the recipient’s private key'
  return [
    own(
      ctx,
      params,
      'In clear in the memory of Keyturn during this step, then wiped',
      `${opened}; and the temporary key that item ${item.number} is wrapped with, which was in the process of the token’s module too`,
    ),
    own(
      ctx,
      params,
      `The key of item ${item.number} itself`,
      'in clear in the token alone. Who has the temporary key and a copy of the package has it as well',
    ),
  ]
}

/** After a recovery: the key that stayed does its work; and what the run leaves to do. Only reads. */
export const proveTokenKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('prove-escrow-hsm-key', ctx.step.params)
    const planned = await plannedKey(ctx, params)
    const token = await ctx.hsm()
    const key = await keyOfRun(ctx, token, params.key.id)
    await assertNotOther(ctx, token, params, key)
    const proven = await proveKey(ctx, token, key, params, planned.publicHalf)
    return { evidence: [...proven, ...toReplace(ctx, params, planned)], proofs: [] }
  },
}

/** Who used the key, and what stays to do. */
const toReplace = (
  ctx: StepContext,
  params: ParamsOf<'prove-escrow-hsm-key'>,
  { item, group }: PlannedKey,
): Evidence[] => {
  const users = [...item.azureKids, ...item.sqlNames]
  return [
    own(
      ctx,
      params,
      `Item ${item.number} was in use, when the package was written, as`,
      users.length > 0
        ? users.join(', ')
        : `nothing that the package names. Keys lists what has the same public key or check value: ${item.spkiSha256 ?? item.kcv ?? ''}`,
    ),
    own(
      ctx,
      params,
      'To be replaced now',
      `${
        params.openedWith === 'shares'
          ? `the share group ${group.name}, and packages that are wrapped for it: its shares were shown; `
          : ''
      }${item.name}, unless the one that was lost is known to be destroyed: a new key for what uses it, this one kept to read what is old`,
    ),
  ]
}
