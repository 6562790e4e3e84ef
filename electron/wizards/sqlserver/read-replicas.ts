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
  /** Null: no connection here has ever met a server of that name. */
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

/** Other replicas of these databases; null: of all databases that the catalog lists. In the order of their names. Pure. */
export const namedReplicas = (
  { replicas, identity }: Pick<ServerFacts, 'replicas' | 'identity'>,
  databases: readonly string[] | null,
  known: readonly KnownServer[],
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
    connection: known.find(({ serverName }) => sameName(serverName, name))?.ref ?? null,
  }))
}

/** Asks each replica that has a connection. One that does not answer is named and hides nothing of the others. */
export const askReplicas = async (
  common: ServerFacts,
  databases: readonly string[],
  reader: PlanReader,
): Promise<Replica[]> => {
  const asked: Replica[] = []
  for (const { name, databases: held, connection } of namedReplicas(
    common,
    databases,
    reader.knownServers(),
  )) {
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
