import type { Evidence } from '../../shared/model/evidence.ts'
import type { StepContext } from '../engine/contract.ts'

/** A line of what a step read back now. `source`: who said it. */
export const evidenceLine = (
  { clock }: StepContext,
  source: string,
  statement: string,
  value: string,
  data?: Evidence['data'],
): Evidence => ({
  statement,
  value,
  source,
  at: clock.now().toISOString(),
  ...(data === undefined ? {} : { data }),
})
