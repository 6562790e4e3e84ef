import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { dmv, encryptionState, protect } from './tde-support.ts'

let server: TestServer
afterEach(() => server.dispose())

const notes = async (client: Client): Promise<string[]> =>
  (await client.rows('SELECT note FROM Sales.dbo.RehearsalRows ORDER BY row_id')).map((row) =>
    String(row['note']),
  )
const insert = (note: string): string => `INSERT INTO Sales.dbo.RehearsalRows VALUES (N'${note}')`
const whole = async (client: Client): Promise<void> => {
  const { errors, infos } = await client.run('DBCC CHECKDB (Sales) WITH NO_INFOMSGS')
  expect([errors, infos]).toEqual([[], []])
}
const onDisk = (path: string): Buffer => readFileSync(server.instance.disk.resolve(path, 'C:\\').real)

describe('a chain of backups over changes of the key', () => {
  it('restores every row, its log shows none of them, and a scan brings the pages to the last key', async () => {
    server = await testServer({ version: 15 })
    const client = await server.connect()
    await protect(client, 'tde', 'Sales')
    await client.ok(`${insert('before-encryption')}; BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\0.bak'`)
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await encryptionState(client, 'Sales', 3)
    await client.ok(`${insert('under-the-first-key')}; BACKUP LOG Sales TO DISK = 'D:\\Backup\\1.trn'`)
    await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await encryptionState(client, 'Sales', 3)
    await client.ok(`${insert('under-the-second-key')}; BACKUP LOG Sales TO DISK = 'D:\\Backup\\2.trn'`)
    await client.ok(
      `${insert('in-the-differential')}; BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\3.dif' WITH DIFFERENTIAL`,
    )
    expect(onDisk('D:\\Backup\\2.trn').includes('under-the-second-key')).toBe(false)
    expect(onDisk('D:\\Backup\\3.dif').includes('in-the-differential')).toBe(false)
    const from = "RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\0.bak' WITH NORECOVERY, REPLACE"
    await client.ok(
      `${from}; RESTORE LOG Sales FROM DISK = 'D:\\Backup\\1.trn' WITH NORECOVERY; RESTORE LOG Sales FROM DISK = 'D:\\Backup\\2.trn'`,
    )
    const rows = ['before-encryption', 'under-the-first-key', 'under-the-second-key']
    expect(await notes(client)).toEqual(rows)
    expect(await encryptionState(client, 'Sales', 3)).toMatchObject({ key_length: 128 })
    await whole(client)
    await client.ok(`${from}; RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\3.dif'`)
    await encryptionState(client, 'Sales', 3)
    expect(await notes(client)).toEqual([...rows, 'in-the-differential'])
    await whole(client)
    expect(onDisk(`${server.instance.dataFolder}\\Sales.mdf`).includes('Aurelia')).toBe(false)
  })
})

describe('the files of an encrypted database', () => {
  it('are attached only where the protector is', async () => {
    server = await testServer({ version: 15 })
    const client = await server.connect()
    await protect(client, 'tde', 'Sales')
    await client.ok(`${insert('kept')}; ALTER DATABASE Sales SET ENCRYPTION ON`)
    await encryptionState(client, 'Sales', 3)
    await client.ok("EXEC sp_detach_db 'Sales'")
    const { store, dataFolder } = server.instance
    const attach = `CREATE DATABASE Sales ON (FILENAME = '${dataFolder}\\Sales.mdf') FOR ATTACH`
    const kept = store.certificates.all()
    for (const certificate of kept) store.change(undefined, () => store.certificates.delete(certificate.id))
    expect(await client.errors(attach)).toEqual([33111, 1813])
    for (const certificate of kept) store.change(undefined, () => store.certificates.put({ ...certificate }))
    await client.ok(attach)
    expect(await dmv(client, 'Sales')).toMatchObject({ encryption_state: 3 })
    expect(await notes(client)).toEqual(['kept'])
    await whole(client)
  })
})
