import { inServerFolder } from '../../../shared/forms/names.ts'
import { connectorLibrary, leastConnector, runtimeFor } from '../sqlserver/host-rules.ts'
import {
  checkpointStep,
  connectorStep,
  registryStep,
  restartStep,
  serviceOf,
  type HostPlan,
} from '../sqlserver/plan-host.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { accountOf, connectorState, registryState, resourceOf, runsOnWindows } from './found.ts'
import type { PlanContext } from './plan.ts'

/** Work on the Windows host; none on Linux, where the connector comes with SQL Server. What is there is not repeated. */
export const hostSteps = (ctx: PlanContext): Draftstep[] => {
  const { draft, facts, mark } = ctx
  if (!runsOnWindows(facts)) return []
  const host: HostPlan = {
    computer: facts.identity.machineName,
    service: serviceOf(facts.identity.instanceName),
    mark,
    place: draft.scriptFolder,
  }
  const resource = resourceOf(facts, draft)
  const account = accountOf(facts)
  const library = draft.providerLibrary || connectorLibrary
  const { reach } = facts.host
  const setup = draft.connectorSetup === '' ? null : draft.connectorSetup
  return [
    ...(connectorState(facts, draft) === null
      ? []
      : [
          connectorStep(host, {
            dllPath: library,
            least: leastConnector,
            runtime: runtimeFor(majorOf(facts)),
            setup,
          }),
        ]),
    // Blocked on the review where the account is not known.
    ...(registryState(facts) === null || account === null
      ? []
      : [
          registryStep(host, {
            account,
            exported: inServerFolder(draft.exportFolder || exportBlank, `ekm-registry-${mark}.reg`),
          }),
          ...(resource === null ? [] : [checkpointStep(host, resource)]),
          restartStep(host, {
            resource,
            why: `The connector looks at its rights on the registry when the service starts${reach.reachable ? '' : '; a person restarts it'}`,
          }),
        ]),
  ]
}

/** Blocked on the review: an export has to go somewhere. */
const exportBlank = 'C:\\'
