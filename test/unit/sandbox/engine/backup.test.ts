import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client
const P = 'Some-good-pass-1'
const ENCRYPTED = 'ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)'

beforeAll(async () => {
  server = await testServer()
  client = await server.connect()
  await client.ok(
    `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'`,
  )
})
afterAll(() => server.dispose())

const real = (path: string): string => server.instance.disk.resolve(path, 'C:\\').real

describe('an encrypted backup', () => {
  it('warns until the key was exported, reports progress, and shows no page text', async () => {
    const first = await client.ok(
      `BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\a.bak' WITH FORMAT, CHECKSUM, STATS = 50, ${ENCRYPTED}`,
    )
    expect(first.infos.map((info) => info.number)).toEqual([33091, 3211, 3211, 4035, 4035, 3014])
    await client.ok(
      `BACKUP CERTIFICATE Backups TO FILE = 'C:\\Keys\\b.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\b.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
    )
    const second = await client.ok(
      `BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\b.bak' WITH FORMAT, ${ENCRYPTED}`,
    )
    expect(second.infos.map((info) => info.number)).toEqual([4035, 4035, 3014])
    expect(readFileSync(real('D:\\Backup\\b.bak')).includes('customer')).toBe(false)
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\plain.bak' WITH FORMAT")
    expect(readFileSync(real('D:\\Backup\\plain.bak')).includes('customer')).toBe(true)
  })

  it('names its key in the header, as the catalog does', async () => {
    const thumbprint = await client.scalar("SELECT thumbprint FROM sys.certificates WHERE name = 'Backups'")
    const [header] = await client.rows("RESTORE HEADERONLY FROM DISK = 'D:\\Backup\\a.bak'")
    expect(header).toMatchObject({
      DatabaseName: 'Sales',
      KeyAlgorithm: 'aes_256',
      EncryptorType: 'CERTIFICATE',
      HasBackupChecksums: true,
    })
    expect(Buffer.from(header?.['EncryptorThumbprint'] as Uint8Array)).toEqual(
      Buffer.from(thumbprint as Uint8Array),
    )
    const [plain] = await client.rows("RESTORE HEADERONLY FROM DISK = 'D:\\Backup\\plain.bak'")
    expect(plain).toMatchObject({ KeyAlgorithm: null, EncryptorThumbprint: null })
  })

  it.each([
    [`BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\a.bak' WITH ${ENCRYPTED}`, [3095, 3013]],
    ["BACKUP DATABASE Nowhere TO DISK = 'D:\\Backup\\n.bak'", [911, 3013]],
    ["BACKUP DATABASE tempdb TO DISK = 'D:\\Backup\\n.bak'", [3147, 3013]],
    ["BACKUP DATABASE Sales TO DISK = 'D:\\None\\n.bak'", [3201, 3013]],
    ["BACKUP DATABASE Sales TO DISK = '\\\\share\\n.bak'", [3201, 3013]],
    ["BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\a.bak:stream'", [3201, 3013]],
    ["BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\con'", [3201, 3013]],
    ["BACKUP DATABASE Sales TO DISK = 'D:\\..\\..\\..\\None\\n.bak'", [3201, 3013]],
    ["BACKUP LOG Payroll TO DISK = 'D:\\Backup\\n.trn'", [4208, 3013]],
    [
      "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\n.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Nobody)",
      [15151, 3013],
    ],
    ["BEGIN TRAN; BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\n.bak'; ROLLBACK", [3021, 3013]],
    ["RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\none.bak'", [3201, 3013]],
    ["RESTORE VERIFYONLY FROM DISK = 'C:\\Keys\\b.cer'", [3241, 3013]],
    ["RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\plain.bak' WITH CHECKSUM", [3187, 3013]],
    ["RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\a.bak'", [3159, 3013]],
    ["RESTORE DATABASE Payroll FROM DISK = 'D:\\Backup\\a.bak'", [3154, 3013]],
    ["RESTORE DATABASE Copy FROM DISK = 'D:\\Backup\\a.bak'", [1834, 3156, 3119, 3013]],
  ])('%s answers %j', async (sql, numbers) => {
    expect(await client.errors(sql)).toEqual(numbers)
  })

  it('fails with 3096 once the certificate expired, and old backups still open', async () => {
    await client.ok(
      `CREATE CERTIFICATE Old WITH SUBJECT = 'Old', START_DATE = '20200101', EXPIRY_DATE = '20210101'`,
    )
    expect(
      await client.errors(
        "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\o.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Old)",
      ),
    ).toEqual([3096, 3013])
  })

  it('fails with 33101 for a key under a password, and 15581 without the service copy', async () => {
    await client.ok(`CREATE CERTIFICATE Own ENCRYPTION BY PASSWORD = '${P}' WITH SUBJECT = 'Own'`)
    expect(
      await client.errors(
        "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\o.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Own)",
      ),
    ).toEqual([33101, 3013])
    await client.ok(
      `ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY; OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'`,
    )
    expect(
      await client.errors(`BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\o.bak' WITH FORMAT, ${ENCRYPTED}`),
    ).toEqual([15581, 3013])
    await client.ok('ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY')
  })

  it('finds one flipped bit anywhere', async () => {
    const whole = readFileSync(real('D:\\Backup\\a.bak'))
    for (const at of [
      0,
      40,
      200,
      5_000,
      Math.floor(whole.length / 2),
      whole.length - 2_000,
      whole.length - 1,
    ]) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      writeFileSync(real('D:\\Backup\\a.bak'), damaged)
      const numbers = await client.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\a.bak'")
      expect([3241, 3189]).toContain(numbers[0])
      expect(numbers.at(-1)).toBe(3013)
    }
    writeFileSync(real('D:\\Backup\\a.bak'), whole)
    await client.ok("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\a.bak' WITH CHECKSUM")
  })

  it('stops when asked and leaves a file that reads as damaged', async () => {
    server.instance.faults.add({ kind: 'throttle', bytesPerSecond: 400_000 })
    const stop = new AbortController()
    const answer = await client.run(
      "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\cut.bak' WITH FORMAT, STATS = 10; PRINT 'not reached'",
      stop.signal,
      (info) => {
        if (info.number === 3211) stop.abort()
      },
    )
    server.instance.faults.clear()
    expect(answer.errors.map((error) => error.number)).toEqual([3204, 3013])
    expect(answer.infos.some((info) => info.message === 'not reached')).toBe(false)
    expect(await client.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\cut.bak'")).toEqual([3241, 3013])
    expect(
      await client.scalar(
        "SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE physical_device_name LIKE '%cut.bak'",
      ),
    ).toBe(0)
  })

  it('meets a full disk and a read-only folder', async () => {
    server.instance.disk.forcedFree.set('D', 50_000)
    expect(await client.errors("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\full.bak' WITH FORMAT")).toEqual(
      [3202, 3013],
    )
    server.instance.disk.forcedFree.clear()
    server.instance.disk.readOnlyFolders.add('d:\\backup')
    expect(
      (await client.run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\ro.bak' WITH FORMAT")).errors[0]
        ?.message,
    ).toContain('5(Access is denied.)')
    server.instance.disk.readOnlyFolders.clear()
  })
})

describe('a restore', () => {
  it('brings the pages back, and CHECKDB sees a damaged one', async () => {
    await client.ok(
      "RESTORE DATABASE Copy FROM DISK = 'D:\\Backup\\a.bak' WITH MOVE 'Sales' TO 'D:\\copy.mdf', MOVE 'Sales_log' TO 'D:\\copy.ldf'",
    )
    expect((await client.ok('DBCC CHECKDB (Copy)')).infos.map((info) => info.number)).toEqual([8989, 2528])
    const pages = readFileSync(real('D:\\copy.mdf'))
    expect(pages).toEqual(readFileSync(real(`${server.instance.dataFolder}\\Sales.mdf`)))
    pages[9_000] = (pages[9_000] ?? 0) ^ 1
    writeFileSync(real('D:\\copy.mdf'), pages)
    expect(await client.errors('DBCC CHECKDB (Copy)')).toEqual([8928])
    await client.ok('DROP DATABASE Copy')
  })

  it('elsewhere needs the original key, and works with it', async () => {
    const other = await testServer()
    try {
      const there = await other.connect()
      for (const path of ['D:\\Backup\\a.bak', 'C:\\Keys\\b.cer', 'C:\\Keys\\b.pvk'])
        writeFileSync(other.instance.disk.forWriting(path, 'C:\\').real, readFileSync(real(path)))
      const restore =
        "RESTORE DATABASE Moved FROM DISK = 'D:\\Backup\\a.bak' WITH MOVE 'Sales' TO 'D:\\m.mdf', MOVE 'Sales_log' TO 'D:\\m.ldf'"
      const refused = await there.run(restore)
      expect(refused.errors.map((error) => error.number)).toEqual([33111, 3013])
      expect(refused.errors[0]?.message).toMatch(
        /^Cannot find server certificate with thumbprint '0x[0-9A-F]{40}'\.$/,
      )
      expect(await there.rows("SELECT name FROM sys.databases WHERE name = 'Moved'")).toEqual([])
      await there.ok(
        `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Imported FROM FILE = 'C:\\Keys\\b.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\b.pvk', DECRYPTION BY PASSWORD = '${P}')`,
      )
      await there.ok(restore)
      expect((await there.ok('DBCC CHECKDB (Moved)')).errors).toEqual([])
      await there.ok('DROP CERTIFICATE Imported')
      expect(await there.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\a.bak'")).toEqual([33111, 3013])
    } finally {
      other.dispose()
    }
  })
})

describe('a login with few rights', () => {
  it('sees less and is refused by number', async () => {
    const reader = await server.connect('reader')
    expect(await reader.rows('SELECT name FROM sys.certificates')).toEqual([])
    expect(await reader.errors("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\r.bak'")).toEqual([262, 3013])
    expect(await reader.errors(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`)).toEqual([15247])
    expect(await reader.errors('SELECT * FROM sys.dm_tran_locks')).toEqual([300, 297])
    expect(await reader.errors('USE Sales')).toEqual([916])
    expect(await reader.errors('DROP CERTIFICATE Backups')).toEqual([15151])
    await client.ok(
      'USE Sales; CREATE USER reader FOR LOGIN reader; ALTER ROLE db_backupoperator ADD MEMBER reader; USE master; CREATE USER reader FOR LOGIN reader',
    )
    expect(
      await reader.errors(`BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\r.bak' WITH FORMAT, ${ENCRYPTED}`),
    ).toEqual([15151, 3013])
    await client.ok(
      'GRANT VIEW DEFINITION ON CERTIFICATE::Backups TO reader; GRANT VIEW SERVER STATE TO reader',
    )
    expect(
      await reader.errors(`BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\r.bak' WITH FORMAT, ${ENCRYPTED}`),
    ).toEqual([])
    expect(await reader.errors('SELECT * FROM sys.dm_tran_locks')).toEqual([])
    expect(await reader.rows('SELECT name FROM sys.certificates')).toEqual([{ name: 'Backups' }])
    reader.close()
  })
})

describe('a restart', () => {
  it('drops connections, opened keys and locks, and keeps what was committed', async () => {
    await client.ok(
      "EXEC sp_getapplock @Resource = 'r', @LockMode = 'Exclusive', @LockOwner = 'Session'; CREATE LOGIN stays WITH PASSWORD = 'Some-good-pass-1'; BEGIN TRAN; CREATE LOGIN goes WITH PASSWORD = 'Some-good-pass-1'",
    )
    server.instance.restart()
    const again = await server.connect()
    expect(
      await again.rows("SELECT name FROM sys.server_principals WHERE name IN ('stays', 'goes')"),
    ).toEqual([{ name: 'stays' }])
    expect(await again.rows('SELECT * FROM sys.dm_tran_locks')).toEqual([])
    again.close()
  })
})
