import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { sqlConnection, type SqlConnectionAnswers } from '../../shared/forms/connection.ts'
import { asTargetId, type HandleId, type TargetId } from '../../shared/model/ids.ts'
import type { SqlConnection, SqlServerIdentity } from '../../shared/model/target.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import { openJsonFile } from './json-file.ts'

export interface Connections {
  list(): readonly SqlConnection[]
  /** `not-found` for an id that is not (or no longer) there. */
  get(id: TargetId): SqlConnection
  /**
   * Adds (id null) or replaces. When host, port, instance or trust change, the credential no longer belongs to the
   * target: it is taken out and `droppedCredential` says so.
   */
  save(
    id: TargetId | null,
    answers: SqlConnectionAnswers,
  ): Promise<{ id: TargetId; droppedCredential: boolean }>
  remove(id: TargetId): Promise<void>
  rememberIdentity(id: TargetId, identity: SqlServerIdentity | null): Promise<void>
}

const file = z.object({ format: z.literal(1), connections: z.array(sqlConnection) })

export const openConnections = async (folder: string): Promise<Connections> => {
  const stored = await openJsonFile(join(folder, 'connections.json'), file, { format: 1, connections: [] })
  const get = (id: TargetId): SqlConnection => {
    const found = stored.content.connections.find((connection) => connection.id === id)
    if (!found) throw new KeyturnError('not-found', { what: 'This connection' })
    return found
  }
  const put = (connection: SqlConnection): Promise<void> =>
    stored.update((content) => ({
      ...content,
      connections: [...content.connections.filter(({ id }) => id !== connection.id), connection],
    }))

  return {
    list: () => stored.content.connections,
    get,
    save: async (id, answers) => {
      if (id === null) {
        const added = asTargetId(`t-${newIdText(systemRandom)}`)
        await put({ ...answers, id: added, kind: 'sqlserver', identity: null })
        return { id: added, droppedCredential: false }
      }
      const before = get(id)
      const moved = addressOf(before) !== addressOf({ ...before, ...answers })
      const keptOld =
        moved && credentialOf(answers) !== null && credentialOf(answers) === credentialOf(before)
      await put({
        ...answers,
        authentication: keptOld ? withoutCredential(answers.authentication) : answers.authentication,
        id,
        kind: 'sqlserver',
        identity: moved ? null : before.identity,
      })
      return { id, droppedCredential: keptOld }
    },
    remove: (id) =>
      stored.update((content) => ({
        ...content,
        connections: content.connections.filter((connection) => connection.id !== id),
      })),
    rememberIdentity: (id, identity) => put({ ...get(id), identity }),
  }
}

/** What decides whom the password would be sent to. */
const addressOf = ({ host, port, instanceName, encryption }: SqlConnection): string =>
  JSON.stringify([host.toLowerCase(), port, instanceName?.toLowerCase() ?? null, encryption])

/** The handle of the login's secret; null: none kept, or this login has none. */
export const credentialOf = ({ authentication }: Pick<SqlConnection, 'authentication'>): HandleId | null => {
  switch (authentication.kind) {
    case 'sql-login':
    case 'ntlm':
      return authentication.password
    case 'entra-service-principal':
      return authentication.secret
    case 'entra-default':
      return null
  }
}

const withoutCredential = (
  authentication: SqlConnection['authentication'],
): SqlConnection['authentication'] => {
  switch (authentication.kind) {
    case 'sql-login':
    case 'ntlm':
      return { ...authentication, password: null }
    case 'entra-service-principal':
      return { ...authentication, secret: null }
    case 'entra-default':
      return authentication
  }
}
