import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import { runMark } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { OpenedWrap } from '../../../formats/cms/index.ts'
import type { HsmHandle, HsmKey, HsmToken, HsmUnwrapped } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { destroyHalves, halvesOf, keyOfRun, tokenLine, yesNo } from '../../hsm/keys-of-id.ts'
import { gone, keyWrap } from '../../hsm/session-keys.ts'
import { assertWrapsAsPlanned } from '../../hsm/wraps-as-planned.ts'
import { begun, foreign, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { withOpened } from '../../escrow/steps/opened-package.ts'
import { secretUsesOf } from '../key-uses.ts'
import { clearLines, proveKey } from './prove-key.ts'
import { assertIsItem, assertNotOther, compareKey, plannedKey, sameWords } from './same-key.ts'

type Params = ParamsOf<'try-escrow-hsm-key'>

/** The name of everything that a run puts on a token for its session; nothing of it may be there afterwards. */
const sessionLabel = (ctx: StepContext): string => `KT_drill_${runMark(ctx.runId)}`

/**
 * The drill’s step: unwrapped as an object of the session, used, destroyed. Nothing of it outlives the session, so a process
 * that ends takes it along, and the step runs again. Layers: item, use.
 */
export const tryTokenKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('try-escrow-hsm-key', ctx.step.params)
    const { publicHalf } = await plannedKey(ctx, params)
    const token = await ctx.hsm()
    await assertPlannedToken(ctx, token, params)
    const begunAt = ctx.clock.monotonicMs()
    const evidence = await withWrapping(ctx, token, params, async (unwrap) => {
      const copy = await unwrap('session')
      try {
        await assertIsItem(ctx, token, params, copy)
        const took = Math.round(ctx.clock.monotonicMs() - begunAt)
        return [
          tokenLine(
            ctx,
            `Item ${params.item.number}: unwrapped on the token as an object of the session, and ${sameWords(copy)}; time with opening the package`,
            `${took} ms`,
          ),
          ...(await proveKey(ctx, token, copy, params, publicHalf)),
        ]
      } finally {
        await gone(token, copy)
      }
    })
    return { evidence: [...evidence, await nothingLeft(ctx, token), ...clearLines(ctx, params)], proofs: [] }
  },
}

/**
 * The recovery’s step: the key stays, under label and id of the manifest. It is unwrapped for the session and compared first,
 * so that no other key ever stays. Resume: named, by CKA_ID, and the public key (or check value) compared. Layer: restore.
 */
export const recoverTokenKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('recover-escrow-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    const { own, shown, all } = await halvesOf(token, params.key.id)
    if (all.length === 0) return needed({ keys: 0 })
    const taken = foreign('hsm-id-taken', { token: ctx.step.target.name, id: params.key.id })
    if (!hasIntent(ctx) || (own !== null && (await compareKey(token, params, own)) === 'other')) return taken
    const whole = own !== null && (params.key.algorithm === 'AES' || shown !== null)
    return whole ? satisfied(ctx.before) : begun(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('recover-escrow-hsm-key', ctx.step.params)
    const { publicHalf } = await plannedKey(ctx, params)
    const token = await ctx.hsm()
    await assertPlannedToken(ctx, token, params)
    const { id, label } = params.key
    const { own, shown } = await halvesOf(token, id)
    if (own === null)
      await withWrapping(ctx, token, params, async (unwrap) => {
        const copy = await unwrap('session')
        try {
          await assertIsItem(ctx, token, params, copy)
        } finally {
          await gone(token, copy)
        }
        await unwrap('token')
      })
    if (shown === null && publicHalf !== null)
      await token.keepPublicKey(publicHalf.export({ format: 'der', type: 'spki' }), { label, id })
  },
  verify: async (ctx) => {
    const params = readParams('recover-escrow-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    const key = await keyOfRun(ctx, token, params.key.id)
    await assertNotOther(ctx, token, params, key)
    const wrong = differenceOf(params, key)
    if (wrong !== null) throw notVerified(ctx, wrong)
    const { attributes } = key
    return {
      evidence: [
        tokenLine(ctx, `Item ${params.item.number} is on the token, and ${sameWords(key)}; its id`, key.id, {
          hsmKey: key.label,
          hsmKeyId: key.id,
          extractable: false,
        }),
        tokenLine(ctx, 'Label', key.label),
        tokenLine(ctx, 'Sensitive; can be wrapped', `${yesNo(attributes.sensitive)}; no, for good`),
        tokenLine(
          ctx,
          'Made on this token; always was sensitive (what a restored copy can’t say)',
          `${yesNo(attributes.local)}; ${yesNo(attributes.alwaysSensitive)}`,
        ),
        await nothingLeft(ctx, token),
        ...clearLines(ctx, params),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('recover-escrow-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    const { own, all } = await halvesOf(token, params.key.id)
    if (own === null && all.length > 0)
      throw notVerified(
        ctx,
        `the token shows only the public half of ${params.key.label}; nothing was destroyed`,
      )
    if (own !== null) await assertNotOther(ctx, token, params, own)
    await destroyHalves(token, all)
    const left = (await halvesOf(token, params.key.id)).all.length
    if (left > 0) throw notVerified(ctx, `${left} objects of ${params.key.label} are still there`)
    return [tokenLine(ctx, `Recovered key ${params.key.label} destroyed; objects with its id left`, '0')]
  },
}

const assertPlannedToken = (ctx: StepContext, token: HsmToken, params: Params): Promise<void> =>
  assertWrapsAsPlanned(ctx, token, {
    ...params,
    isPlanned: ({ manufacturer, model, firmware }) =>
      manufacturer === params.token.manufacturer &&
      model === params.token.model &&
      firmware === params.token.firmware,
  })

type Unwrap = (kept: 'session' | 'token') => Promise<HsmKey>

/**
 * Opens the package, wipes what opened it, and lends the key that the item is wrapped with to the token’s session for one
 * piece of work.
 */
const withWrapping = async <Result>(
  ctx: StepContext,
  token: HsmToken,
  params: Params,
  work: (unwrap: Unwrap) => Promise<Result>,
): Promise<Result> => {
  const { wrapping, wrapped } = await withOpened(ctx, params, (opened) =>
    opened.wrappedKey(params.item.number),
  )
  const by = await lent(ctx, token, wrapping)
  try {
    return await work((kept) => unwrapped(ctx, token, params, { wrapped, by: by.handle, kept }))
  } finally {
    await gone(token, by)
  }
}

const lent = async (ctx: StepContext, token: HsmToken, wrapping: OpenedWrap['wrapping']): Promise<HsmKey> => {
  using secret = wrapping
  return await token.importSecret(secret, {
    label: sessionLabel(ctx),
    id: '',
    extractable: false,
    kept: 'session',
    type: 'AES',
    uses: ['unwrap'],
  })
}

const unwrapped = async (
  ctx: StepContext,
  token: HsmToken,
  params: Params,
  { wrapped, by, kept }: { wrapped: Uint8Array; by: HsmHandle; kept: 'session' | 'token' },
): Promise<HsmKey> => {
  try {
    const as = objectOf(ctx, params, kept)
    return await token.unwrap({ wrapped, with: by, how: keyWrap(params.mechanism), as })
  } catch (thrown) {
    const { code, vendor } = problemOf(thrown)
    if (code !== 'hsm-unwrap-refused') throw thrown
    const said = { number: params.item.number, token: ctx.step.target.name }
    throw new KeyturnError('escrow-drill-not-unwrapped', said, vendor === undefined ? {} : { vendor })
  }
}

const objectOf = (ctx: StepContext, { key }: Params, kept: 'session' | 'token'): HsmUnwrapped => {
  const named = kept === 'token' ? { label: key.label, id: key.id } : { label: sessionLabel(ctx), id: '' }
  const common = { ...named, extractable: false, kept }
  return key.algorithm === 'AES'
    ? { ...common, class: 'secret', type: 'AES', uses: secretUsesOf(key, kept) }
    : { ...common, class: 'private', type: 'RSA' }
}

/** What a recovered key may not be; null: it is as it has to be. */
const differenceOf = ({ key }: Params, { attributes, label, kept }: HsmKey): string | null => {
  if (kept !== 'token') return 'it is an object of the session'
  if (label !== key.label) return `its label is ${label}`
  if (attributes.sensitive !== true) return 'it is not sensitive: its private half could be read'
  return attributes.extractable === false ? null : `CKA_EXTRACTABLE is ${yesNo(attributes.extractable)}`
}

const nothingLeft = async (ctx: StepContext, token: HsmToken) => {
  const label = sessionLabel(ctx)
  const left = await token.find({ label })
  if (left.length > 0)
    throw new KeyturnError('hsm-module-lies', {
      what: 'destroying the key',
      why: `${left.length} objects named ${label} are there after they were destroyed`,
    })
  return tokenLine(ctx, `Temporary objects of this run (${label}) on the token afterwards`, '0')
}
