import type { HostAnswer } from '../../../../../shared/model/host-calls.ts'
import type { HostStepParams } from '../../../../scripts/runbook/host-params.ts'
import { connectorProblem, connectorText, registryProblem, replacedProblem } from '../../host-rules.ts'

/** What was read on the host, judged by what the step is for. */
export interface Judged {
  /** Null: done. */
  problem: string | null
  /** Statement and value, in order. */
  lines: readonly (readonly [string, string])[]
}

/** The answers of the calls that only read, in the order of the plan (`readsOf` in plan-host.ts). */
export const judge = (params: HostStepParams, answers: readonly unknown[]): Judged => {
  switch (params.purpose) {
    case 'connector': {
      const [library, connectors, runtimes] = answers as [
        HostAnswer<'read-library'>,
        HostAnswer<'read-installed'>,
        HostAnswer<'read-installed'>,
      ]
      return {
        problem: connectorProblem({ dll: library, runtimes }, params),
        lines: [
          [`Library of the connector, ${params.dllPath}`, connectorText({ dll: library })],
          ...(library === null ? [] : [['Its SHA-256', library.sha256] as const]),
          [
            'Installed by its setup',
            connectors.map(({ name, version }) => `${name} ${version}`).join('; ') || 'no entry',
          ],
          ['Visual C++ runtimes', runtimes.map(({ name }) => name).join('; ') || 'no entry'],
        ],
      }
    }
    case 'replace-connector': {
      const [library, connectors, runtimes, service] = answers as [
        HostAnswer<'read-library'>,
        HostAnswer<'read-installed'>,
        HostAnswer<'read-installed'>,
        HostAnswer<'read-service'>,
      ]
      return {
        problem: replacedProblem({ dll: library, runtimes, service }, params),
        lines: [
          [`Library of the connector, ${params.dllPath}`, connectorText({ dll: library })],
          ...(library === null ? [] : [['Its SHA-256', library.sha256] as const]),
          [
            'Installed by its setup',
            connectors.map(({ name, version }) => `${name} ${version}`).join('; ') || 'no entry',
          ],
          ['The service', service === null ? 'no such service' : service.state],
        ],
      }
    }
    case 'registry': {
      const [service, registry] = answers as [HostAnswer<'read-service'>, HostAnswer<'read-registry'>]
      return {
        problem: registryProblem({ service, registry }, params),
        lines: [
          ['The service runs as', service?.account ?? 'no such service'],
          [
            `Rights on HKLM\\${params.key}`,
            registry === null
              ? 'no such key'
              : registry.access
                  .filter(({ inherited }) => !inherited)
                  .map(({ account, kind, rights }) => `${account}: ${kind} ${rights}`)
                  .join('; ') || 'inherited ones only',
          ],
        ],
      }
    }
    case 'checkpoint': {
      const [keys] = answers as [HostAnswer<'read-cluster-checkpoints'>]
      return {
        problem: keys.some((key) => key.toLowerCase() === params.key.toLowerCase())
          ? null
          : `resource ${params.resource} has no checkpoint of that key`,
        lines: [[`Registry checkpoints of ${params.resource}`, keys.join('; ') || 'none']],
      }
    }
  }
}
