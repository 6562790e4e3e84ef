import { problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { keyNameProblem } from '../../../shared/model/azure.ts'
import { clientIdOf, clientIdProblem, vaultHostProblem } from '../../../shared/model/ekm.ts'
import { HostPath, providerKey } from '../../../shared/model/host-calls.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { textOf } from '../../ports/sql-rows.ts'
import { oneRow } from '../../ports/sql-sight.ts'
import type { HostReach } from '../../ports/powershell-host.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { loginNamed, services } from '../../scripts/tsql/ekm-queries.ts'
import { allLogins } from '../../scripts/tsql/sight.ts'
import { azurePart, azureRef, readApplication, readKey } from '../azure/read-azure.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, ServerFacts } from '../sqlserver/facts-model.ts'
import { connectorLibrary } from '../sqlserver/host-rules.ts'
import { hostSource } from '../sqlserver/steps/host/run-on-host.ts'
import { serviceOf } from '../sqlserver/plan-host.ts'
import { readEkm } from '../sqlserver/read-ekm.ts'
import { askReplicas, type Replica } from '../sqlserver/read-replicas.ts'
import {
  majorOf,
  partReader,
  readFolder,
  readPlace,
  readSecrets,
  readServerFacts,
} from '../sqlserver/read-server.ts'
import { readTdeParts } from '../sqlserver/tde-facts.ts'
import type { AzureSide, EngineService, Facts, HostSide } from './facts-model.ts'
import { runsOnWindows } from './found.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const id = asTargetId(String(answers['target'] ?? ''))
  // Only the id counts: name and environment come back from the connection itself.
  const sql = await reader.sqlServer({ id, kind: 'sqlserver', name: id, environment: 'production' })
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const common = await readServerFacts(sql, reader)
  const chosen = answers['databases']
  const replicasAsked =
    answers['task'] !== 'prepare' && Array.isArray(chosen) ? await askReplicas(common, chosen, reader) : []
  return {
    ...common,
    ...(await readTdeParts(sql, common, reader)),
    replicasAsked,
    replicaEkm: await readReplicas(replicasAsked, reader),
    ekm: await readEkm(sql, reader),
    service: await part('sys.dm_server_services', () => readEngine(sql)),
    ownLogin: await part(
      'sys.server_principals',
      async () => (await oneRow(sql, loginNamed(sql.principal), allLogins())) !== null,
    ),
    host: await readHost(sql, common, answers, reader),
    azure: answers['azureMode'] === 'connected' ? await askAzure(answers, reader) : null,
    exportFolder: await readFolder(answers['exportFolder'], majorOf(common), sql, part),
    secrets: readSecrets(answers, ['keptSecret', 'clientSecret'], reader),
    scriptFolderLabel: readPlace(answers['scriptFolder'], reader),
  }
}

const textIn = (answers: Answers, field: string): string => {
  const answer = answers[field]
  return typeof answer === 'string' ? answer.trim() : ''
}

const readEngine = async (sql: SqlServer): Promise<EngineService> => {
  const rows = await sql.query(services())
  const engine = rows.find((row) => /^SQL Server \(/i.test(textOf(row['service'])))
  return {
    account: textOf(engine?.['account']) || null,
    clustered: textOf(engine?.['is_clustered']).trim().toUpperCase() === 'Y',
  }
}

const readReplicas = async (
  replicas: readonly Replica[],
  reader: PlanReader,
): Promise<Record<string, EkmFacts>> => {
  const read: Record<string, EkmFacts> = {}
  for (const one of replicas) {
    if (one.asked === 'answered')
      read[one.name] = await readEkm(await reader.sqlServer(one.facts.target), reader)
  }
  return read
}

/** Nothing on the host is changed by looking at it. */
const readHost = async (
  sql: SqlServer,
  common: ServerFacts,
  answers: Answers,
  { hosts, clock }: PlanReader,
): Promise<HostSide> => {
  const reach = hosts.reachOf(sql)
  if (!reach.reachable || !runsOnWindows(common))
    return { reach, connector: null, registry: null, resources: null }
  const typed = textIn(answers, 'providerLibrary')
  const library = HostPath.safeParse(typed).success ? typed : connectorLibrary
  const service = serviceOf(sql.identity.instanceName)
  return {
    reach,
    connector: await hostPart(sql, reach.how, clock, async () => {
      const [found, connectors, runtimes] = await hosts.run(sql, [
        { call: 'read-library', path: library },
        { call: 'read-installed', what: 'connector' },
        { call: 'read-installed', what: 'runtime' },
      ])
      return { dll: found, connectors, runtimes }
    }),
    registry: await hostPart(sql, reach.how, clock, async () => {
      const [found, registry] = await hosts.run(sql, [
        { call: 'read-service', service },
        { call: 'read-registry', key: providerKey },
      ])
      return { service: found, registry }
    }),
    resources: await hostPart(sql, reach.how, clock, async () => {
      const [resources] = await hosts.run(sql, [{ call: 'list-cluster-resources' }])
      return (resources ?? []).filter(({ kind }) => kind === 'SQL Server').map(({ name }) => name)
    }),
  }
}

/** A host that does not answer is an answer: the plan then has the step that looks there. */
const hostPart = async <Value>(
  sql: SqlServer,
  how: Extract<HostReach, { reachable: true }>['how'],
  clock: PlanReader['clock'],
  read: () => Promise<Value>,
): Promise<Read<Value>> => {
  const source = hostSource(sql.identity.machineName, how)
  const now = (): string => clock.now().toISOString()
  try {
    return { read: true, value: await read(), source, at: now() }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { read: false, because: `not read: ${problem.title}`, source, at: now() }
  }
}

/** Azure is asked beside the server: where it does not answer, the server's side is there all the same. */
const askAzure = async (answers: Answers, reader: PlanReader): Promise<Facts['azure']> => {
  if (textIn(answers, 'azure') === '') return null
  try {
    return { answered: true, side: await readAzure(answers, reader) }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { answered: false, problem, at: reader.clock.now().toISOString() }
  }
}

const readAzure = async (answers: Answers, reader: PlanReader): Promise<AzureSide> => {
  const control = await reader.azure.controls.open(azureRef(answers['azure']))
  const part = azurePart(control.ref, () => reader.clock.now().toISOString())
  const host = textIn(answers, 'vaultHost').toLowerCase()
  const openVault = (at: string) => reader.azure.vaults.at(control.ref, at)
  const known = vaultHostProblem(host) === null
  const clientId = textIn(answers, 'clientId')
  const key = textIn(answers, 'vaultKey')
  const [vaults, managedHsms, keys, found, application] = await Promise.all([
    part('key vaults', () => control.vaults()),
    part('managed HSMs', () => control.managedHsms()),
    known
      ? part(`keys of ${host}`, async () => {
          const vault = await openVault(host)
          return vault.keys().finally(() => vault.close())
        })
      : null,
    known && keyNameProblem(key) === null ? readKey(host, key, openVault, part) : null,
    clientIdProblem(clientId) === null
      ? readApplication(() => reader.azure.directories.open(control.ref), clientIdOf(clientId), part)
      : null,
  ])
  return {
    target: control.ref,
    identity: control.identity,
    vaults,
    managedHsms,
    keys,
    key: found,
    application,
    kept: reader.keptFor(control.ref.id, 'ekm.client-secret'),
  }
}
