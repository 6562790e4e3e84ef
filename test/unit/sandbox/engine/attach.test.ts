import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

const P = 'Some-good-pass-1'
const SHARE = '\\\\ktr-files\\data'
let folder: string
let source: TestServer
let target: TestServer
let here: Client
let there: Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-share-'))
  const shares = [{ unc: SHARE, folder: join(folder, 'data'), capacity: 2 ** 30 }]
  source = await testServer({ shares, serviceAccount: 'KTR\\svc-source' })
  target = await testServer({ shares, serviceAccount: 'KTR\\svc-target', version: 15 })
  here = await source.connect()
  there = await target.connect()
})
afterAll(() => {
  source.dispose()
  target.dispose()
  rmSync(folder, { recursive: true, force: true })
})

let turn = 0
let mdf: string
let ldf: string
const attach = (name: string, ...paths: string[]): string =>
  `CREATE DATABASE [${name}] ON ${paths.map((path) => `(FILENAME = N'${path}')`).join(', ')} FOR ATTACH`

beforeEach(async () => {
  turn += 1
  mdf = `${SHARE}\\a${turn}.mdf`
  ldf = `${SHARE}\\a${turn}.ldf`
  await here.ok(
    `CREATE DATABASE Travel ON PRIMARY (NAME = Travel, FILENAME = '${mdf}', SIZE = 512KB) LOG ON (NAME = Travel_log, FILENAME = '${ldf}', SIZE = 128KB)
INSERT INTO Travel.dbo.RehearsalRows VALUES (N'kept')
USE Travel; CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Own WITH SUBJECT = 'Own'; USE master`,
  )
})

describe('a detached database', () => {
  it('is attached again with its rows, master key and certificates', async () => {
    await here.ok("EXEC sp_detach_db @dbname = N'Travel'")
    expect(await here.rows("SELECT name FROM sys.databases WHERE name = 'Travel'")).toEqual([])
    await here.ok(attach('Back', mdf, ldf))
    expect(await here.rows('SELECT note FROM Back.dbo.RehearsalRows')).toEqual([{ note: 'kept' }])
    expect(await here.rows('SELECT name FROM Back.sys.certificates')).toEqual([{ name: 'Own' }])
    expect(await here.errors('DBCC CHECKDB (Back)')).toEqual([])
    await here.ok("BACKUP DATABASE Back TO DISK = 'D:\\Backup\\back.bak' WITH FORMAT")
    await here.ok("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\back.bak'")
    await here.ok('DROP DATABASE Back')
  })

  it('elsewhere needs rights to its files, and its master key opens with the password only', async () => {
    const newer = await testServer({
      shares: [{ unc: SHARE, folder: join(folder, 'data'), capacity: 2 ** 30 }],
      serviceAccount: 'KTR\\svc-newer',
      version: 17,
    })
    try {
      const client = await newer.connect()
      await here.ok('EXEC sp_detach_db Travel')
      const refused = await client.run(attach('Moved', mdf, ldf))
      expect(refused.errors.map(({ number }) => number)).toEqual([5120])
      expect(refused.errors[0]?.message).toContain('Operating system error 5: "5(Access is denied.)"')
      for (const path of [mdf, ldf]) newer.instance.disk.grant(path, 'KTR\\svc-newer', 'read')
      expect(await client.errors(attach('Moved', mdf, ldf))).toEqual([5120])
      for (const path of [mdf, ldf]) newer.instance.disk.grant(path, 'KTR\\svc-newer', 'full')
      await client.ok(attach('Moved', mdf, ldf))
      expect(await client.rows('SELECT note FROM Moved.dbo.RehearsalRows')).toEqual([{ note: 'kept' }])
      expect(
        await client.scalar(
          "SELECT is_master_key_encrypted_by_server FROM sys.databases WHERE name = 'Moved'",
        ),
      ).toBe(false)
      expect(await client.errors("USE Moved; CREATE CERTIFICATE More WITH SUBJECT = 'More'")).toEqual([15581])
      await client.ok(
        `USE Moved; OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY; CREATE CERTIFICATE More WITH SUBJECT = 'More'; USE master`,
      )
      // Now the files are those of the new server.
      expect(await here.errors(attach('Stolen', mdf, ldf))).toEqual([5120])
    } finally {
      newer.dispose()
    }
  })

  it('an older server refuses it', async () => {
    await here.ok('EXEC sp_detach_db Travel')
    for (const path of [mdf, ldf]) target.instance.disk.grant(path, 'KTR\\svc-target', 'full')
    expect(await there.errors(attach('Older', mdf, ldf))).toEqual([948, 1813])
    await here.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\newer.bak' WITH FORMAT")
    source.instance.disk.copyTo('D:\\Backup\\newer.bak', target.instance.disk, 'D:\\Backup\\newer.bak')
    target.instance.disk.grant('D:\\Backup\\newer.bak', 'KTR\\svc-target', 'read')
    for (const sql of ['RESTORE DATABASE Newer FROM', 'RESTORE FILELISTONLY FROM', 'RESTORE VERIFYONLY FROM'])
      expect(await there.errors(`${sql} DISK = 'D:\\Backup\\newer.bak'`)).toEqual([3169, 3013])
    await target.instance.disk.remove(target.instance.disk.resolve('D:\\Backup\\newer.bak', 'D:\\'))
  })

  it('is not attached when its file is damaged, missing, or not one', async () => {
    await here.ok('EXEC sp_detach_db Travel')
    const real = source.instance.disk.resolve(mdf, 'C:\\').real
    const whole = readFileSync(real)
    for (const at of [
      whole.length - 1,
      whole.length - 8192,
      whole.length - 8192 + 20,
      whole.length - 16384,
    ]) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      writeFileSync(real, damaged)
      // The last byte is padding: nothing is lost with it.
      const numbers = await here.errors(attach('Damaged', mdf, ldf))
      if (at === whole.length - 1) {
        expect(numbers).toEqual([])
        await here.ok('EXEC sp_detach_db Damaged')
      } else expect(numbers).toEqual([5171, 1813])
    }
    writeFileSync(real, whole)
    expect(await here.errors(attach('Damaged', ldf))).toEqual([5171, 1813])
    expect(await here.errors(attach('Damaged', `${SHARE}\\none.mdf`))).toEqual([5120])
    expect(await here.errors(attach('Damaged', mdf, `${SHARE}\\none.ldf`))).toEqual([5120, 1813])
    await here.ok(`${attach('Damaged', mdf)}_REBUILD_LOG; DROP DATABASE Damaged`)
  })

  it('a page that was damaged meanwhile is found by CHECKDB', async () => {
    await here.ok('EXEC sp_detach_db Travel')
    const real = source.instance.disk.resolve(mdf, 'C:\\').real
    const pages = readFileSync(real)
    pages[5 * 8192 + 4000] = (pages[5 * 8192 + 4000] ?? 0) ^ 1
    pages[8192 + 3000] = (pages[8192 + 3000] ?? 0) ^ 1
    writeFileSync(real, pages)
    await here.ok(attach('Rotten', mdf, ldf))
    const { errors, infos } = await here.run('DBCC CHECKDB (Rotten) WITH NO_INFOMSGS')
    expect(errors.map(({ message }) => /Page \((.*?)\)/.exec(message)?.[1])).toEqual(['1:1', '1:5'])
    expect(infos.map(({ number }) => number)).toEqual([8989])
    expect(await here.errors('SELECT note FROM Rotten.dbo.RehearsalRows')).toEqual([824])
    await here.ok('DROP DATABASE Rotten')
  })

  it.each([
    ['EXEC sp_detach_db Nowhere', [15010]],
    ['EXEC sp_detach_db master', [7940]],
    ["CREATE DATABASE Sales ON (FILENAME = 'D:\\x.mdf') FOR ATTACH", [1801]],
  ])('%s answers %j', async (sql, numbers) => {
    expect(await here.errors(sql)).toEqual(numbers)
    await here.ok('DROP DATABASE IF EXISTS Travel')
  })

  it('is not detached while someone is in it, and files of an open database are nobody else’s', async () => {
    const inside = await source.connect('sa', undefined, 'Travel')
    expect(await here.errors('EXEC sp_detach_db Travel')).toEqual([3703])
    expect(await here.errors('DROP DATABASE Travel')).toEqual([3702])
    expect(await here.errors(attach('Second', mdf, ldf))).toEqual([5120])
    inside.close()
    await here.ok('DROP DATABASE Travel')
  })
})

describe('the state of a database', () => {
  it('goes offline and comes back; others are waited for, refused, or ended', async () => {
    const inside = await source.connect('sa', undefined, 'Travel')
    expect(await here.errors('ALTER DATABASE Travel SET OFFLINE WITH NO_WAIT')).toEqual([5070, 5069])
    const waiting = here.run('ALTER DATABASE Travel SET OFFLINE')
    inside.close()
    expect((await waiting).errors).toEqual([])
    expect(await here.errors('USE Travel')).toEqual([942])
    expect(await here.errors('SELECT * FROM Travel.dbo.RehearsalRows')).toEqual([942])
    source.instance.disk.copyTo(mdf, source.instance.disk, 'D:\\Backup\\copy.mdf')
    source.instance.disk.copyTo(ldf, source.instance.disk, 'D:\\Backup\\copy.ldf')
    await here.ok('ALTER DATABASE Travel SET ONLINE')
    await here.ok(attach('Copy', 'D:\\Backup\\copy.mdf', 'D:\\Backup\\copy.ldf'))
    expect(await here.rows('SELECT note FROM Copy.dbo.RehearsalRows')).toEqual([{ note: 'kept' }])
    await here.ok('DROP DATABASE Copy')
    await source.connect('sa', undefined, 'Travel')
    const ended = await here.ok('ALTER DATABASE Travel SET OFFLINE WITH ROLLBACK IMMEDIATE')
    expect(ended.infos.map(({ number }) => number)).toEqual([5060])
    await here.ok('DROP DATABASE Travel')
    expect(source.instance.disk.kindOf(mdf)).toBe('file')
  })

  it('a single user keeps others out', async () => {
    await here.ok('ALTER DATABASE Travel SET SINGLE_USER WITH ROLLBACK IMMEDIATE')
    const first = await source.connect()
    await first.ok('USE Travel')
    expect(await here.errors('USE Travel')).toEqual([924])
    await expect(source.connect('sa', undefined, 'Travel')).rejects.toThrow('18456')
    expect(await here.scalar("SELECT user_access_desc FROM sys.databases WHERE name = 'Travel'")).toBe(
      'SINGLE_USER',
    )
    await first.ok('USE master; ALTER DATABASE Travel SET MULTI_USER')
    first.close()
    await here.ok('USE Travel; USE master; DROP DATABASE Travel')
  })

  it('does not come online when a file is gone', async () => {
    await here.ok('ALTER DATABASE Travel SET OFFLINE')
    source.instance.disk.remove(source.instance.disk.resolve(ldf, 'C:\\'))
    expect(await here.errors('ALTER DATABASE Travel SET ONLINE')).toEqual([5120, 5181, 5069])
    expect(await here.errors('ALTER DATABASE master SET OFFLINE')).toEqual([5058, 5069])
    await here.ok('DROP DATABASE Travel')
  })
})
