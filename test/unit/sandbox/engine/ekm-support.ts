import type { Reach } from '../../../../sandbox/sqlserver/engine/ekm/exchange.ts'
import { installConnector, prepareRegistry } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { CLIENT_ID, VAULT } from './fake-vault.ts'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { encryptionState } from './tde-support.ts'

export const SECRET = 'Yr8~first-secret.0000000000000000000000'
export const NEWEST = '15.0.2000.440'
/** 1.0.4.0, with the old thumbprints. */
export const OLD = '13.0.811.168'
export const BEFORE_NOVEMBER = '15.0.300.96'

/** As a person types it into SECRET: the client id without hyphens, then the secret. */
export const concatenation = (secret = SECRET, clientId = CLIENT_ID): string =>
  `${clientId.replaceAll('-', '')}${secret}`

export interface EkmServer extends TestServer {
  client: Client
  /** A restart of the service, waited for until every vault has answered; gives a new connection. */
  restart(): Promise<Client>
  install(version: string): void
}

const DATABASES = [{ name: 'Sales', bytes: 60_000 }]

/** A server with the connector's files and registry key, and the option on. */
export async function ekmServer(
  reach: Reach,
  version = NEWEST,
  options: Partial<InstanceOptions> = {},
): Promise<EkmServer> {
  const server = await testServer({ ekm: { reach, pause: 0 }, ...options }, DATABASES)
  const { instance } = server
  const install = (wanted: string): void =>
    installConnector(instance, { version: wanted, signed: true, runtime: true })
  install(version)
  prepareRegistry(instance, true)
  instance.restart()
  const ekm: EkmServer = {
    ...server,
    client: await server.connect(),
    install,
    async restart() {
      ekm.client.close()
      instance.restart()
      await instance.recovered
      ekm.client = await server.connect()
      return ekm.client
    },
  }
  await ekm.client.ok(
    "EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE",
  )
  return ekm
}

export const PROVIDER = `CREATE CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}'`

export const credential = (name: string, identity = VAULT, secret = concatenation()): string =>
  `CREATE CREDENTIAL ${name} WITH IDENTITY = '${identity}', SECRET = '${secret}' FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM`

export const openKey = (name: string, inVault: string): string =>
  `CREATE ASYMMETRIC KEY ${name} FROM PROVIDER AzureKeyVault_EKM WITH PROVIDER_KEY_NAME = '${inVault}', CREATION_DISPOSITION = OPEN_EXISTING`

/** Provider and a credential that `sa` holds. */
export async function withCredential(
  { client }: EkmServer,
  identity = VAULT,
  secret = concatenation(),
): Promise<void> {
  await client.ok(
    `${PROVIDER}; ${credential('setup_cred', identity, secret)}; ALTER LOGIN sa ADD CREDENTIAL setup_cred`,
  )
}

/** A key of the vault with its login and a credential of its own; the setup credential stays with `sa`. */
export async function withServerKey({ client }: EkmServer, name: string, inVault: string): Promise<void> {
  await client.ok(
    `${openKey(name, inVault)}; CREATE LOGIN ${name}_login FROM ASYMMETRIC KEY ${name}; ${credential(`${name}_cred`)}; ALTER LOGIN ${name}_login ADD CREDENTIAL ${name}_cred`,
  )
}

/** What an error text says behind "Provider error code:", with its number. */
export async function providerCode(client: Client, sql: string): Promise<string> {
  const { errors } = await client.run(sql)
  const [first] = errors
  const code = /Provider error code: (\d+)\./.exec(first?.message ?? '')?.[1]
  return `${first?.number ?? 'no error'}/${code ?? 'no code'}`
}

export const stateOf = (client: Client, database = 'Sales'): Promise<unknown> =>
  client.scalar(`SELECT state_desc FROM sys.databases WHERE name = '${database}'`)

export const hex = (bytes: unknown): string =>
  Buffer.from(bytes as Uint8Array)
    .toString('hex')
    .toUpperCase()

export const thumbprintOf = async (client: Client, key: string): Promise<string> =>
  hex(await client.scalar(`SELECT thumbprint FROM sys.asymmetric_keys WHERE name = '${key}'`))

/** A server whose database Sales is encrypted under the key `tde`, which is ContosoRSAKey0 of the vault. */
export async function encryptedServer(
  reach: Reach,
  version = NEWEST,
  options: Partial<InstanceOptions> = {},
): Promise<EkmServer> {
  const server = await ekmServer(reach, version, options)
  await withCredential(server)
  await withServerKey(server, 'tde', 'ContosoRSAKey0')
  await server.client.ok(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await encryptionState(server.client, 'Sales', 3)
  return server
}
