import { problemOf } from '../../../shared/errors/problem.ts'
import { keyNameProblem } from '../../../shared/model/azure.ts'
import { clientIdOf, clientIdProblem, vaultHostProblem } from '../../../shared/model/ekm.ts'
import { readChosen } from '../../../shared/forms/credential-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { flagOf, textOf } from '../../ports/sql-rows.ts'
import { allRows, oneRow } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { isClustered, loginNamed } from '../../scripts/tsql/ekm-queries.ts'
import { allLogins, allReplicas } from '../../scripts/tsql/sight.ts'
import { localRoles } from '../../scripts/tsql/tde-queries.ts'
import { azurePart, azureRef, readApplication, readKey } from '../azure/read-azure.ts'
import { readEkm } from '../sqlserver/read-ekm.ts'
import { findReplicas } from '../sqlserver/read-replicas.ts'
import { partReader, readSecrets, readServerFacts, serverRef } from '../sqlserver/read-server.ts'
import { hostOfCredential, keysOfCredential } from '../sqlserver/ekm-links.ts'
import type { Read, ServerFacts } from '../sqlserver/facts-model.ts'
import type { AzureSide, Facts, Node, OtherNode } from './facts-model.ts'

/** Reads everything that the plan and the screens stand on; changes nothing. Answers may be partial. */
export const readFacts = async (answers: Answers, reader: PlanReader): Promise<Facts> => {
  const sql = await reader.sqlServer(serverRef(answers['target']))
  const common = await readServerFacts(sql, reader)
  const part = partReader(sql, () => reader.clock.now().toISOString())
  const node = await readNode(sql, reader)
  return {
    ...common,
    node,
    others: answers['task'] === 'renew' ? await readOthers(common, reader) : [],
    azure: answers['azureMode'] === 'connected' ? await askAzure(answers, reader, node) : null,
    ownLogin: await part(
      'sys.server_principals',
      async () => (await oneRow(sql, loginNamed(sql.principal), allLogins())) !== null,
    ),
    secrets: readSecrets(answers, ['keptSecret', 'clientSecret'], reader),
  }
}

const textIn = (answers: Answers, field: string): string => {
  const answer = answers[field]
  return typeof answer === 'string' ? answer.trim() : ''
}

const readNode = async (sql: SqlServer, reader: PlanReader): Promise<Node> => {
  const part = partReader(sql, () => reader.clock.now().toISOString())
  return {
    target: sql.ref,
    identity: sql.identity,
    principal: sql.principal,
    ekm: await readEkm(sql, reader),
    primaryOf: await part('sys.dm_hadr_availability_replica_states', async () =>
      (await allRows(sql, localRoles(), allReplicas()))
        .filter((row) => textOf(row['role_desc']) === 'PRIMARY')
        .map((row) => textOf(row['database_name']))
        .sort(),
    ),
    clustered: await part(
      'SERVERPROPERTY',
      async () => flagOf((await sql.query(isClustered()))[0]?.['clustered']) === true,
    ),
  }
}

/** The other nodes of all availability groups. One that does not answer hides nothing of the others. */
const readOthers = async (common: ServerFacts, reader: PlanReader): Promise<OtherNode[]> => {
  const nodes: OtherNode[] = []
  for (const { name, databases, connection } of await findReplicas(common, null, reader)) {
    const at = reader.clock.now().toISOString()
    if (connection === null) {
      nodes.push({ name, databases, asked: 'no-connection', at })
      continue
    }
    try {
      const node = await readNode(await reader.sqlServer(connection), reader)
      nodes.push({ name, databases, asked: 'answered', node })
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind === 'bug') throw error
      nodes.push({ name, databases, asked: 'no-answer', target: connection, problem, at })
    }
  }
  return nodes
}

/** Azure is asked beside the server: where it does not answer, the server's side is there all the same. */
const askAzure = async (answers: Answers, reader: PlanReader, node: Node): Promise<Facts['azure']> => {
  if (textIn(answers, 'azure') === '') return null
  try {
    return { answered: true, side: await readAzure(answers, reader, node) }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { answered: false, problem, at: reader.clock.now().toISOString() }
  }
}

const readAzure = async (answers: Answers, reader: PlanReader, node: Node): Promise<AzureSide> => {
  const control = await reader.azure.controls.open(azureRef(answers['azure']))
  const part = azurePart(control.ref, () => reader.clock.now().toISOString())
  const openDirectory = () => reader.azure.directories.open(control.ref)
  const openVault = (host: string) => reader.azure.vaults.at(control.ref, host)
  const clientId = textIn(answers, 'clientId')
  const host = textIn(answers, 'vaultHost').toLowerCase()
  const creates = answers['task'] === 'create'
  const proofAt = creates
    ? placeOfProof(host, textIn(answers, 'proofKey'))
    : answers['task'] === 'renew'
      ? placeInUse(answers, node)
      : null
  const [vaults, managedHsms, applications, application, vault, key] = await Promise.all([
    creates ? part('key vaults', () => control.vaults()) : notAsked,
    creates ? part('managed HSMs', () => control.managedHsms()) : notAsked,
    part('applications', async () =>
      (await openDirectory()).applications(textIn(answers, 'applicationFilter')),
    ),
    clientIdProblem(clientId) === null ? readApplication(openDirectory, clientIdOf(clientId), part) : null,
    creates && vaultHostProblem(host) === null ? reachVault(control.ref, host, reader) : null,
    proofAt === null ? null : readKey(proofAt.host, proofAt.key, openVault, part),
  ])
  return {
    target: control.ref,
    identity: control.identity,
    cloud: control.cloud,
    vaults,
    managedHsms,
    applications,
    application,
    vault,
    proof: proofAt === null || key === null ? null : { host: proofAt.host, key },
    kept: reader.keptFor(control.ref.id, 'ekm.client-secret'),
  }
}

/** Opens the vault and closes it again: it names its tenant, and its firewall answers. Any refusal is an answer here. */
const reachVault = async (target: TargetRef, host: string, reader: PlanReader): Promise<Read<true>> => {
  const source = `${target.name}, ${host}`
  const now = (): string => reader.clock.now().toISOString()
  try {
    await (await reader.azure.vaults.at(target, host)).close()
    return { read: true, value: true, source, at: now() }
  } catch (error) {
    const problem = problemOf(error)
    if (problem.kind === 'bug') throw error
    return { read: false, because: problem.title, source, at: now() }
  }
}

const placeOfProof = (host: string, key: string): { host: string; key: string } | null =>
  vaultHostProblem(host) === null && keyNameProblem(key) === null ? { host, key } : null

/** Of a renewal: a key that the chosen credentials use, as the registry has it, or the named one in their vault. */
const placeInUse = (answers: Answers, { target, ekm }: Node): { host: string; key: string } | null => {
  const values = Array.isArray(answers['credentials']) ? answers['credentials'] : []
  const names = values.flatMap((value) => {
    const chosen = readChosen(value)
    return chosen?.server === target.id ? [chosen.credential] : []
  })
  if (!ekm.credentials.read) return null
  for (const credential of ekm.credentials.value.filter(({ name }) => names.includes(name))) {
    const host = hostOfCredential(credential)
    if (host === null) continue
    const named = textIn(answers, 'proofKey')
    const used = keysOfCredential(ekm, credential).flatMap(({ key }) =>
      key.place.read && key.place.value !== null ? (keyNameIn(key.place.value) ?? []) : [],
    )[0]
    const found = placeOfProof(host, named === '' ? (used ?? '') : named)
    if (found !== null) return found
  }
  return null
}

/** `https://host/keys/name/version`, the port perhaps with it. */
const keyNameIn = (uri: string): string | null => /^https:\/\/[^/]+\/keys\/([^/]+)/i.exec(uri)?.[1] ?? null

/** A tenant has many; they are listed where one is to be chosen. */
const notAsked = { read: false, because: 'not asked', source: 'Keyturn', at: '' } as const
