import { asHandleId } from '../../../shared/model/ids.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { DoctorFinding, DoctorReport, DoctorTestId } from '../../../shared/model/ekm-doctor.ts'
import type { HostCall } from '../../../shared/model/host-calls.ts'
import type { Connection, SqlConnection } from '../../../shared/model/target.ts'
import { diagnose } from '../../../electron/doctor/diagnose.ts'
import type { DoctorFacts } from '../../../electron/doctor/facts-model.ts'
import type { DoctorPorts, DoctorWish } from '../../../electron/doctor/ports.ts'
import { readDoctor } from '../../../electron/doctor/read.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createSqlServers } from '../../../electron/targets/sqlserver/servers.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { simulatedHosts } from '../../../electron/rehearsal/simulated-hosts.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import { runHostCalls } from '../../../sandbox/sqlserver/windows/windows-host.ts'
import { azureStage, clientSecret, type AzureStage } from '../../contract/azure-program.ts'
import { noHosts } from '../../support/no-azure.ts'
import { ekmWorld, type EkmWorld } from '../wizards/ekm-servers.ts'
import type { SharingServer } from '../wizards/simulated-servers.ts'

/** A simulated server with its Windows host, simulated Azure, and the doctor on them through the product's adapters. */
export interface DoctorStage {
  place: EkmWorld
  server: SharingServer
  side: AzureStage
  asked: { application: string; key: string; vault: string; problem: Problem | null }[]
  /** Calls that the host carried out. */
  calls: HostCall[]
  facts(wish?: Partial<DoctorWish>, changes?: Partial<DoctorPorts>): Promise<DoctorFacts>
  report(wish?: Partial<DoctorWish>, changes?: Partial<DoctorPorts>): Promise<DoctorReport>
  /** Provider, credential, key, login and the database Sales under it. */
  setUp(key?: string): Promise<void>
  /** A key of 2,048 bits in the vault: older connectors take no other. */
  makeKey(name: string): Promise<void>
  hosts: PowerShellHosts
  restart(): Promise<void>
  openAs(user: string, password: string): Promise<{ server: SqlServer; close(): Promise<void> }>
  end(): Promise<void>
}

export const doctorStage = async (connector = '15.0.2000.440'): Promise<DoctorStage> => {
  const place = await ekmWorld()
  const server = await place.start('KTR-DOCTOR', connector)
  const operator = place.azure.facts().applications.find(({ name }) => name === 'ktr-operator')
  if (operator === undefined) throw new Error('no operator')
  const side = azureStage({
    facts: place.azure.facts(),
    signIn: clientSecret(operator.clientId),
    secret: operator.secret,
    host: place.host,
  })
  const calls: HostCall[] = []
  const asked: DoctorStage['asked'] = []
  const restart = (): Promise<void> => server.restart()
  let stopped = false
  const hosts: PowerShellHosts = simulatedHosts(async (_instance, wanted) => {
    calls.push(...wanted)
    return runHostCalls(
      {
        instance: () => server.instance,
        restart,
        service: {
          isStopped: () => stopped,
          stop: async () => {
            stopped = true
            server.instance.ekm.stop()
          },
          start: async () => {
            if (stopped) await restart()
            stopped = false
          },
        },
      },
      wanted,
    )
  })
  const connections: Connection[] = [side.connection]
  const ports: DoctorPorts = {
    sqlServer: () => server.open(),
    azure: side.azure,
    hosts,
    clock: systemClock,
    connections: () => connections,
    signsInByCode: () => false,
    secrets: {
      keptFor: (target, purpose) =>
        target === side.connection.id && purpose === 'ekm.client-secret' ? [{ id: asHandleId('h-ekm') }] : [],
      open: async () => SecretBytes.fromText(place.application.secret),
    },
    wrapAsked: (about) => void asked.push(about),
  }
  const stage: DoctorStage = {
    place,
    server,
    side,
    asked,
    calls,
    facts: (wish = {}, changes = {}) =>
      readDoctor(
        { ...ports, ...changes },
        { target: server.ref, application: null, wrap: false, again: false, ...wish },
      ),
    report: async (wish, changes) => diagnose(await stage.facts(wish, changes)),
    hosts,
    makeKey: async (name) => {
      const vault = await side.azure.vaults.at(side.connection, place.host)
      await vault.createKey({ name, type: 'RSA', bits: 2048, mark: 'test' })
      await vault.close()
    },
    setUp: async (key = 'ktr-tde-sql01') => {
      const { clientId, secret } = place.application
      for (const statement of [
        "EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE",
        `CREATE CRYPTOGRAPHIC PROVIDER AKV FROM FILE = '${CONNECTOR_PATH}'`,
        `CREATE CREDENTIAL tde_cred WITH IDENTITY = 'ktr-vault-weu', SECRET = '${clientId.replaceAll('-', '')}${secret}' FOR CRYPTOGRAPHIC PROVIDER AKV`,
        'ALTER LOGIN keyturn ADD CREDENTIAL tde_cred',
        `CREATE ASYMMETRIC KEY tde FROM PROVIDER AKV WITH PROVIDER_KEY_NAME = '${key}', CREATION_DISPOSITION = OPEN_EXISTING`,
        'CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN keyturn DROP CREDENTIAL tde_cred; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred',
        'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON',
      ])
        await server.run(statement)
    },
    restart,
    openAs: async (user, password) => {
      const connection: SqlConnection = {
        id: server.ref.id,
        kind: 'sqlserver',
        name: server.ref.name,
        environment: 'test',
        host: '127.0.0.1',
        port: server.port,
        instanceName: null,
        certificateName: null,
        encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: server.ca } },
        authentication: { kind: 'sql-login', user, password: asHandleId('h-blind') },
        identity: null,
      }
      const owner = createSqlServers({
        connectionOf: () => connection,
        secretOf: () => Promise.resolve(SecretBytes.fromText(password)),
        rememberIdentity: () => undefined,
      })
      return { server: await owner.open(server.ref), close: () => owner.closeAll() }
    },
    end: async () => {
      side.azure.closeAll()
      await place.end()
    },
  }
  return stage
}

export const nobody = noHosts

export const found = (report: DoctorReport, test: DoctorTestId): DoctorFinding[] =>
  report.findings.filter((one) => one.test === test)

/** State of each finding of a test, with what it is about. */
export const states = (report: DoctorReport, test: DoctorTestId): string[] =>
  found(report, test).map(({ state, about }) => (about === null ? state : `${state}: ${about}`))
