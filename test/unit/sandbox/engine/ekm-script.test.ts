import { afterEach, beforeEach, expect, it } from 'vitest'
import { cleanUp, rotate, setUp } from '../../../support/ekm-script.ts'
import { ekmEndState } from '../../../support/ekm-end-state.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import { NEWEST, concatenation, ekmServer } from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import type { Client } from './harness.ts'
import { encryptionState } from './tde-support.ts'

const SCRIPT = { login: 'sa', vault: VAULT, secret: concatenation(), key: 'ContosoRSAKey0' }

async function run(client: Client, script: string): Promise<void> {
  for (const batch of script.split(/^GO$/m)) if (batch.trim() !== '') await client.ok(batch)
}

let vault: FakeVault
let server: EkmServer
beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
  server = await ekmServer(vault.reach, NEWEST)
  await server.client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE")
})
afterEach(async () => {
  server.dispose()
  await vault.stop()
})

const STATE = `SELECT k.encryptor_type, k.encryption_state_desc, a.name FROM sys.dm_database_encryption_keys k
  JOIN sys.asymmetric_keys a ON a.thumbprint = k.encryptor_thumbprint WHERE k.database_id = DB_ID('TestTDE')`

it('the script sets up, rotates, survives restarts and cleans up after itself', async () => {
  let { client } = server
  await run(client, setUp(SCRIPT))
  await encryptionState(client, 'TestTDE', 3)
  expect(await client.rows(STATE)).toEqual([
    { encryptor_type: 'ASYMMETRIC KEY', encryption_state_desc: 'ENCRYPTED', name: 'EKMSampleASYKey' },
  ])
  client = await server.restart()
  vault.addVersion('ContosoRSAKey0')
  await run(client, rotate(SCRIPT))
  await encryptionState(client, 'TestTDE', 3)
  client = await server.restart()
  expect(await client.rows(STATE)).toEqual([
    { encryptor_type: 'ASYMMETRIC KEY', encryption_state_desc: 'ENCRYPTED', name: 'EKMSampleASYKey2' },
  ])
  await run(client, cleanUp)
  expect(await ekmEndState((sql) => client.rows(sql))).toEqual(['EKM option: {"in_use":1}'])
  // The registry is not cleaned: a backup may need what it says.
  expect(server.instance.store.registryKeys.all().filter(({ values }) => 'KeyUri' in values)).toHaveLength(2)
})

it('the mistakes of its printed form are refused, each by name', async () => {
  const { client } = server
  // A name that is not quoted, where a string belongs.
  expect(
    await client.errors(
      'CREATE ASYMMETRIC KEY k FROM PROVIDER p WITH PROVIDER_KEY_NAME = new_key, CREATION_DISPOSITION = OPEN_EXISTING',
    ),
  ).toEqual([102])
  expect(
    await client.errors(
      "CREATE CREDENTIAL c WITH IDENTITY = vault, SECRET = 's' FOR CRYPTOGRAPHIC PROVIDER p",
    ),
  ).toEqual([102])
  // A semicolon behind the login cuts the statement in two.
  expect(await client.errors('ALTER LOGIN [sa];\nADD CREDENTIAL c;')).toEqual([102])
})
