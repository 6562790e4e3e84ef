import { problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import type { KnownServer } from '../../ports/sql-server.ts'
import type { ServerFacts } from './facts-model.ts'
import { readServerFacts } from './read-server.ts'

/** Another replica as the catalog names it, and the connection whose server gave itself that name. */
export interface NamedReplica {
  name: string
  /** Databases of the asked server that it holds too. */
  databases: readonly string[]
  /** Null: none here leads to a server of that name. */
  connection: TargetRef | null
}

/** What a replica said of itself, or why it said nothing. */
export type Replica = Omit<NamedReplica, 'connection'> &
  (
    | { asked: 'answered'; facts: ServerFacts }
    | { asked: 'no-answer'; target: TargetRef; problem: Problem; at: string }
    | { asked: 'no-connection'; at: string }
  )

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** A connection, and the name of the server behind it. */
export type MetServer = Pick<KnownServer, 'ref'> & { serverName: string }

/** Other replicas of these databases; null: of all databases that the catalog lists. In the order of their names. Pure. */
export const namedReplicas = (
  { replicas, identity }: Pick<ServerFacts, 'replicas' | 'identity'>,
  databases: readonly string[] | null,
  met: readonly MetServer[],
): NamedReplica[] => {
  const rows = replicas.read
    ? replicas.value.filter(
        ({ replica, database }) =>
          !sameName(replica, identity.serverName) && (databases === null || databases.includes(database)),
      )
    : []
  return [...new Set(rows.map(({ replica }) => replica))].sort().map((name) => ({
    name,
    databases: [
      ...new Set(rows.filter(({ replica }) => replica === name).map(({ database }) => database)),
    ].sort(),
    connection: met.find(({ serverName }) => sameName(serverName, name))?.ref ?? null,
  }))
}

/** `SQL02` of `SQL02\PROD` and of `sql02.corp.example`. */
const machineOf = (name: string): string => name.split(/[\\.]/)[0] ?? name

/** A connection that nobody used yet may lead to a replica when it is called like it; only the server itself can tell. */
const mayLeadTo = ({ ref, host }: KnownServer, name: string): boolean =>
  sameName(ref.name, name) || sameName(machineOf(host), machineOf(name))

/**
 * The replicas with their connections. Connects where a connection was never used and may be the one; one that does not
 * answer keeps the name by which it was found, so that whoever asks it next says why.
 */
export const findReplicas = async (
  common: ServerFacts,
  databases: readonly string[] | null,
  reader: Pick<PlanReader, 'knownServers' | 'sqlServer'>,
): Promise<NamedReplica[]> => {
  const known = reader.knownServers()
  const met = known.flatMap(({ ref, serverName }) => (serverName === null ? [] : [{ ref, serverName }]))
  for (const { name, connection } of namedReplicas(common, databases, met)) {
    if (connection !== null) continue
    for (const one of known.filter(({ serverName }) => serverName === null)) {
      if (mayLeadTo(one, name)) met.push({ ref: one.ref, serverName: await nameOf(one, name, reader) })
    }
  }
  return namedReplicas(common, databases, met)
}

const nameOf = async (
  { ref }: KnownServer,
  expected: string,
  reader: Pick<PlanReader, 'sqlServer'>,
): Promise<string> => {
  try {
    return (await reader.sqlServer(ref)).identity.serverName
  } catch (error) {
    if (problemOf(error).kind === 'bug') throw error
    return expected
  }
}

/** Asks each replica that has a connection. One that does not answer is named and hides nothing of the others. */
export const askReplicas = async (
  common: ServerFacts,
  databases: readonly string[],
  reader: PlanReader,
): Promise<Replica[]> => {
  const asked: Replica[] = []
  for (const { name, databases: held, connection } of await findReplicas(common, databases, reader)) {
    const base = { name, databases: held }
    const now = (): string => reader.clock.now().toISOString()
    if (connection === null) {
      asked.push({ ...base, asked: 'no-connection', at: now() })
      continue
    }
    try {
      const facts = await readServerFacts(await reader.sqlServer(connection), reader)
      asked.push({ ...base, asked: 'answered', facts })
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind === 'bug') throw error
      asked.push({ ...base, asked: 'no-answer', target: connection, problem, at: now() })
    }
  }
  return asked
}
