import { createPublicKey, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { ManifestGroup, ManifestItem } from '../../../escrow/package/manifest.ts'
import { itemPublicPath } from '../../../escrow/package/paths.ts'
import type { HsmKey, HsmToken } from '../../../ports/hsm.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { checkValueOf } from '../../hsm/session-keys.ts'
import { notVerified } from '../../sqlserver/steps/help.ts'
import { plannedPackage, type PackageParams } from '../../escrow/steps/opened-package.ts'

/** What a step on a token is told of the key. */
export type KeyParams = Omit<ParamsOf<'try-escrow-hsm-key'>, 'opening' | 'testOnly' | 'token'>

export interface PlannedKey {
  /** As the package has it, beside the wrapped key; null: a symmetric key has none. */
  publicHalf: KeyObject | null
  item: ManifestItem
  group: ManifestGroup
}

/** The item of the very package of the plan, verified anew; nothing is opened. Errors: those of `plannedPackage`. */
export const plannedKey = async (
  ctx: StepContext,
  params: PackageParams & Pick<KeyParams, 'item' | 'key'>,
): Promise<PlannedKey> => {
  const { files, check } = await plannedPackage(ctx, params)
  const { number } = params.item
  const { items, group } = check.manifest
  const item = items[number - 1]
  if (item === undefined) throw new KeyturnError('package-item-unknown', { number, count: items.length })
  if (params.key.algorithm === 'AES') return { publicHalf: null, item, group }
  const pem = files.get(itemPublicPath(number))
  if (pem === undefined) throw notVerified(ctx, 'the package has no public half of this item')
  return { publicHalf: createPublicKey({ key: Buffer.from(pem), format: 'pem' }), item, group }
}

type Answer = 'same' | 'other' | 'not-said'

/** By what the key itself says: its public key, or its check value. */
export const compareKey = async (
  token: HsmToken,
  { key: wanted }: Pick<KeyParams, 'key'>,
  key: HsmKey,
): Promise<Answer> => {
  if (key.class !== (wanted.algorithm === 'AES' ? 'secret' : 'private')) return 'other'
  const said = wanted.algorithm === 'AES' ? await checkValueOf(token, key) : key.spkiSha256
  if (said === null) return 'not-said'
  return said === (wanted.algorithm === 'AES' ? wanted.kcv : wanted.spkiSha256) ? 'same' : 'other'
}

/** `escrow-drill-key-other`; `escrow-drill-not-compared` where the token says nothing that could be compared. */
export const assertIsItem = async (
  ctx: StepContext,
  token: HsmToken,
  params: KeyParams,
  key: HsmKey,
): Promise<void> => {
  const found = await compareKey(token, params, key)
  if (found === 'not-said')
    throw new KeyturnError('escrow-drill-not-compared', { token: ctx.step.target.name })
  if (found === 'other') throw keyOther(ctx, params)
}

/** Of a key that stays and was compared before it did: saying nothing is no contradiction then. */
export const assertNotOther = async (
  ctx: StepContext,
  token: HsmToken,
  params: KeyParams,
  key: HsmKey,
): Promise<void> => {
  if ((await compareKey(token, params, key)) === 'other') throw keyOther(ctx, params)
}

const keyOther = (ctx: StepContext, { item }: KeyParams): KeyturnError =>
  new KeyturnError('escrow-drill-key-other', { number: item.number, token: ctx.step.target.name })

export const sameWords = ({ class: what }: HsmKey): string =>
  what === 'secret'
    ? 'its check value is the one of the manifest'
    : 'its public key is the one of the manifest'
