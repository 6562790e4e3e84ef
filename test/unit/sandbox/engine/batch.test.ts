import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client

beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server.dispose())

async function fresh(): Promise<Client> {
  client = await server.connect()
  return client
}

describe('a batch', () => {
  it('does not begin when any of it is no T-SQL', async () => {
    await fresh()
    expect(await client.errors('CREATE DATABASE half; SELECT FROM WHERE')).toEqual([102])
    expect(await client.rows("SELECT name FROM sys.databases WHERE name = 'half'")).toEqual([])
  })

  it.each([
    'CREATE TABLE t (a int)',
    'ALTER DATABASE Sales SET AUTO_SHRINK ON',
    "BACKUP DATABASE Sales TO TAPE = 'tape0'",
    'CREATE LOGIN l FROM CERTIFICATE c',
    'INSERT INTO t VALUES (1)',
    'SET ROWCOUNT 5; DELETE FROM msdb.dbo.backupset',
    'EXEC AS',
    'CREATE SYMMETRIC KEY k WITH ALGORITHM = AES_256 ENCRYPTION BY CERTIFICATE c',
  ])('says that it does not simulate %s, and does nothing', async (sql) => {
    await fresh()
    const answer = await client.run(`PRINT 'ran'; ${sql}`)
    expect(answer.errors[0]?.message).toMatch(/not simulated|Incorrect syntax/)
    expect(answer.infos).toEqual([])
  })

  it('goes on after an error of a statement, and stops at 208', async () => {
    await fresh()
    const answer = await client.run(
      "DROP CERTIFICATE nobody; PRINT 'one'; SELECT * FROM sys.nothing; PRINT 'two'",
    )
    expect(answer.errors.map((error) => error.number)).toEqual([15151, 208])
    expect(answer.infos.map((info) => info.message)).toEqual(['one'])
  })

  it('runs TRY and CATCH, and rethrows with THROW', async () => {
    await fresh()
    const answer = await client.run(
      "BEGIN TRY DROP CERTIFICATE nobody; PRINT 'not reached' END TRY BEGIN CATCH PRINT CONCAT(ERROR_NUMBER(), ':', ERROR_LINE()); THROW; END CATCH; PRINT 'not reached'",
    )
    expect(answer.infos.map((info) => info.message)).toEqual(['15151:1'])
    expect(answer.errors.map((error) => error.number)).toEqual([15151])
  })

  it('names the line of the statement that failed', async () => {
    await fresh()
    const answer = await client.run('PRINT 1\n\nDROP CERTIFICATE nobody')
    expect(answer.errors[0]?.line).toBe(3)
  })

  it('loops, breaks and returns', async () => {
    await fresh()
    const answer = await client.run(
      'DECLARE @i int = 0; WHILE 1 = 1 BEGIN SET @i = @i + 1; IF @i = 3 BREAK; END; PRINT @i; IF @i = 3 RETURN; PRINT 9',
    )
    expect(answer.infos.map((info) => info.message)).toEqual(['3'])
  })

  it('runs sp_executesql with parameters and outputs, in another database too', async () => {
    await fresh()
    const rows = await client.rows(
      "DECLARE @o nvarchar(128); EXEC [Sales].sys.sp_executesql N'SET @out = DB_NAME() + @in', N'@in nvarchar(10), @out nvarchar(128) OUTPUT', @in = N'!', @out = @o OUTPUT; SELECT @o AS o, DB_NAME() AS here",
    )
    expect(rows).toEqual([{ o: 'Sales!', here: 'master' }])
  })

  it('takes parameters of a remote call by name and returns outputs', async () => {
    await fresh()
    const answer = await client.rpc('sp_executesql', [
      {
        name: '',
        output: false,
        type: { t: 'nvarchar', max: 'max' },
        value: 'SELECT name FROM sys.databases WHERE database_id = @id; SET @out = @id + 1',
      },
      { name: '', output: false, type: { t: 'nvarchar', max: 'max' }, value: '@id int, @out int output' },
      { name: '@id', output: false, type: { t: 'int' }, value: 5 },
      { name: '@out', output: true, type: { t: 'int' }, value: null },
    ])
    expect(answer.sets[0]?.rows).toEqual([['Sales']])
    expect(answer.returned.get('@out')).toBe(6)
  })

  it('rolls back what a transaction made, and keeps what it committed', async () => {
    await fresh()
    const answer = await client.run(
      "BEGIN TRAN; CREATE LOGIN gone WITH PASSWORD = 'Some-pass-1'; ROLLBACK; BEGIN TRAN; CREATE LOGIN kept WITH PASSWORD = 'Some-pass-1'; COMMIT",
    )
    expect(answer.transactions).toEqual(['begin', 'rollback', 'begin', 'commit'])
    expect(
      await client.rows("SELECT name FROM sys.server_principals WHERE name IN ('gone', 'kept')"),
    ).toEqual([{ name: 'kept' }])
    expect(await client.errors('COMMIT')).toEqual([3902])
  })

  it('stops waiting when the client asks', async () => {
    await fresh()
    const stop = new AbortController()
    const running = client.run("WAITFOR DELAY '00:10:00'; PRINT 'late'", stop.signal)
    stop.abort()
    expect((await running).infos).toEqual([])
  })
})

describe('application locks', () => {
  it('keep a second session out, are listed, and go with the connection', async () => {
    const [one, two] = [await server.connect(), await server.connect()]
    const take =
      "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'keyturn', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; SELECT @r"
    expect(await one.scalar(take)).toBe(0)
    expect(await two.scalar(take)).toBe(-1)
    const [lock] = await two.rows('SELECT request_session_id, resource_description FROM sys.dm_tran_locks')
    expect(lock?.['request_session_id']).toBe(await one.scalar('SELECT @@SPID'))
    expect(lock?.['resource_description']).toMatch(/^0:\[keyturn\]/)
    one.close()
    expect(await two.scalar(take)).toBe(0)
    expect(await two.errors("EXEC sp_releaseapplock @Resource = N'other', @LockOwner = 'Session'")).toEqual([
      1223,
    ])
    two.close()
  })
})

describe('a killed session', () => {
  it('leaves nothing of the statement that it was in', async () => {
    const [victim, admin] = [await server.connect(), await server.connect()]
    const spid = await victim.scalar('SELECT @@SPID')
    const running = victim.run("WAITFOR DELAY '00:10:00'; CREATE LOGIN never WITH PASSWORD = 'Some-pass-1'")
    await admin.ok(`KILL ${String(spid)}`)
    await running
    expect(await admin.rows("SELECT name FROM sys.server_principals WHERE name = 'never'")).toEqual([])
    expect(await admin.errors('KILL 32000')).toEqual([6106])
    admin.close()
  })
})
