import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { SqlConnection, TargetRef } from '../../../shared/model/target.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { createSqlServers, type SqlServersOwner } from '../../../electron/targets/sqlserver/servers.ts'
import { createInstance, type SandboxInstance } from '../../../sandbox/sqlserver/engine/create-instance.ts'
import type { MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { makeServerCertificate } from '../../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer } from '../../../sandbox/sqlserver/tds/server.ts'

export const share = '\\\\ktr-files\\backup'

export interface DrillServer {
  ref: TargetRef
  instance: SandboxInstance
  open(): Promise<SqlServer>
  servers: SqlServersOwner
  /** One batch as an administrator, in literal text. */
  run(statement: string): Promise<void>
}

/** A server that takes backups and an empty one, which reach one shared folder, over the real protocol. */
export interface DrillServers {
  source: DrillServer
  drill: DrillServer
  /** Lets the drill server's account read everything in the share, as an administrator would. */
  grantAll(): void
  stop(): Promise<void>
}

export interface DrillWish {
  sourceVersion?: MajorVersion
  drillVersion?: MajorVersion
}

/** One for all servers of a test file: making a key takes longer than most tests. */
const certificate = makeServerCertificate(['127.0.0.1'])

export const drillServers = async (wish: DrillWish = {}): Promise<DrillServers> => {
  const root = mkdtempSync(join(tmpdir(), 'ktr-drill-'))
  const shares = [{ unc: share, folder: join(root, 'share'), capacity: 2 ** 30 }]
  const ends: (() => Promise<void>)[] = []
  const start = async (
    name: string,
    id: string,
    version: MajorVersion,
    databases: { name: string; bytes: number }[],
  ): Promise<DrillServer> => {
    const login = { name: 'keyturn', password: 'Login-Password-2026' }
    const instance = await createInstance(
      {
        dataDir: join(root, name),
        name,
        version,
        edition: 'Developer',
        shares,
        serviceAccount: `KTR\\svc-${name}`,
      },
      {
        logins: [{ ...login, roles: ['sysadmin'] }],
        databases,
        folders: ['D:\\Keys', 'D:\\Backup', 'D:\\Data'],
        historyDays: 0,
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
      open,
      run: async (statement) => {
        const session: SqlSession = await (await open()).session({ programName: 'test' })
        try {
          await session.execute({ language: 'tsql', parts: [statement] })
        } finally {
          await session.close()
        }
      },
    }
  }
  const source = await start('KTR-SOURCE', 't-source', wish.sourceVersion ?? 16, [
    { name: 'Sales', bytes: 512 * 1024 },
    { name: "O'Brien]s;--", bytes: 64 * 1024 },
  ])
  const drill = await start('KTR-DRILL', 't-drill', wish.drillVersion ?? 16, [])
  return {
    source,
    drill,
    grantAll: () => drill.instance.disk.grant(share, drill.instance.serviceAccount, 'read'),
    stop: async () => {
      for (const end of ends) await end()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

export const filePassword = 'Key-File-Password-1'

/** A master key, a certificate, its files in the share, and a backup of Sales under it. */
export const encryptedBackupOn = async (
  source: DrillServer,
  certificate: string,
  file: string,
): Promise<void> => {
  await source.run(`USE master;
IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##') CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Master-Key-Password-1';
CREATE CERTIFICATE [${certificate}] WITH SUBJECT = N'Backups', EXPIRY_DATE = N'20401231';
BACKUP CERTIFICATE [${certificate}] TO FILE = N'${share}\\${certificate}.cer' WITH PRIVATE KEY (FILE = N'${share}\\${certificate}.pvk', ENCRYPTION BY PASSWORD = N'${filePassword}');
BACKUP DATABASE [Sales] TO DISK = N'${share}\\${file}' WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [${certificate}]);`)
}
