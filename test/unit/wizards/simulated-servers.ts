import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { SqlConnection, TargetRef } from '../../../shared/model/target.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlRow, SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { createSqlServers, type SqlServersOwner } from '../../../electron/targets/sqlserver/servers.ts'
import { createInstance, type SandboxInstance } from '../../../sandbox/sqlserver/engine/create-instance.ts'
import type { Edition, InstanceOptions, MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { makeServerCertificate } from '../../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer } from '../../../sandbox/sqlserver/tds/server.ts'

/** One of several simulated servers, over its real protocol, by the product's own adapter. */
export interface SharingServer {
  ref: TargetRef
  instance: SandboxInstance
  servers: SqlServersOwner
  port: number
  ca: string
  open(): Promise<SqlServer>
  /** A restart of the service: every connection is cut; done when all databases were opened or were not. */
  restart(): Promise<void>
  /** One batch as an administrator, in literal text. */
  run(statement: string): Promise<void>
  rows(query: string): Promise<SqlRow[]>
}

export interface ServerWish {
  name: string
  id: string
  version: MajorVersion
  edition?: Edition
  databases: { name: string; bytes: number }[]
  /** A connector for key vaults of this version (null: not installed), and how it reaches them. */
  connector?: { version: string | null; ekm: NonNullable<InstanceOptions['ekm']> }
}

export const login = { name: 'keyturn', password: 'Login-Password-2026' }

/** One for all servers of a test file: making a key takes longer than most tests. */
const certificate = makeServerCertificate(['localhost', '127.0.0.1'])

/** Starts servers that reach one shared folder, each under a service account of its own; `stop` ends all of them. */
export const sharingServers = (
  share: string,
): { start(wish: ServerWish): Promise<SharingServer>; stop(): Promise<void> } => {
  const root = mkdtempSync(join(tmpdir(), 'ktr-sharing-'))
  const shares = [{ unc: share, folder: join(root, 'share'), capacity: 2 ** 30 }]
  const ends: (() => Promise<void>)[] = []
  return {
    start: async ({ name, id, version, edition = 'Developer', databases, connector }) => {
      const instance = await createInstance(
        {
          dataDir: join(root, name),
          name,
          version,
          edition,
          shares,
          serviceAccount: `KTR\\svc-${name}`,
          ...(connector === undefined ? {} : { ekm: connector.ekm }),
        },
        {
          logins: [{ ...login, roles: ['sysadmin'] }],
          databases,
          folders: ['D:\\Keys', 'D:\\Backup', 'D:\\Data'],
          historyDays: 0,
          connector: connector?.version ?? undefined,
        },
      )
      const tds = await startTdsServer(instance, { ...certificate, encryption: 'required' })
      const connection: SqlConnection = {
        id: asTargetId(id),
        kind: 'sqlserver',
        name,
        environment: 'test',
        host: '127.0.0.1',
        port: tds.port,
        instanceName: null,
        certificateName: null,
        encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: certificate.ca } },
        authentication: { kind: 'sql-login', user: login.name, password: asHandleId('h-login') },
        identity: null,
      }
      const servers = createSqlServers({
        connectionOf: () => connection,
        secretOf: () => Promise.resolve(SecretBytes.fromText(login.password)),
        rememberIdentity: () => undefined,
      })
      const ref: TargetRef = { id: connection.id, kind: 'sqlserver', name, environment: 'test' }
      ends.push(async () => {
        await servers.closeAll()
        await tds.close()
        instance.close()
      })
      const open = () => servers.open(ref)
      return {
        ref,
        instance,
        servers,
        port: tds.port,
        ca: certificate.ca,
        open,
        restart: async () => {
          for (const connection of tds.connections()) connection.destroy()
          instance.restart()
          await instance.recovered
        },
        rows: async (query) => (await open()).query(query),
        run: async (statement) => {
          const session: SqlSession = await (await open()).session({ programName: 'test' })
          try {
            await session.execute({ language: 'tsql', parts: [statement] })
          } finally {
            await session.close()
          }
        },
      }
    },
    stop: async () => {
      for (const end of ends) await end()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Databases of a server that takes backups or gives a database away. */
export const sourceDatabases = [
  { name: 'Sales', bytes: 512 * 1024 },
  { name: "O'Brien]s;--", bytes: 64 * 1024 },
]
