import type { HostCall } from '../../../shared/model/host-calls.ts'
import { providerKey } from '../../../shared/model/host-calls.ts'
import { hostScript } from '../../scripts/powershell/script.ts'
import type { HostStepParams } from '../../scripts/runbook/host-params.ts'
import type { Draftstep } from './plan-parts.ts'

/** Steps on the Windows host of the plan's server. Pure. */

export interface HostPlan {
  /** Its computer name, as the server says it. */
  computer: string
  /** `MSSQLSERVER`, `MSSQL$INSTANCE`. */
  service: string
  /** The run's mark. */
  mark: string
  /** Folder of the person for scripts, where no PowerShell reaches the host. */
  place: string | null
}

/** Service of an instance by its name; null or empty: the default instance. */
export const serviceOf = (instanceName: string | null): string =>
  instanceName === null || instanceName === '' || instanceName.toUpperCase() === 'MSSQLSERVER'
    ? 'MSSQLSERVER'
    : `MSSQL$${instanceName}`

type Common = 'computer' | 'calls' | 'reads' | 'place' | 'file'
type PurposeParams = HostStepParams extends infer One
  ? One extends unknown
    ? Omit<One, Common>
    : never
  : never

const hostStep = (
  { computer, mark, place }: HostPlan,
  own: PurposeParams,
  acting: readonly HostCall[],
  reading: readonly HostCall[],
  words: Pick<Draftstep, 'title' | 'now' | 'after' | 'permission'> & { lasting: string },
): Draftstep => {
  const calls = [...acting, ...reading]
  const { lasting, ...rest } = words
  return {
    kind: 'run-on-host',
    ...rest,
    scripts: [hostScript(calls, { title: words.title, mark, computer })],
    params: {
      ...own,
      computer,
      calls,
      reads: reading.length,
      place,
      file: `keyturn-${mark}-${own.purpose}.ps1`,
    } as HostStepParams,
    undo: {
      can: false,
      because: lasting,
      ...(acting.length === 0 ? { leaves: 'nothing' as const } : {}),
    },
    resume: 'named',
    stopNow: null,
  }
}

export interface ConnectorWish {
  dllPath: string
  least: string
  runtime: number
  /** Path of the setup on the host; null: it is only looked at. */
  setup: string | null
}

export const connectorStep = (host: HostPlan, { setup, ...wish }: ConnectorWish): Draftstep =>
  hostStep(
    host,
    { purpose: 'connector', ...wish },
    setup === null ? [] : [{ call: 'install-package', path: setup, mode: 'interactive' }],
    [
      { call: 'read-library', path: wish.dllPath },
      { call: 'read-installed', what: 'connector' },
      { call: 'read-installed', what: 'runtime' },
    ],
    {
      title: setup === null ? `Look at the connector on ${host.computer}` : `Connector on ${host.computer}`,
      now: 'Not read by T-SQL',
      after: `${wish.dllPath} of version ${wish.least} or later, with a signature that Windows trusts, and its Visual C++ runtime`,
      permission: 'Administrator of the host',
      lasting:
        setup === null ? 'It changes nothing' : 'The connector stays installed; it does nothing by itself',
    },
  )

export interface ReplaceWish {
  dllPath: string
  version: string
  runtime: number
  /** Product code of the connector that is there; null: none is installed. */
  productCode: string | null
  /** Path of the setup on the host. */
  setup: string
  mode: 'interactive' | 'silent'
  /** What is there, in words. */
  now: string
}

/** In the order that Microsoft gives: stop, uninstall, install, start. Between stop and start nobody is served. */
export const replaceConnectorStep = (
  host: HostPlan,
  { productCode, setup, mode, now, ...wish }: ReplaceWish,
): Draftstep =>
  hostStep(
    host,
    { purpose: 'replace-connector', ...wish },
    [
      { call: 'stop-service', service: host.service },
      ...(productCode === null ? [] : [{ call: 'uninstall-package', productCode, mode } as const]),
      { call: 'install-package', path: setup, mode },
      { call: 'start-service', service: host.service },
    ],
    [
      { call: 'read-library', path: wish.dllPath },
      { call: 'read-installed', what: 'connector' },
      { call: 'read-installed', what: 'runtime' },
      { call: 'read-service', service: host.service },
    ],
    {
      title: `Replace the connector on ${host.computer}: stop, uninstall, install, start`,
      now,
      after: `Version ${wish.version}, with a signature that Windows trusts; the service runs. Every connection to it is cut once`,
      permission: 'Administrator of the host',
      lasting: 'The way back is this job again, with the setup of the version before',
    },
  )

/** `exported`: where on the host the .reg file goes, in a folder that is there. */
export const registryStep = (host: HostPlan, wish: { account: string; exported: string }): Draftstep =>
  hostStep(
    host,
    { purpose: 'registry', key: providerKey, account: wish.account },
    [
      { call: 'export-registry', key: providerKey, path: wish.exported },
      { call: 'create-registry-key', key: providerKey, account: wish.account },
    ],
    [
      { call: 'read-service', service: host.service },
      { call: 'read-registry', key: providerKey },
    ],
    {
      title: `Prepare the connector’s registry key on ${host.computer}`,
      now: 'Not read by T-SQL',
      after: `HKLM\\${providerKey} with Full Control for ${wish.account}; what was there is exported to ${wish.exported} first`,
      permission: 'Administrator of the host',
      lasting: 'The key stays: it is where the connector finds its keys. Deleted late, and by hand',
    },
  )

export const checkpointStep = (host: HostPlan, resource: string): Draftstep =>
  hostStep(
    host,
    { purpose: 'checkpoint', key: providerKey, resource },
    [{ call: 'add-cluster-checkpoint', resource, key: providerKey }],
    [{ call: 'read-cluster-checkpoints', resource }],
    {
      title: `Have the cluster carry the registry key with ${resource}`,
      now: 'Not read by T-SQL',
      after: 'A failover takes the key along. Connector and rights are needed on every node',
      permission: 'Administrator of the cluster',
      lasting: 'The checkpoint stays: it does no harm where the key is gone',
    },
  )

/** `why`: what counts only from the next start. */
export const restartStep = (host: HostPlan, wish: { resource: string | null; why: string }): Draftstep => ({
  kind: 'restart-service',
  title: `Restart ${wish.resource ?? host.service} on ${host.computer}`,
  now: wish.why,
  after: 'The service started after that; every connection to it is cut once',
  scripts: [
    hostScript(
      [
        wish.resource === null
          ? { call: 'restart-service', service: host.service }
          : { call: 'restart-cluster-resource', resource: wish.resource },
      ],
      {
        title: `Restart ${wish.resource ?? host.service}`,
        mark: host.mark,
        computer: host.computer,
      },
    ),
  ],
  params: { service: host.service, resource: wish.resource, credentials: [] },
  permission: 'Administrator of the host',
  undo: {
    can: false,
    because: 'A restart can’t be taken back, and nothing is left of it',
    leaves: 'nothing',
  },
  resume: 'named',
  stopNow: null,
})
