import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asHandleId } from '../../../shared/model/ids.ts'
import type { SqlConnection, TargetRef } from '../../../shared/model/target.ts'
import type { Script } from '../../../shared/model/script.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createSqlServers, type SqlServersOwner } from '../../../electron/targets/sqlserver/servers.ts'
import { createInstance } from '../../../sandbox/sqlserver/engine/create-instance.ts'
import type { Edition, Instance, MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { makeServerCertificate } from '../../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer } from '../../../sandbox/sqlserver/tds/server.ts'
import { target } from './fake-server.ts'

export interface Simulated {
  servers: SqlServersOwner
  open(): Promise<SqlServer>
  /** The same server under another login. */
  openAs(user: string, password: string): Promise<{ server: SqlServer; close(): Promise<void> }>
  /** The simulator itself, for the pace of its scans. */
  instance: Instance
  /** A restart of the service: every connection is cut, databases are opened anew. */
  restart(): void
  stop(): Promise<void>
}

/** Of every simulated server of a test file: who it is for is an address, and they all have the same. */
let certificate: ReturnType<typeof makeServerCertificate> | undefined

const admin = { name: 'keyturn', password: 'Login-Password-2026' }

/** A simulated SQL Server over its real protocol, and the product's own adapter to it. */
export const simulatedServer = async (
  version: MajorVersion = 16,
  edition: Edition = 'Developer',
  ref: TargetRef = { ...target, name: 'KTR-WIZARD' },
  moreDatabases: Parameters<typeof createInstance>[1]['databases'] = [],
): Promise<Simulated> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ktr-wizard-'))
  const instance = await createInstance(
    { dataDir, name: ref.name, version, edition },
    {
      logins: [{ ...admin, roles: ['sysadmin'] }],
      databases: [
        { name: 'Sales', bytes: 512 * 1024 },
        { name: "O'Brien]s;--", bytes: 64 * 1024 },
        ...moreDatabases,
      ],
      folders: ['D:\\Keys', 'D:\\Backup'],
      historyDays: 0,
      jobs: [
        {
          name: 'Nightly',
          steps: [
            { name: 'Other', database: 'msdb', command: 'EXEC dbo.sp_purge' },
            {
              name: 'Back up',
              database: 'master',
              command:
                "BACKUP DATABASE [Sales] TO DISK = N'x.bak' WITH ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [KT_Old])",
            },
          ],
        },
      ],
    },
  )
  const { ca, ...own } = (certificate ??= makeServerCertificate(['127.0.0.1']))
  const tds = await startTdsServer(instance, { ...own, encryption: 'required' })
  const connectAs = (user: string, password: string): SqlServersOwner => {
    const connection: SqlConnection = {
      id: ref.id,
      kind: 'sqlserver',
      name: ref.name,
      environment: 'test',
      host: '127.0.0.1',
      port: tds.port,
      instanceName: null,
      certificateName: null,
      encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: ca } },
      authentication: { kind: 'sql-login', user, password: asHandleId('h-login') },
      identity: null,
    }
    return createSqlServers({
      connectionOf: () => connection,
      secretOf: () => Promise.resolve(SecretBytes.fromText(password)),
      rememberIdentity: () => undefined,
    })
  }
  const servers = connectAs(admin.name, admin.password)
  const others: SqlServersOwner[] = []
  return {
    servers,
    instance,
    restart: () => {
      for (const open of tds.connections()) open.destroy()
      instance.restart()
    },
    open: () => servers.open(ref),
    openAs: async (user, password) => {
      const owner = connectAs(user, password)
      others.push(owner)
      return { server: await owner.open(ref), close: () => owner.closeAll() }
    },
    stop: async () => {
      for (const owner of [servers, ...others]) await owner.closeAll()
      await tds.close()
      instance.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Runs scripts as an administrator would, in one session. */
export const runAll = async (
  server: SqlServer,
  scripts: readonly Script[],
  secrets: ReadonlyMap<string, SecretBytes> = new Map(),
): Promise<void> => {
  const session = await server.session({ programName: 'test' })
  for (const script of scripts) await session.execute(script, { secrets })
  await session.close()
}

/** The same server, and how many questions and statements went to it. */
export const countTrips = (server: SqlServer): { counted: SqlServer; trips: () => number } => {
  let trips = 0
  const counted: SqlServer = {
    ref: server.ref,
    identity: server.identity,
    principal: server.principal,
    query: (sql, options) => ((trips += 1), server.query(sql, options)),
    session: async (options) => {
      const session = await server.session(options)
      const execute: typeof session.execute = (script, given) => (
        (trips += 1),
        session.execute(script, given)
      )
      return new Proxy(session, {
        get: (real, name) => {
          if (name === 'execute') return execute
          const value: unknown = Reflect.get(real, name, real)
          return typeof value === 'function' ? (value.bind(real) as unknown) : value
        },
      })
    },
    close: () => server.close(),
  }
  return { counted, trips: () => trips }
}
