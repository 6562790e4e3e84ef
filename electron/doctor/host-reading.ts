import { providerKey, type HostCall } from '../../shared/model/host-calls.ts'
import type { Script } from '../../shared/model/script.ts'
import { hostScript } from '../scripts/powershell/script.ts'
import { serviceOf } from '../wizards/sqlserver/plan-host.ts'
import type { DoctorFacts } from './facts-model.ts'
import { eventHours, mostEvents } from './limits.ts'
import { hostsToReach, librariesOf } from './read-host.ts'

/** What the doctor asks of the host, as a script that a person runs there. It reads only. Pure. */
export const hostReading = (facts: DoctorFacts): Script => {
  const service = serviceOf(facts.identity.instanceName)
  const hosts = hostsToReach(facts)
  const since = new Date(Date.parse(facts.readAt) - eventHours * 3_600_000).toISOString()
  const calls: HostCall[] = [
    { call: 'read-system' },
    { call: 'read-service', service },
    { call: 'read-registry', key: providerKey },
    ...librariesOf(facts.ekm).map((path) => ({ call: 'read-library', path }) as const),
    { call: 'read-installed', what: 'connector' },
    { call: 'read-installed', what: 'runtime' },
    { call: 'read-events', source: 'connector', service, since, most: mostEvents },
    { call: 'read-proxy', service },
    ...(hosts.length === 0 ? [] : [{ call: 'test-connection', hosts } as const]),
    { call: 'read-clock' },
  ]
  return hostScript(calls, {
    title: `What the EKM doctor asks of the host of ${facts.target.name}`,
    mark: 'doctor',
    computer: facts.identity.machineName,
  })
}
