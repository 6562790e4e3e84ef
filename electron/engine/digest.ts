import { createHash } from 'node:crypto'
import { asPlanDigest, type PlanDigest } from '../../shared/model/ids.ts'
import type { Plan } from '../../shared/model/plan.ts'
import { canonicalJson } from './canonical.ts'

/**
 * SHA-256 over the canonical plan: steps with their scripts, target identities, the facts that are relied on, handle
 * ids and generations. Advice is not part of it. Same plan, same digest; `internal` if the plan is not plain data.
 */
export const digestOf = (plan: Plan): PlanDigest =>
  asPlanDigest(createHash('sha256').update(canonicalJson(plan), 'utf8').digest('hex'))
