import type { PlannedStep } from '../../../shared/model/plan.ts'
import { keyNamed } from '../tsql/ekm-queries.ts'
import { text, tsql, type Fragment } from '../tsql/fragment.ts'
import { backupsByDatabase, logProtectors } from '../tsql/key-needs-queries.ts'
import type { rotationParams } from './rotation-params.ts'
import type { StepGuards } from './sql-guards.ts'
import { readParams } from './step-params.ts'

/** What a runbook asks around the reading steps of a rotation. */

const keyMissing = (key: string): Fragment =>
  tsql`NOT EXISTS (SELECT 1 FROM master.sys.asymmetric_keys WHERE name = ${text(key)})`

type GuardsOf = { [Kind in keyof typeof rotationParams]: (step: PlannedStep) => StepGuards }

export const rotationGuards: GuardsOf = {
  'compare-key-place': ({ params }) => {
    const { asymmetricKey } = readParams('compare-key-place', params)
    return { stopIfBefore: keyMissing(asymmetricKey), stopIfAfter: null, show: [keyNamed(asymmetricKey)] }
  },
  'keep-vault-key': ({ params }) => {
    const { asymmetricKey, showsLog } = readParams('keep-vault-key', params)
    return {
      stopIfBefore: null,
      stopIfAfter: keyMissing(asymmetricKey),
      show: [keyNamed(asymmetricKey), ...(showsLog ? [logProtectors()] : []), backupsByDatabase()],
    }
  },
}
