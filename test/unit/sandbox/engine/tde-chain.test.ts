import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { P, encryptionState, protect } from './tde-support.ts'

const SHARE = '\\\\ktr-files\\tde'
let folder: string
let source: TestServer
let target: TestServer
let here: Client
let there: Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-tde-'))
  const shares = [{ unc: SHARE, folder: join(folder, 'tde'), capacity: 2 ** 30 }]
  // One account for both: rights to files have tests of their own.
  source = await testServer({ shares, serviceAccount: 'KTR\\svc' })
  target = await testServer({ shares, serviceAccount: 'KTR\\svc' })
  here = await source.connect()
  there = await target.connect()
  await protect(here, 'First', 'Sales')
  await here.ok("CREATE CERTIFICATE Second WITH SUBJECT = 'Second'")
  await here.ok(exported('First'))
  await here.ok(exported('Second'))
  await there.ok(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`)
})
afterAll(() => {
  source.dispose()
  target.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function exported(name: string): string {
  return `BACKUP CERTIFICATE ${name} TO FILE = '${SHARE}\\${name}.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\${name}.pvk', ENCRYPTION BY PASSWORD = '${P}')`
}
const imported = (name: string): string =>
  `CREATE CERTIFICATE ${name} FROM FILE = '${SHARE}\\${name}.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\${name}.pvk', DECRYPTION BY PASSWORD = '${P}')`
const disk = (name: string): string => `DISK = '${SHARE}\\${name}'`
const add = (note: string): Promise<unknown> =>
  here.ok(`INSERT INTO Sales.dbo.RehearsalRows VALUES (N'${note}')`)
const bytesOf = (name: string): Buffer => readFileSync(join(folder, 'tde', name))
const moved = "MOVE 'Sales' TO 'D:\\drill.mdf', MOVE 'Sales_log' TO 'D:\\drill.ldf', REPLACE"
const thumbprintOf = async (name: string): Promise<string> =>
  Buffer.from(
    (await here.scalar(`SELECT thumbprint FROM sys.certificates WHERE name = '${name}'`)) as Uint8Array,
  )
    .toString('hex')
    .toUpperCase()
const notes = async (client: Client, database: string): Promise<unknown> =>
  client.rows(`SELECT note FROM ${database}.dbo.RehearsalRows ORDER BY row_id`)

describe('a chain over an encrypted database', () => {
  it('keeps its pages and its log encrypted, and says which certificate it needs', async () => {
    await add('MARKED-BEFORE')
    await here.ok(`BACKUP DATABASE Sales TO ${disk('clear.bak')} WITH FORMAT`)
    expect(bytesOf('clear.bak').includes('MARKED-BEFORE')).toBe(true)
    await here.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await encryptionState(here, 'Sales', 3)
    await here.ok(`BACKUP LOG Sales TO ${disk('over.trn')} WITH FORMAT`)
    await here.ok(`BACKUP DATABASE Sales TO ${disk('over.dif')} WITH DIFFERENTIAL, FORMAT`)
    await here.ok(`BACKUP DATABASE Sales TO ${disk('full.bak')}, ${disk('full2.bak')} WITH FORMAT, CHECKSUM`)
    await add('MARKED-AFTER')
    await here.ok(`BACKUP LOG Sales TO ${disk('log.trn')} WITH FORMAT`)
    for (const name of ['full.bak', 'full2.bak', 'log.trn', 'over.dif'])
      for (const text of ['MARKED', 'customer']) expect(bytesOf(name).includes(text)).toBe(false)
    const [file] = await here.rows(`RESTORE FILELISTONLY FROM ${disk('full.bak')}`)
    expect(
      Buffer.from(file?.['TDEThumbprint'] as Uint8Array)
        .toString('hex')
        .toUpperCase(),
    ).toBe(await thumbprintOf('First'))
    const [plain] = await here.rows(`RESTORE FILELISTONLY FROM ${disk('clear.bak')}`)
    expect(plain?.['LogicalName']).toBe('Sales')
  })

  it('is refused elsewhere by thumbprint until the certificate is there, then comes back with its key', async () => {
    const wanted = await thumbprintOf('First')
    for (const sql of [
      `RESTORE FILELISTONLY FROM ${disk('full.bak')}`,
      `RESTORE DATABASE Drill FROM ${disk('full.bak')}, ${disk('full2.bak')} WITH ${moved}`,
    ]) {
      const { errors } = await there.run(sql)
      expect(errors[0]).toMatchObject({
        number: 33111,
        message: `Cannot find server certificate with thumbprint '0x${wanted}'.`,
      })
    }
    // Another certificate of the same name is no help: the thumbprint decides.
    await there.ok("CREATE CERTIFICATE First WITH SUBJECT = 'impostor'")
    expect(await there.errors(`RESTORE FILELISTONLY FROM ${disk('full.bak')}`)).toEqual([33111, 3013])
    await there.ok(`DROP CERTIFICATE First; ${imported('First')}`)
    await there.ok(
      `RESTORE DATABASE Drill FROM ${disk('full.bak')}, ${disk('full2.bak')} WITH ${moved}, NORECOVERY; RESTORE LOG Drill FROM ${disk('log.trn')}`,
    )
    expect(await notes(there, 'Drill')).toEqual(await notes(here, 'Sales'))
    expect(await there.errors('DBCC CHECKDB (Drill)')).toEqual([])
    await encryptionState(there, 'Drill', 3)
    await there.ok("INSERT INTO Drill.dbo.RehearsalRows VALUES (N'written under the key')")
    const { real } = target.instance.disk.resolve('D:\\drill.mdf', 'C:\\')
    expect(readFileSync(real).includes('written under')).toBe(false)
  })

  it('a log or differential that spans the encryption encrypts what was restored before it', async () => {
    for (const [statement, file] of [
      ['LOG', 'over.trn'],
      ['DATABASE', 'over.dif'],
    ]) {
      await there.ok(
        `RESTORE DATABASE Drill FROM ${disk('clear.bak')} WITH ${moved}, NORECOVERY; RESTORE ${statement} Drill FROM ${disk(file ?? '')}`,
      )
      await encryptionState(there, 'Drill', 3)
      expect(await there.errors('DBCC CHECKDB (Drill)')).toEqual([])
      const { real } = target.instance.disk.resolve('D:\\drill.mdf', 'C:\\')
      expect(readFileSync(real).includes('MARKED')).toBe(false)
      expect(await there.rows('SELECT note FROM Drill.dbo.RehearsalRows')).toEqual([
        { note: 'MARKED-BEFORE' },
      ])
    }
  })

  it('a log that spans a change of the protector needs both certificates', async () => {
    await here.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE Second; USE master',
    )
    await encryptionState(here, 'Sales', 3)
    await add('after rotation')
    await here.ok(`BACKUP LOG Sales TO ${disk('spans.trn')} WITH FORMAT`)
    await there.ok(
      `RESTORE DATABASE Drill FROM ${disk('full.bak')}, ${disk('full2.bak')} WITH ${moved}, NORECOVERY; RESTORE LOG Drill FROM ${disk('log.trn')} WITH NORECOVERY`,
    )
    const { errors } = await there.run(`RESTORE LOG Drill FROM ${disk('spans.trn')}`)
    expect(errors[0]?.message).toContain(await thumbprintOf('Second'))
    await there.ok(`${imported('Second')}; DROP CERTIFICATE IF EXISTS Nobody`)
    await there.ok(`RESTORE LOG Drill FROM ${disk('spans.trn')}`)
    expect(await notes(there, 'Drill')).toEqual(await notes(here, 'Sales'))
    await there.ok('DROP DATABASE Drill; DROP CERTIFICATE First')
    await here.ok(`BACKUP DATABASE Sales TO ${disk('rotated.bak')} WITH FORMAT`)
    expect(await there.errors(`RESTORE VERIFYONLY FROM ${disk('rotated.bak')}`)).toEqual([])
    expect(await there.errors(`RESTORE FILELISTONLY FROM ${disk('full.bak')}`)).toEqual([33111, 3013])
  })

  it('a new key for the pages is replayed by the log', async () => {
    await here.ok(`BACKUP DATABASE Sales TO ${disk('before.bak')} WITH FORMAT`)
    await here.ok('USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master')
    await encryptionState(here, 'Sales', 3)
    await add('under the new key')
    await here.ok(`BACKUP LOG Sales TO ${disk('regenerated.trn')} WITH FORMAT`)
    await there.ok(
      `RESTORE DATABASE Drill FROM ${disk('before.bak')} WITH ${moved}, NORECOVERY; RESTORE LOG Drill FROM ${disk('regenerated.trn')}`,
    )
    expect(await notes(there, 'Drill')).toEqual(await notes(here, 'Sales'))
    expect(await there.errors('DBCC CHECKDB (Drill)')).toEqual([])
    await there.ok('DROP DATABASE Drill')
  })

  it('is attached elsewhere only with the certificate', async () => {
    await here.ok(
      `CREATE DATABASE Kept ON (NAME = Kept, FILENAME = '${SHARE}\\kept.mdf') LOG ON (NAME = Kept_log, FILENAME = '${SHARE}\\kept.ldf')
INSERT INTO Kept.dbo.RehearsalRows VALUES (N'sealed')
USE Kept; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE First; ALTER DATABASE Kept SET ENCRYPTION ON; USE master`,
    )
    await encryptionState(here, 'Kept', 3)
    await here.ok('EXEC sp_detach_db Kept')
    expect(bytesOf('kept.mdf').includes('sealed')).toBe(false)
    const attach = `CREATE DATABASE Kept ON (FILENAME = '${SHARE}\\kept.mdf'), (FILENAME = '${SHARE}\\kept.ldf') FOR ATTACH`
    expect(await there.errors(attach)).toEqual([33111, 1813])
    expect(await there.rows("SELECT name FROM sys.databases WHERE name = 'Kept'")).toEqual([])
    await there.ok(`${imported('First')}; ${attach}`)
    expect(await there.rows('SELECT note FROM Kept.dbo.RehearsalRows')).toEqual([{ note: 'sealed' }])
    await there.ok('DROP DATABASE Kept; DROP CERTIFICATE First')
  })

  it('needs no certificate any more once it is decrypted, its log backed up, and a fresh full backup taken', async () => {
    await here.ok('ALTER DATABASE Sales SET ENCRYPTION OFF')
    await encryptionState(here, 'Sales', 1)
    await here.ok('USE Sales; DROP DATABASE ENCRYPTION KEY; USE master')
    await here.ok(`BACKUP DATABASE Sales TO ${disk('early.bak')} WITH FORMAT`)
    await there.ok('DROP CERTIFICATE Second')
    expect(await there.errors(`RESTORE VERIFYONLY FROM ${disk('early.bak')}`)).toEqual([33111, 3013])
    await here.ok(`BACKUP LOG Sales TO ${disk('last.trn')} WITH FORMAT`)
    await here.ok(`BACKUP DATABASE Sales TO ${disk('free.bak')} WITH FORMAT`)
    await there.ok(`RESTORE DATABASE Drill FROM ${disk('free.bak')} WITH ${moved}`)
    expect(await notes(there, 'Drill')).toEqual(await notes(here, 'Sales'))
    expect(await there.errors('DBCC CHECKDB (Drill)')).toEqual([])
  })
})
