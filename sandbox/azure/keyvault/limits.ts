import { refuse } from '../http.ts'
import type { KeyVersion } from '../state/model.ts'
import type { World } from '../world.ts'
import { throttled } from './errors.ts'
import type { Holder } from './holder.ts'

/** Operations in any 10 seconds, by size of the key: HSM create, HSM other, software create, software other. */
const PER_WINDOW = {
  small: { hsm: { create: 10, other: 2000 }, software: { create: 20, other: 4000 } },
  3072: { hsm: { create: 10, other: 500 }, software: { create: 20, other: 1000 } },
  4096: { hsm: { create: 10, other: 250 }, software: { create: 20, other: 500 } },
} as const
const VAULT_CALLS = 4000
const WINDOW_MS = 10_000
const SUBSCRIPTION_TIMES = 5
/** Sums of fractions must not refuse the last one that fits. */
const ROUNDING = 1e-9

export type Work =
  | { kind: 'create' | 'other'; version: Pick<KeyVersion, 'kty' | 'size'> }
  /** Lists and what belongs to no single key. */
  | { kind: 'vault' }

/** Counts work in sliding windows and refuses what is too much. A managed HSM has no such limits. */
export interface Limits {
  spend(holder: Holder, work: Work): void
}

interface Bucket {
  spent: { at: number; cost: number }[]
  total: number
}

export const makeLimits = (world: World): Limits => {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (id: string, now: number): Bucket => {
    const bucket = buckets.get(id) ?? { spent: [], total: 0 }
    buckets.set(id, bucket)
    const stale = bucket.spent.findIndex(({ at }) => at > now - WINDOW_MS && at <= now)
    const gone = bucket.spent.splice(0, stale < 0 ? bucket.spent.length : stale)
    bucket.total = bucket.spent.length === 0 ? 0 : gone.reduce((sum, { cost }) => sum - cost, bucket.total)
    return bucket
  }
  return {
    spend: (holder, work) => {
      if (!world.settings().limits || holder.kind === 'hsm') return
      const now = world.now('vault')
      const { bucket, cost } = priceOf(work)
      const own = bucketOf(`${holder.id} ${bucket}`, now)
      const shared = bucketOf(`${holder.subscription} ${holder.location} ${bucket}`, now)
      if (own.total + cost > 1 + ROUNDING || shared.total + cost > SUBSCRIPTION_TIMES + ROUNDING)
        refuse(throttled(null))
      for (const each of [own, shared]) {
        each.spent.push({ at: now, cost })
        each.total += cost
      }
    },
  }
}

const priceOf = (work: Work): { bucket: string; cost: number } => {
  if (work.kind === 'vault') return { bucket: 'vault', cost: 1 / VAULT_CALLS }
  const { kty, size } = work.version
  const row = PER_WINDOW[size === 3072 || size === 4096 ? size : 'small']
  const where = kty.endsWith('-HSM') ? 'hsm' : 'software'
  return { bucket: `${where} ${work.kind}`, cost: 1 / row[where][work.kind] }
}
