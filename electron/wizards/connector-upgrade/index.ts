import { connectorUpgradeDraft, type ConnectorUpgradeDraft } from '../../../shared/forms/connector-upgrade.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import { ekmSteps } from '../sqlserver/steps/ekm/index.ts'
import { tdeSteps } from '../sqlserver/steps/tde/index.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planConnectorUpgrade } from './plan.ts'
import { upgradeSteps } from './steps/index.ts'

/** The job "Connector upgrade". Order, risks and undo: README.md beside this file. */
export const connectorUpgrade: Job<ConnectorUpgradeDraft, Facts> = {
  id: 'connector-upgrade',
  parse: parseWith(connectorUpgradeDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planConnectorUpgrade,
  steps: { ...tdeSteps, ...ekmSteps, ...upgradeSteps },
  notChecked,
}
