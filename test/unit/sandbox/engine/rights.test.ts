import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let admin: Client
let reader: Client

beforeAll(async () => {
  server = await testServer()
  admin = await server.connect()
  reader = await server.connect('reader')
})
afterAll(() => server.dispose())

describe('rights on single objects', () => {
  it('open one table of msdb and leave the others closed', async () => {
    const read = 'SELECT COUNT(*) FROM msdb.dbo.backupset'
    expect(await reader.errors(read)).toEqual([229])
    await admin.ok('USE msdb; CREATE USER reader FOR LOGIN reader; GRANT SELECT ON dbo.backupset TO reader')
    expect(await reader.scalar(read)).toBe(4)
    expect(await reader.errors('SELECT COUNT(*) FROM msdb.dbo.backupmediafamily')).toEqual([229])
    await admin.ok('DENY SELECT ON OBJECT::dbo.backupset TO reader')
    expect(await reader.errors(read)).toEqual([229])
    await admin.ok('REVOKE SELECT ON dbo.backupset FROM reader')
    expect(await reader.errors(read)).toEqual([229])
  })

  it('are granted by those who may only', async () => {
    expect(await reader.errors('USE msdb; GRANT SELECT ON dbo.backupset TO reader')).toEqual([4613])
    expect(await admin.errors('USE msdb; GRANT VIEW SERVER STATE TO reader')).toEqual([4621])
  })
})

describe('SET NOEXEC', () => {
  it('keeps later batches from running until it is off, and still finds their syntax errors', async () => {
    await admin.ok('USE master; SET NOEXEC ON;')
    const skipped = await admin.ok(
      "IF 1 = 1 PRINT 'ran'; CREATE LOGIN skipped WITH PASSWORD = 'Some-good-pass-1'",
    )
    expect(skipped.infos).toEqual([])
    expect(await admin.errors('SELECT FROM')).toEqual([102])
    await admin.ok('SET NOEXEC OFF;')
    expect(await admin.scalar("SELECT COUNT(*) FROM sys.server_principals WHERE name = 'skipped'")).toBe(0)
  })
})
