import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'

/** What the heading of the result says: which package, and what its item did. The fact has to hold for several items. */
export const headlineOf = (
  { purpose, package: id }: Pick<ParamsOf<'verify-escrow-package'>, 'purpose' | 'package'>,
  subject: string,
  fact: string,
): NonNullable<Evidence['data']> => ({
  headline:
    purpose === 'drill'
      ? `The drill of escrow package ${id} used`
      : `Recovery from escrow package ${id} brought back`,
  subject,
  fact,
})
