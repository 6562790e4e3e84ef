import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import { FakeVault, VAULT } from '../unit/sandbox/engine/fake-vault.ts'
import { concatenation } from '../unit/sandbox/engine/ekm-support.ts'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'
import type { SqlFailure } from './sandbox-process.ts'

const NAME = 'ktr-ekm-01'
const vault = new FakeVault()
const stateFile = join(mkdtempSync(join(tmpdir(), 'ktr-azure-')), 'azure.json')
const sandbox = new SandboxProcess({
  azureStateFile: stateFile,
  instances: [{ name: NAME, connector: '15.0.2000.440', databases: [{ name: 'Sales', bytes: 40_000 }] }],
})
let client: SqlClient

beforeAll(async () => {
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
  await sandbox.start()
  client = await SqlClient.open(sandbox.server(NAME))
})
afterAll(async () => {
  client.close()
  await sandbox.dispose()
  await vault.stop()
  rmSync(dirname(stateFile), { recursive: true })
})

async function restarted(): Promise<void> {
  client.close()
  expect(await sandbox.control({ command: 'restart', instance: NAME })).toMatchObject({ ok: true })
  client = await SqlClient.open(sandbox.server(NAME))
}

const state = async (): Promise<unknown> =>
  (await client.run("SELECT state_desc FROM sys.databases WHERE name = 'Sales'")).rows[0]?.['state_desc']
const failure = (sql: string): Promise<SqlFailure> =>
  client.run(sql).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: SqlFailure) => error,
  )
const OPEN =
  "CREATE ASYMMETRIC KEY k FROM PROVIDER p WITH PROVIDER_KEY_NAME = 'ContosoRSAKey0', CREATION_DISPOSITION = OPEN_EXISTING"

it('the process finds the simulated Azure when it comes, and its databases wait for it at each start', async () => {
  await client.run(
    `EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;
     CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = '${CONNECTOR_PATH}';
     CREATE CREDENTIAL c WITH IDENTITY = '${VAULT}', SECRET = '${concatenation()}' FOR CRYPTOGRAPHIC PROVIDER p;
     ALTER LOGIN sa ADD CREDENTIAL c`,
  )
  expect((await failure(OPEN)).message).toContain('Provider error code: 3900.')
  writeFileSync(stateFile, JSON.stringify({ port: vault.port, caPem: vault.ca }))
  await client.run(
    `${OPEN}; CREATE LOGIN k_login FROM ASYMMETRIC KEY k; ALTER LOGIN sa DROP CREDENTIAL c; ALTER LOGIN k_login ADD CREDENTIAL c`,
  )
  await client.run(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY k; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await restarted()
  expect(await state()).toBe('ONLINE')
  vault.version('ContosoRSAKey0').enabled = false
  await restarted()
  expect(await state()).toBe('RECOVERY_PENDING')
  vault.version('ContosoRSAKey0').enabled = true
  await restarted()
  expect(await state()).toBe('ONLINE')
})

it('takes orders for what happens at the machine', async () => {
  const order = (what: Record<string, unknown>): Promise<Record<string, unknown>> =>
    sandbox.control({ command: 'ekm', instance: NAME, order: what })
  expect(await order({ what: 'deleteRegistry' })).toMatchObject({ ok: true })
  await restarted()
  expect(await state()).toBe('RECOVERY_PENDING')
  expect((await failure('ALTER DATABASE Sales SET ONLINE')).numbers).toEqual([33049, 5181, 5069])
  expect(await order({ what: 'grantRegistry' })).toMatchObject({ ok: true })
  expect(await order({ what: 'uninstall' })).toMatchObject({ ok: true })
  await restarted()
  expect((await failure('ALTER DATABASE Sales SET ONLINE')).numbers).toEqual([33030, 5181, 5069])
  expect(await order({ what: 'install', version: '15.0.2000.440' })).toMatchObject({ ok: true })
  await restarted()
  await client.run(
    `CREATE CREDENTIAL s WITH IDENTITY = '${VAULT}', SECRET = '${concatenation()}' FOR CRYPTOGRAPHIC PROVIDER p; ALTER LOGIN sa ADD CREDENTIAL s`,
  )
  // The key is known already; opening it again writes where it is.
  expect((await failure(OPEN.replace('KEY k', 'KEY again'))).numbers).toEqual([15396])
  await client.run('ALTER DATABASE Sales SET ONLINE')
  expect(await state()).toBe('ONLINE')
  expect(await order({ what: 'install', version: 'newest' })).toMatchObject({ ok: false })
})
