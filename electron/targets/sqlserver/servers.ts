import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { SqlConnection, SqlServerIdentity, TargetRef } from '../../../shared/model/target.ts'
import type { SqlServer, SqlServers } from '../../ports/sql-server.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { TediousServer } from './server.ts'

export interface SqlServersDeps {
  /** Null: there is no such connection. Read at each `open`, so that an edited one is seen. */
  connectionOf(id: TargetId): SqlConnection | null
  /** The opened login secret, a fresh holder at each call; the adapter wipes it. Null: this login has none. */
  secretOf(connection: SqlConnection): Promise<SecretBytes | null>
  /** Called at the first connection, before anything is read. What it throws ends the connection. */
  rememberIdentity(id: TargetId, identity: SqlServerIdentity): Promise<void> | void
  limits?: Limits
}

/** `SqlServers`, and what its owner does at lock, edit and exit. */
export interface SqlServersOwner extends SqlServers {
  /** Closes this target's connections. A run that holds a session of it ends as `sql-lost`. */
  drop(id: TargetId): Promise<void>
  closeAll(): Promise<void>
  /** The login secret, for a connection that is tried out beside the pool; the caller wipes it. */
  openCredential(connection: SqlConnection): Promise<SecretBytes | null>
}

interface Opened {
  settings: string
  server: Promise<SqlServer>
}

export const createSqlServers = (deps: SqlServersDeps): SqlServersOwner => {
  const opened = new Map<TargetId, Opened>()
  const limits = deps.limits ?? defaultLimits

  const connect = async (connection: SqlConnection): Promise<SqlServer> => {
    const server = await TediousServer.connect(connection, {
      openSecret: () => deps.secretOf(connection),
      limits,
    })
    try {
      if (connection.identity === null) await deps.rememberIdentity(connection.id, server.identity)
      return server
    } catch (error) {
      await server.close()
      throw error
    }
  }

  const drop = async (id: TargetId): Promise<void> => {
    const old = opened.get(id)
    opened.delete(id)
    const server = await old?.server.catch(() => null)
    await server?.close()
  }

  const open = async ({ id, name }: TargetRef): Promise<SqlServer> => {
    const connection = deps.connectionOf(id)
    if (connection === null) throw new KeyturnError('not-found', { what: name })
    const settings = settingsOf(connection)
    const known = opened.get(id)
    if (known?.settings === settings) return known.server
    if (known !== undefined) void drop(id)
    const server = connect(connection)
    opened.set(id, { settings, server })
    // A failed attempt is not kept: the next one may have another password or another network.
    server.catch(() => {
      if (opened.get(id)?.server === server) opened.delete(id)
    })
    return server
  }

  const closeAll = async (): Promise<void> => {
    await Promise.all([...opened.keys()].map(drop))
  }

  return { open, drop, closeAll, openCredential: (connection) => deps.secretOf(connection) }
}

/** What makes the connections that are open right or wrong; the remembered identity is not part of it. */
const settingsOf = (connection: SqlConnection): string => JSON.stringify({ ...connection, identity: null })
