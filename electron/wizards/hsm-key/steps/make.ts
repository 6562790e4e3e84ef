import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { HsmKey } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { begun, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { destroyHalves, halvesOf, keyOfRun, tokenLine, yesNo } from '../../hsm/keys-of-id.ts'

type Params = ParamsOf<'make-hsm-key'>

const isSecret = ({ type }: Params): boolean => type === 'aes-256'

/**
 * Resume: marked, by CKA_ID, which is the run's own: a key that carries it is never made a second time. A token may have
 * kept one half of a pair when it lost power; then that half is destroyed and the pair made anew.
 */
export const makeHsmKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('make-hsm-key', ctx.step.params)
    const { own, shown, all } = await halvesOf(await ctx.hsm(), params.keyId)
    if (all.length === 0) return needed({ keys: 0 })
    if (!hasIntent(ctx)) return foreign('hsm-id-taken', { token: ctx.step.target.name, id: params.keyId })
    const whole = own !== null && (isSecret(params) || shown !== null)
    return whole ? satisfied(ctx.before) : begun(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('make-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    await destroyHalves(token, (await halvesOf(token, params.keyId)).all)
    const { label, keyId: id, extractable, type } = params
    const request = { label, id, extractable }
    const options = { signal: ctx.signal }
    switch (type) {
      case 'rsa-2048':
      case 'rsa-3072':
        await token.generateRsa({ ...request, bits: type === 'rsa-2048' ? 2048 : 3072 }, options)
        return
      case 'ec-p256':
      case 'ec-p384':
        await token.generateEc({ ...request, curve: type === 'ec-p256' ? 'P-256' : 'P-384' }, options)
        return
      case 'aes-256':
        await token.generateAes(
          { ...request, bits: 256, kept: 'token', uses: ['wrap', 'unwrap', 'encrypt', 'decrypt'] },
          options,
        )
    }
  },
  verify: async (ctx) => {
    const params = readParams('make-hsm-key', ctx.step.params)
    const own = await keyOfRun(ctx, await ctx.hsm(), params.keyId)
    if (own.class !== (isSecret(params) ? 'secret' : 'private'))
      throw notVerified(ctx, `the key with the id ${params.keyId} is of class ${own.class}`)
    const wrong = differenceOf(params, own)
    if (wrong !== null) throw notVerified(ctx, wrong)
    return { evidence: evidenceOn(ctx, params, own), proofs: [] }
  },
  undo: async (ctx) => {
    const { keyId, label } = readParams('make-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    const { own, all } = await halvesOf(token, keyId)
    if (own === null && all.length > 0)
      throw notVerified(
        ctx,
        `the token shows only the public half of ${label}, so whether the private half is gone is not known; nothing was destroyed`,
      )
    await destroyHalves(token, all)
    const left = (await halvesOf(token, keyId)).all.length
    if (left > 0) throw notVerified(ctx, `${left} objects of ${label} are still there`)
    return [tokenLine(ctx, `Key ${label} destroyed; objects with its id left`, '0')]
  },
}

const wantedBits = { 'rsa-2048': 2048, 'rsa-3072': 3072, 'aes-256': 256 } as const
const wantedCurve = { 'ec-p256': 'P-256', 'ec-p384': 'P-384' } as const

/** What a key of this plan may not be; null: it is what was asked for. */
const differenceOf = (params: Params, { attributes, bits, curve, label }: HsmKey): string | null => {
  const { type } = params
  const bitsThere = type in wantedBits ? bits === wantedBits[type as keyof typeof wantedBits] : true
  const curveThere = type in wantedCurve ? curve === wantedCurve[type as keyof typeof wantedCurve] : true
  if (!bitsThere) return `its size is ${bits ?? 'not said'} bits`
  if (!curveThere) return `its curve is ${curve ?? 'not said'}`
  if (label !== params.label) return `its label is ${label}`
  if (attributes.sensitive !== true) return 'it is not sensitive: its private half could be read'
  if (attributes.local === false) return 'it was not made on the token'
  if (attributes.extractable !== params.extractable)
    return `CKA_EXTRACTABLE is ${yesNo(attributes.extractable)}`
  if (!params.extractable && attributes.neverExtractable === false)
    return 'it was extractable before: CKA_NEVER_EXTRACTABLE is no'
  return null
}

const evidenceOn = (ctx: StepContext, params: Params, key: HsmKey) => {
  const { attributes, bits, curve, spkiSha256, checkValue, id } = key
  const size = curve ?? (bits === null ? 'size not said' : `${bits} bits`)
  return [
    tokenLine(ctx, 'Key made on the token; its id (the run’s mark)', id, {
      hsmKey: params.label,
      hsmKeyId: params.keyId,
      hsmKeyType: params.type,
      extractable: params.extractable,
      ...(spkiSha256 === null ? {} : { spkiSha256 }),
      ...(checkValue === null ? {} : { checkValue }),
    }),
    tokenLine(ctx, 'Type and size', `${key.type}, ${size}`),
    spkiSha256 === null
      ? tokenLine(ctx, 'Check value', checkValue ?? 'the token gives none')
      : tokenLine(ctx, 'SHA-256 of its public key', spkiSha256),
    tokenLine(
      ctx,
      'Sensitive, since it was made',
      `${yesNo(attributes.sensitive)}, ${yesNo(attributes.alwaysSensitive)}`,
    ),
    tokenLine(ctx, 'Can be wrapped now', yesNo(attributes.extractable)),
    tokenLine(ctx, 'Never could be wrapped', yesNo(attributes.neverExtractable)),
  ]
}
