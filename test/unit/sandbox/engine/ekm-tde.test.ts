import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeVault, VAULT } from './fake-vault.ts'
import {
  NEWEST,
  OLD,
  SECRET,
  concatenation,
  credential,
  ekmServer,
  openKey,
  providerCode,
  withCredential,
  withServerKey,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { dmv, encryptionState } from './tde-support.ts'
import type { Client } from './harness.ts'

let vault: FakeVault
let server: EkmServer

beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
})
afterEach(async () => {
  server.dispose()
  await vault.stop()
})

const stateOf = (client: Client, database = 'Sales') =>
  client.scalar(`SELECT state_desc FROM sys.databases WHERE name = '${database}'`)
const thumbprintOf = async (client: Client, key: string): Promise<string> =>
  Buffer.from((await client.scalar(`SELECT thumbprint FROM sys.asymmetric_keys WHERE name = '${key}'`)) as Uint8Array)
    .toString('hex')
    .toUpperCase()

/** Sales encrypted under the key `tde`, in state 3. */
async function encrypted(version = NEWEST): Promise<Client> {
  server = await ekmServer(vault.reach, version)
  await withCredential(server)
  await withServerKey(server, 'tde', 'ContosoRSAKey0')
  const { client } = server
  await client.ok(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await encryptionState(client, 'Sales', 3)
  return client
}

describe('TDE under a key of a vault', () => {
  it('encrypts, shows the protector, and is online again after a restart', async () => {
    let client = await encrypted()
    const row = await dmv(client, 'Sales')
    expect(row?.['encryptor_type']).toBe('ASYMMETRIC KEY')
    expect(Buffer.from(row?.['encryptor_thumbprint'] as Uint8Array).toString('hex').toUpperCase()).toBe(
      await thumbprintOf(client, 'tde'),
    )
    expect(vault.log.some((line) => line.endsWith('/wrapkey'))).toBe(true)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    expect(vault.log.some((line) => line.endsWith('/unwrapkey'))).toBe(true)
    await client.ok("USE Sales; INSERT INTO dbo.RehearsalRows (note) VALUES ('after'); USE master")
  })
})
