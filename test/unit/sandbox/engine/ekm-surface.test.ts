import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeVault } from './fake-vault.ts'
import { OLD, encryptedServer, hex, stateOf, thumbprintOf, withServerKey } from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { encryptionState } from './tde-support.ts'

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

const LOG = 'SELECT vlf_encryptor_thumbprint AS t FROM sys.dm_db_log_info'

it('the log shows under which protectors it was written, until a log backup took it', async () => {
  server = await encryptedServer(vault.reach)
  const { client } = server
  const log = async (): Promise<string[]> =>
    (await client.rows(`${LOG}(DB_ID('Sales')) ORDER BY vlf_sequence_number`)).map(({ t }) => hex(t))
  await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\full.bak'")
  const first = await thumbprintOf(client, 'tde')
  expect(await log()).toEqual([first])
  vault.addVersion('ContosoRSAKey0')
  await withServerKey(server, 'tde2', 'ContosoRSAKey0')
  await client.ok(
    'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY tde2; USE master',
  )
  await encryptionState(client, 'Sales', 3)
  const second = await thumbprintOf(client, 'tde2')
  expect(await log()).toEqual([first, second])
  await client.ok("BACKUP LOG Sales TO DISK = 'D:\\Backup\\log.trn'")
  expect(await log()).toEqual([second])
  expect(
    await client.rows(
      'SELECT d.name AS name, l.vlf_encryptor_thumbprint AS t FROM sys.databases AS d CROSS APPLY sys.dm_db_log_info(d.database_id) AS l WHERE d.database_id IN (1, 5) ORDER BY d.name',
    ),
  ).toEqual([
    { name: 'master', t: null },
    { name: 'Sales', t: Uint8Array.from(Buffer.from(second, 'hex')) },
  ])
  const reader = await server.connect('reader')
  expect(await reader.errors(`${LOG}(5)`)).toEqual([300, 297])
})

it('before 2019 the log says nothing of it, and a key that was never used leaves no trace', async () => {
  server = await encryptedServer(vault.reach, undefined, { version: 14, edition: 'Enterprise' })
  expect(await server.client.errors(`${LOG}(5)`)).toEqual([207])
  expect(await server.client.scalar('SELECT COUNT(*) FROM sys.dm_db_log_info(5)')).toBe(1)
  server.dispose()
  server = await encryptedServer(vault.reach)
  const { client } = server
  await client.ok(
    'CREATE DATABASE Fresh; USE Fresh; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; USE master',
  )
  expect(await client.rows(`${LOG}(DB_ID('Fresh'))`)).toEqual([{ t: null }])
})

it('the sid of a key’s login holds the thumbprint of the key, the key itself shows none', async () => {
  server = await encryptedServer(vault.reach)
  const sid = "SELECT sid FROM sys.server_principals WHERE name = 'tde_login'"
  expect(hex(await server.client.scalar(sid))).toBe(
    `010600000000000901000000${await thumbprintOf(server.client, 'tde')}`,
  )
  expect(await server.client.scalar('SELECT sid FROM sys.asymmetric_keys')).toBeNull()
  server.dispose()
  server = await encryptedServer(vault.reach, OLD)
  expect(hex(await server.client.scalar(sid))).toHaveLength(64)
})

it('a database whose key is mended is checked once it is online, not before', async () => {
  server = await encryptedServer(vault.reach)
  vault.allowed.delete('unwrapkey')
  const client = await server.restart()
  const check = 'DBCC CHECKDB (Sales) WITH NO_INFOMSGS'
  expect(await stateOf(client)).toBe('RECOVERY_PENDING')
  expect(await client.errors(check)).toEqual([945])
  expect(await client.rows(`${LOG}(DB_ID('Sales'))`)).toEqual([])
  vault.allowed.add('unwrapkey')
  await client.ok(`ALTER DATABASE Sales SET ONLINE; ${check}`)
})
