import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import {
  azureConnection,
  vaultConnection,
  type AzureConnectionAnswers,
  type VaultConnectionAnswers,
} from '../../shared/forms/azure-connection.ts'
import { sqlConnection, type SqlConnectionAnswers } from '../../shared/forms/connection.ts'
import { hsmConnection, type HsmConnectionFields } from '../../shared/forms/hsm-connection.ts'
import { asTargetId, type TargetId } from '../../shared/model/ids.ts'
import type {
  AzureConnection,
  Connection,
  HsmConnection,
  SqlConnection,
  VaultConnection,
} from '../../shared/model/target.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import { addressOf, credentialOf, withoutCredential } from './connection-parts.ts'
import { openJsonFile } from './json-file.ts'

export type ConnectionAnswers =
  /** Of a SQL Server where nothing is said. */
  | ({ kind?: 'sqlserver' } & SqlConnectionAnswers)
  | ({ kind: 'azure' } & AzureConnectionAnswers)
  | ({ kind: 'keyvault' } & VaultConnectionAnswers)
  | ({ kind: 'hsm' } & HsmConnectionFields)

export interface Connections {
  list(): readonly Connection[]
  /** SQL Servers only. */
  sqlServers(): readonly SqlConnection[]
  /** `not-found` for an id that is not (or no longer) there. */
  get(id: TargetId): Connection
  /** `not-found` also for a connection of another kind. */
  sqlServer(id: TargetId): SqlConnection
  azure(id: TargetId): AzureConnection
  vault(id: TargetId): VaultConnection
  hsm(id: TargetId): HsmConnection
  /**
   * Adds (id null) or replaces; what was added keeps its kind (`not-found`). When what decides whom a secret is sent to
   * changes (host, port, instance, trust; cloud, tenant, client; token), the credential no longer belongs to the target: it is
   * taken out and `droppedCredential` says so.
   */
  save(id: TargetId | null, answers: ConnectionAnswers): Promise<{ id: TargetId; droppedCredential: boolean }>
  remove(id: TargetId): Promise<void>
  rememberIdentity(id: TargetId, identity: Connection['identity']): Promise<void>
}

/** Answers that name their kind. */
type Given = Connection extends infer One
  ? One extends Connection
    ? Omit<One, 'id' | 'identity'>
    : never
  : never

const stored = z.discriminatedUnion('kind', [sqlConnection, azureConnection, vaultConnection, hsmConnection])
const file = z.object({ format: z.literal(1), connections: z.array(stored) })

export const openConnections = async (folder: string): Promise<Connections> => {
  const kept = await openJsonFile<z.output<typeof file>>(join(folder, 'connections.json'), file, {
    format: 1,
    connections: [],
  })
  const notThere = (): KeyturnError => new KeyturnError('not-found', { what: 'This connection' })
  const get = (id: TargetId): Connection => {
    const found = kept.content.connections.find((connection) => connection.id === id)
    if (!found) throw notThere()
    return found
  }
  const ofKind =
    <Kind extends Connection['kind']>(kind: Kind) =>
    (id: TargetId): Extract<Connection, { kind: Kind }> => {
      const found = get(id)
      if (found.kind !== kind) throw notThere()
      return found as Extract<Connection, { kind: Kind }>
    }
  const put = (connection: Connection): Promise<void> =>
    kept.update((content) => ({
      ...content,
      connections: [...content.connections.filter(({ id }) => id !== connection.id), connection],
    }))

  return {
    list: () => kept.content.connections,
    sqlServers: () =>
      kept.content.connections.filter(
        (connection): connection is SqlConnection => connection.kind === 'sqlserver',
      ),
    get,
    sqlServer: ofKind('sqlserver'),
    azure: ofKind('azure'),
    vault: ofKind('keyvault'),
    hsm: ofKind('hsm'),
    save: async (id, given) => {
      const answers = { ...given, kind: given.kind ?? 'sqlserver' } as Given
      if (id === null) {
        const added = asTargetId(`t-${newIdText(systemRandom)}`)
        await put({ ...answers, id: added, identity: null } as Connection)
        return { id: added, droppedCredential: false }
      }
      const before = get(id)
      if (before.kind !== answers.kind) throw notThere()
      const wanted = { ...answers, id, identity: null } as Connection
      const moved = addressOf(before) !== addressOf(wanted)
      const credential = credentialOf(wanted)
      const keptOld = moved && credential !== null && credential === credentialOf(before)
      const saved = keptOld ? withoutCredential(wanted) : wanted
      await put(moved ? saved : withIdentity(saved, before.identity))
      return { id, droppedCredential: keptOld }
    },
    remove: (id) =>
      kept.update((content) => ({
        ...content,
        connections: content.connections.filter((connection) => connection.id !== id),
      })),
    rememberIdentity: (id, identity) => put(withIdentity(get(id), identity)),
  }
}

/** An identity is of its connection's kind: it was read through it. */
const withIdentity = (connection: Connection, identity: Connection['identity']): Connection =>
  ({ ...connection, identity }) as Connection
