import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client

beforeAll(async () => {
  server = await testServer()
  client = await server.connect()
  await client.ok(
    "CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Master-key-1'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups', EXPIRY_DATE = '20400101'",
  )
})
afterAll(() => server.dispose())

/** The ready check queries of the facts, word for word. */
const READY = {
  masterKey: `SELECT k.name, k.algorithm_desc, k.create_date, k.modify_date, smk_copy = SUM(CASE WHEN e.crypt_type='ESKM' THEN 1 ELSE 0 END), pw_copies = SUM(CASE WHEN e.crypt_type IN ('ESKP','ESP2','ESP3') THEN 1 ELSE 0 END)
FROM sys.symmetric_keys k LEFT JOIN sys.key_encryptions e ON e.key_id = k.symmetric_key_id WHERE k.name = N'##MS_DatabaseMasterKey##' GROUP BY k.name,k.algorithm_desc,k.create_date,k.modify_date;`,
  encryptors: `SELECT c.name, c.thumbprint, c.pvt_key_encryption_type, c.start_date, c.expiry_date, c.pvt_key_last_backup_date, expired = CASE WHEN c.expiry_date < GETUTCDATE() THEN 1 ELSE 0 END FROM master.sys.certificates c WHERE c.name NOT LIKE N'##%';`,
  encryptionKeys: `SELECT d.name, k.encryption_state, k.percent_complete, k.encryptor_type, k.encryptor_thumbprint, cert = c.name, c.pvt_key_encryption_type, c.pvt_key_last_backup_date, akey = a.name
FROM sys.dm_database_encryption_keys k LEFT JOIN sys.databases d ON d.database_id=k.database_id LEFT JOIN master.sys.certificates c ON c.thumbprint=k.encryptor_thumbprint LEFT JOIN master.sys.asymmetric_keys a ON a.thumbprint=k.encryptor_thumbprint;`,
  providers: `SELECT p.name, l.name AS login_name, l.type, cr.name AS credential_name, cr.credential_identity FROM sys.server_principals l JOIN sys.server_principal_credentials pc ON pc.principal_id=l.principal_id JOIN sys.credentials cr ON cr.credential_id=pc.credential_id LEFT JOIN sys.cryptographic_providers p ON p.provider_id=cr.target_id;`,
  neededKeys: `SELECT bs.database_name, bs.type, bs.backup_finish_date, bs.key_algorithm, bs.encryptor_type, bs.encryptor_thumbprint, f.physical_device_name, here = CASE WHEN bs.encryptor_thumbprint IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM master.sys.certificates c WHERE c.thumbprint=bs.encryptor_thumbprint AND c.pvt_key_encryption_type='MK') OR EXISTS (SELECT 1 FROM master.sys.asymmetric_keys a WHERE a.thumbprint=bs.encryptor_thumbprint) THEN 1 ELSE 0 END
FROM msdb.dbo.backupset bs JOIN msdb.dbo.backupmediafamily f ON f.media_set_id=bs.media_set_id WHERE bs.backup_finish_date > DATEADD(day,-400,GETDATE());`,
}

describe('the ready queries', () => {
  it('count the copies of a master key', async () => {
    expect(await client.rows(READY.masterKey)).toMatchObject([
      { algorithm_desc: 'AES_256', smk_copy: 1, pw_copies: 1 },
    ])
  })
  it('list encryptors with their dates', async () => {
    const [row] = await client.rows(READY.encryptors)
    expect(row).toMatchObject({
      name: 'Backups',
      pvt_key_encryption_type: 'MK',
      pvt_key_last_backup_date: null,
      expired: 0,
    })
    expect(row?.['expiry_date']).toEqual(new Date('2040-01-01T00:00:00Z'))
    expect((row?.['thumbprint'] as Uint8Array).length).toBe(20)
  })
  it('find no encryption keys and no provider logins', async () => {
    expect(await client.rows(READY.encryptionKeys)).toEqual([])
    expect(await client.rows(READY.providers)).toEqual([])
  })
  it('say which key a recorded backup needs', async () => {
    await client.ok(
      "BACKUP DATABASE Payroll TO DISK = 'D:\\Backup\\ready.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_128, SERVER CERTIFICATE = Backups)",
    )
    const rows = await client.rows(READY.neededKeys)
    expect(rows.filter((row) => row['here'] === 1)).toMatchObject([
      {
        database_name: 'Payroll',
        type: 'D',
        key_algorithm: 'aes_128',
        physical_device_name: 'D:\\Backup\\ready.bak',
      },
    ])
    expect(rows.filter((row) => row['here'] === null)).toHaveLength(4)
  })
})

describe('SELECT', () => {
  it.each([
    ['SELECT CONVERT(varchar(20), 0x0AFF, 1)', '0x0AFF'],
    ['SELECT CONVERT(varchar(20), 0x0AFF, 2)', '0AFF'],
    ["SELECT CONVERT(varchar(10), CAST('20260131' AS datetime), 23)", '2026-01-31'],
    ["SELECT CONVERT(varchar(30), DATEADD(month, 1, '2026-01-31'), 126)", '2026-02-28T00:00:00'],
    ["SELECT DATEDIFF(day, '2026-01-01T23:59:00', '2026-01-02T00:01:00')", 1],
    ['SELECT 7 / 2', 3],
    ["SELECT 'a' + N'b' + 'c'", 'abc'],
    ["SELECT ISNULL(NULL, 'x')", 'x'],
    ['SELECT COALESCE(NULL, NULL, 5)', 5],
    ["SELECT IIF(1 = 2, 'a', 'b')", 'b'],
    ["SELECT QUOTENAME('a]b')", '[a]]b]'],
    ["SELECT LEN('ab  ')", 2],
    ["SELECT CASE WHEN 'ABC ' = 'abc' THEN 1 ELSE 0 END", 1],
    ["SELECT CASE WHEN 'a_c' LIKE 'a[_]c' AND 'abc' NOT LIKE 'a[_]c' THEN 1 ELSE 0 END", 1],
    ["SELECT CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", 'two'],
    ['SELECT COUNT(*) FROM (SELECT 1 AS a UNION ALL SELECT 1 UNION ALL SELECT 2) t', 3],
    ["SELECT COUNT(*) FROM (VALUES (1, 'a'), (2, 'b')) v(n, t) WHERE v.n > 1", 1],
    [
      "WITH c AS (SELECT name FROM sys.databases) SELECT COUNT(*) FROM c WHERE name IN ('SALES', 'payroll')",
      2,
    ],
    ["SELECT TRY_CONVERT(int, 'x')", null],
    ["SELECT COL_LENGTH('sys.certificates', 'key_length')", 4],
    ["SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER')", 1],
    [
      "SELECT COUNT(*) FROM sys.databases d CROSS APPLY sys.dm_os_volume_stats(d.database_id, 1) v WHERE d.name = 'Sales' AND v.available_bytes > 0",
      1,
    ],
    ["SELECT file_exists + parent_directory_exists FROM sys.dm_os_file_exists(N'D:\\Backup\\none.bak')", 1],
    ['SELECT TOP 1 name FROM sys.databases ORDER BY database_id DESC', 'Payroll'],
    ["SELECT ROW_NUMBER() OVER (ORDER BY name DESC) FROM sys.databases WHERE name = 'Sales'", 1],
  ])('%s', async (sql, expected) => {
    const value = await client.scalar(sql)
    expect(typeof value === 'bigint' ? Number(value) : value).toEqual(expected)
  })

  it('keeps a subquery alias, a correlated EXISTS and an alias of the outer list apart', async () => {
    const rows = await client.rows(
      'SELECT d.name, n = (SELECT COUNT(*) FROM msdb.dbo.backupset b WHERE b.database_name = d.name AND b.key_algorithm IS NULL) FROM sys.databases AS d WHERE EXISTS (SELECT 1 FROM msdb.dbo.backupset b WHERE b.database_name = d.name) ORDER BY n DESC, name',
    )
    expect(rows).toEqual([
      { name: 'Payroll', n: 2 },
      { name: 'Sales', n: 2 },
    ])
  })

  it('binds variables and assigns from the last row', async () => {
    expect(
      await client.rows(
        "DECLARE @n sysname = N'Sales', @id int; SELECT @id = database_id FROM sys.databases WHERE name = @n; SELECT @id AS id, @n AS name",
      ),
    ).toEqual([{ id: 5, name: 'Sales' }])
  })

  it.each([
    ['SELECT nope FROM sys.databases', 207],
    ['SELECT x.name FROM sys.databases d', 4104],
    ['SELECT * FROM sys.nope', 208],
    ['SELECT * FROM dbo.backupset', 208],
    ['SELECT name FROM sys.databases a JOIN sys.databases b ON a.database_id = b.database_id', 209],
    ['SELECT @missing', 137],
    ["SELECT CAST('x' AS int)", 245],
    ["SELECT 1 WHERE '20260101' = CAST('nonsense' AS datetime)", 241],
    ['SELECT 1 / 0', 8134],
    ['SELECT name FROM sys.databases FOR JSON PATH', 50000],
    ['SELECT SOUNDEX(name) FROM sys.databases', 50000],
    ['SELECT FROM', 102],
  ])('%s answers %i', async (sql, number) => {
    expect(await client.errors(sql)).toEqual([number])
  })

  it('lacks the columns that a version lacks, before anything of the batch runs', async () => {
    const old = await testServer({ version: 15 })
    try {
      const answer = await (
        await old.connect()
      ).run("PRINT 'ran'; SELECT last_valid_restore_time FROM msdb.dbo.backupset")
      expect(answer.errors.map((error) => error.number)).toEqual([207])
      expect(answer.infos).toEqual([])
    } finally {
      old.dispose()
    }
  })
})
