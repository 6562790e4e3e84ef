import { problemOf } from '../../shared/errors/problem.ts'
import { cloudHosts, vaultPlaceOf } from '../../shared/model/azure.ts'
import {
  HostPath,
  providerKey,
  type HostAnswer,
  type HostCall,
  type HostCallName,
} from '../../shared/model/host-calls.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import type { EkmFacts } from '../wizards/sqlserver/ekm-facts.ts'
import type { Read } from '../wizards/sqlserver/facts-model.ts'
import { connectorLibrary } from '../wizards/sqlserver/host-rules.ts'
import { serviceOf } from '../wizards/sqlserver/plan-host.ts'
import { hostSource } from '../wizards/sqlserver/steps/host/run-on-host.ts'
import type { HostFacts } from './facts-model.ts'
import { eventHours, mostEvents } from './limits.ts'
import { vaultHostsOf } from './places.ts'
import type { DoctorPorts } from './ports.ts'
import { isConnector } from './of-connector.ts'

/** What only the Windows host knows; where nothing reaches it, why. */
export const readHost = async (
  { hosts, clock }: DoctorPorts,
  sql: SqlServer,
  ekm: EkmFacts,
): Promise<HostFacts> => {
  const reach = hosts.reachOf(sql)
  if (!reach.reachable) return { reach, parts: null }
  const ask = async <Name extends HostCallName>(
    call: Extract<HostCall, { call: Name }>,
  ): Promise<Read<HostAnswer<Name>>> => {
    const from = () => ({
      source: `${hostSource(sql.identity.machineName, reach.how)} (${call.call})`,
      at: clock.now().toISOString(),
    })
    try {
      const [value] = await hosts.run(sql, [call])
      return { read: true, value: value as HostAnswer<Name>, ...from() }
    } catch (error) {
      // The host is not what the page is about: whatever goes wrong there, the rest is told.
      const { title, causes } = problemOf(error)
      return { read: false, because: [title, ...causes.slice(0, 1)].join('. '), ...from() }
    }
  }
  const service = serviceOf(sql.identity.instanceName)
  const registry = await ask<'read-registry'>({ call: 'read-registry', key: providerKey })
  const libraries = []
  for (const path of librariesOf(ekm))
    libraries.push({ path, dll: await ask<'read-library'>({ call: 'read-library', path }) })
  const parts = {
    system: await ask<'read-system'>({ call: 'read-system' }),
    service: await ask<'read-service'>({ call: 'read-service', service }),
    registry,
    libraries,
    connector: await ask<'read-installed'>({ call: 'read-installed', what: 'connector' }),
    runtime: await ask<'read-installed'>({ call: 'read-installed', what: 'runtime' }),
    events: await ask<'read-events'>({
      call: 'read-events',
      source: 'connector',
      service,
      since: new Date(clock.now().getTime() - eventHours * 3_600_000).toISOString(),
      most: mostEvents,
    }),
    proxy: await ask<'read-proxy'>({ call: 'read-proxy', service }),
  }
  const names = hostsToReach({ ekm, host: { reach, parts: { ...parts, network: none, clock: none } } })
  const before = clock.now().getTime()
  const time = await ask<'read-clock'>({ call: 'read-clock' })
  return {
    reach,
    parts: {
      ...parts,
      network:
        names.length === 0
          ? { ...none, read: true, value: [] }
          : await ask<'test-connection'>({ call: 'test-connection', hosts: names }),
      clock: time.read
        ? {
            ...time,
            value: {
              // Its answer has whole seconds, and PowerShell takes a while to start.
              seconds:
                Math.round((Date.parse(time.value.at) - (before + clock.now().getTime()) / 2) / 1000) || 0,
              source: time.value.source,
            },
          }
        : time,
    },
  }
}

const none = { read: false, because: 'not asked', source: 'Keyturn', at: '' } as const

/** Paths of the connector's libraries; without a provider, where its setup puts it. */
export const librariesOf = ({ providers }: EkmFacts): string[] => {
  const known = providers.read
    ? providers.value
        .filter(isConnector)
        .map(({ dllPath: library }) => library)
        // Nothing is asked about a path that no call takes.
        .filter((path) => HostPath.safeParse(path).success)
    : []
  return known.length === 0 ? [connectorLibrary] : known
}

/** The vaults, and where their clouds sign in. */
export const hostsToReach = (facts: { ekm: EkmFacts; host: HostFacts }): string[] => {
  const vaults = vaultHostsOf(facts)
  const logins = vaults.flatMap((host) => {
    const cloud = vaultPlaceOf(host)?.cloud
    return cloud === undefined ? [] : [cloudHosts[cloud].authority]
  })
  return [...new Set([...logins, ...vaults])].slice(0, 20)
}
