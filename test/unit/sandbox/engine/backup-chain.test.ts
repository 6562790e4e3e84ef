import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client
let now = Date.UTC(2030, 0, 1)

beforeAll(async () => {
  server = await testServer({ clock: () => new Date((now += 1000)) })
  client = await server.connect()
})
afterAll(() => server.dispose())

const disk = (name: string): string => `DISK = 'D:\\Backup\\${name}'`
const moved = (as: string): string => `MOVE 'Sales' TO 'D:\\${as}.mdf', MOVE 'Sales_log' TO 'D:\\${as}.ldf'`
const add = (note: string): Promise<unknown> =>
  client.ok(`INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'${note}')`)
const notesOf = async (database: string): Promise<unknown[]> =>
  (await client.rows(`SELECT note FROM [${database}].dbo.RehearsalRows ORDER BY row_id`)).map(
    ({ note }) => note,
  )
const header = async (name: string): Promise<Record<string, unknown>> =>
  (await client.rows(`RESTORE HEADERONLY FROM ${disk(name)}`))[0] ?? {}
const state = (name: string): Promise<unknown> =>
  client.scalar(`SELECT state_desc FROM sys.databases WHERE name = '${name}'`)
const restoreFull = (as: string, file = 'full.bak'): Promise<unknown> =>
  client.ok(`RESTORE DATABASE [${as}] FROM ${disk(file)} WITH ${moved(as)}, NORECOVERY, REPLACE`)
const drop = (name: string): Promise<unknown> => client.ok(`DROP DATABASE [${name}]`)

describe('a chain of full, differential and log backups', () => {
  beforeAll(async () => {
    await add('before full')
    await client.ok(`BACKUP DATABASE Sales TO ${disk('full.bak')} WITH FORMAT, CHECKSUM`)
    await add('in log 1')
    await client.ok(`BACKUP LOG Sales TO ${disk('log1.trn')} WITH FORMAT`)
    await add('in diff')
    await client.ok(`BACKUP DATABASE Sales TO ${disk('diff.bak')} WITH DIFFERENTIAL, FORMAT, CHECKSUM`)
    await add('in log 2')
    await client.ok(`BACKUP LOG Sales TO ${disk('log2.trn')} WITH FORMAT, COMPRESSION`)
    await add('in log 3')
    await client.ok(`BACKUP LOG Sales TO ${disk('log3.trn')} WITH FORMAT`)
  })

  it('links each backup to what it continues', async () => {
    const [full, log1, diff, log2, log3] = await Promise.all(
      ['full.bak', 'log1.trn', 'diff.bak', 'log2.trn', 'log3.trn'].map(header),
    )
    expect([full, log1, diff].map((one) => one?.['BackupType'])).toEqual([1, 2, 5])
    expect(diff).toMatchObject({
      DifferentialBaseLSN: full?.['CheckpointLSN'],
      DifferentialBaseGUID: full?.['BackupSetGUID'],
      DatabaseBackupLSN: full?.['CheckpointLSN'],
      BackupTypeDescription: 'Database Differential',
    })
    expect(log2?.['FirstLSN']).toBe(log1?.['LastLSN'])
    expect(log3?.['FirstLSN']).toBe(log2?.['LastLSN'])
    expect(log1?.['DatabaseBackupLSN']).toBe(full?.['CheckpointLSN'])
    const history = await client.rows(
      "SELECT type, first_lsn, last_lsn, differential_base_lsn, is_copy_only FROM msdb.dbo.backupset WHERE database_name = 'Sales' AND name IS NULL ORDER BY backup_set_id",
    )
    expect(history.map(({ type }) => type)).toEqual(['D', 'L', 'I', 'L', 'L'])
    expect(history[2]?.['differential_base_lsn']).toBe(full?.['CheckpointLSN'])
  })

  it('comes back from full, differential and logs, and from full and logs alone', async () => {
    await restoreFull('ByDiff')
    await client.ok(`RESTORE DATABASE ByDiff FROM ${disk('diff.bak')} WITH NORECOVERY`)
    await client.ok(`RESTORE LOG ByDiff FROM ${disk('log2.trn')} WITH NORECOVERY`)
    expect(await state('ByDiff')).toBe('RESTORING')
    await client.ok(`RESTORE LOG ByDiff FROM ${disk('log3.trn')} WITH RECOVERY`)
    expect(await notesOf('ByDiff')).toEqual(await notesOf('Sales'))

    await restoreFull('ByLogs')
    for (const log of ['log1.trn', 'log2.trn', 'log3.trn'])
      await client.ok(`RESTORE LOG ByLogs FROM ${disk(log)} WITH NORECOVERY`)
    await client.ok('RESTORE DATABASE ByLogs WITH RECOVERY')
    expect(await notesOf('ByLogs')).toEqual(await notesOf('Sales'))
    for (const name of ['ByDiff', 'ByLogs'])
      expect((await client.ok(`DBCC CHECKDB (${name}) WITH NO_INFOMSGS`)).infos).toEqual([])
    const restored = await client.rows(
      "SELECT destination_database_name AS name, restore_type AS type, recovery, replace FROM msdb.dbo.restorehistory WHERE destination_database_name = 'ByDiff' ORDER BY restore_history_id",
    )
    expect(restored.map(({ type }) => type)).toEqual(['D', 'I', 'L', 'L'])
    expect(restored.map(({ recovery }) => recovery)).toEqual([false, false, false, true])
    await drop('ByDiff')
    await drop('ByLogs')
  })

  it('the full backup alone has what was there when it was taken', async () => {
    await restoreFull('Early')
    await client.ok('RESTORE DATABASE Early WITH RECOVERY')
    expect(await notesOf('Early')).toEqual(['before full'])
    expect(await client.errors(`RESTORE LOG Early FROM ${disk('log1.trn')}`)).toEqual([3117, 3013])
    expect(await client.errors('RESTORE DATABASE Early WITH RECOVERY')).toEqual([3153])
    await drop('Early')
  })

  it('refuses what does not continue the chain, and stays restorable', async () => {
    await restoreFull('Chain')
    const text = async (sql: string): Promise<string> => (await client.run(sql)).errors[0]?.message ?? ''
    expect(await client.errors(`RESTORE LOG Chain FROM ${disk('log2.trn')}`)).toEqual([4305, 3013])
    expect(await text(`RESTORE LOG Chain FROM ${disk('log3.trn')} WITH NORECOVERY`)).toContain(
      String((await header('log3.trn'))['FirstLSN']),
    )
    await client.ok(`RESTORE DATABASE Chain FROM ${disk('diff.bak')} WITH NORECOVERY`)
    expect(await client.errors(`RESTORE LOG Chain FROM ${disk('log1.trn')}`)).toEqual([4326, 3013])
    expect(await client.errors(`RESTORE DATABASE Chain FROM ${disk('log2.trn')}`)).toEqual([3135, 3013])
    expect(await client.errors(`RESTORE LOG Chain FROM ${disk('diff.bak')}`)).toEqual([3135, 3013])
    expect(
      await client.errors(`RESTORE LOG Chain FROM ${disk('log2.trn')} WITH MOVE 'Sales' TO 'D:\\other.mdf'`),
    ).toEqual([3174, 3013])
    await client.ok(`RESTORE LOG Chain FROM ${disk('log2.trn')}`)
    expect((await notesOf('Chain')).at(-1)).toBe('in log 2')
    await drop('Chain')
  })

  it.each([
    [`RESTORE LOG Nowhere FROM ${disk('log1.trn')}`, [3118, 3013]],
    [`RESTORE DATABASE Nowhere FROM ${disk('diff.bak')}`, [3118, 3013]],
    [`RESTORE LOG Sales FROM ${disk('log1.trn')}`, [3117, 3013]],
    [`RESTORE DATABASE Sales FROM ${disk('diff.bak')}`, [3117, 3013]],
    [`BACKUP DATABASE Sales TO ${disk('x.bak')} WITH DIFFERENTIAL, NORECOVERY`, [3032]],
    [`BACKUP LOG Sales TO ${disk('x.bak')} WITH DIFFERENTIAL`, [3032]],
    [`BACKUP LOG master TO ${disk('x.bak')}`, [4212, 3013]],
    [`BACKUP DATABASE master TO ${disk('x.bak')} WITH DIFFERENTIAL`, [3024, 3013]],
    [`BACKUP DATABASE Sales TO ${disk('x.bak')} WITH MAXTRANSFERSIZE = 100`, [3217]],
    ['RESTORE DATABASE Nowhere WITH RECOVERY', [3118]],
    [`BACKUP DATABASE Sales TO ${disk('x.bak')} MIRROR TO ${disk('y.bak')}`, [3215, 3013]],
  ])('%s answers %j', async (sql, numbers) => {
    expect(await client.errors(sql)).toEqual(numbers)
  })
})

describe('a point in time', () => {
  it('stops between two changes, says when it needs more, and refuses one that is passed', async () => {
    await client.ok(`BACKUP DATABASE Sales TO ${disk('p.bak')} WITH FORMAT`)
    await add('first')
    const between = await client.scalar('SELECT CONVERT(nvarchar(30), GETUTCDATE(), 126)')
    await add('second')
    await client.ok(`BACKUP LOG Sales TO ${disk('p1.trn')} WITH FORMAT`)
    await add('third')
    const behind = await client.scalar('SELECT CONVERT(nvarchar(30), GETUTCDATE(), 126)')
    await client.ok(`BACKUP LOG Sales TO ${disk('p2.trn')} WITH FORMAT`)

    await restoreFull('Point', 'p.bak')
    await client.ok(`RESTORE LOG Point FROM ${disk('p1.trn')} WITH STOPAT = '${String(between)}'`)
    expect((await notesOf('Point')).at(-1)).toBe('first')
    expect(await state('Point')).toBe('ONLINE')
    await drop('Point')

    await restoreFull('Point', 'p.bak')
    const unreached = await client.ok(
      `RESTORE LOG Point FROM ${disk('p1.trn')} WITH STOPAT = '${String(behind)}'`,
    )
    expect(unreached.infos.map(({ number }) => number)).toContain(4322)
    expect(await state('Point')).toBe('RESTORING')
    expect(
      await client.errors(`RESTORE LOG Point FROM ${disk('p2.trn')} WITH STOPAT = '${String(between)}'`),
    ).toEqual([4335, 3013])
    await client.ok(`RESTORE LOG Point FROM ${disk('p2.trn')} WITH STOPAT = '${String(behind)}'`)
    expect((await notesOf('Point')).at(-1)).toBe('third')
    await drop('Point')
    expect(
      await client.errors(
        `RESTORE DATABASE Point FROM ${disk('p.bak')} WITH ${moved('Point')}, STOPAT = '20200101'`,
      ),
    ).toEqual([4338, 3013])
    expect(
      await client.errors(
        `RESTORE DATABASE Point FROM ${disk('p.bak')} WITH ${moved('Point')}, STOPAT = 'noon'`,
      ),
    ).toEqual([241, 3013])
  })
})

describe('COPY_ONLY', () => {
  it('moves neither the base of differentials nor the log', async () => {
    await client.ok(`BACKUP DATABASE Sales TO ${disk('base.bak')} WITH FORMAT`)
    await add('after base')
    await client.ok(`BACKUP DATABASE Sales TO ${disk('copy.bak')} WITH COPY_ONLY, FORMAT`)
    await client.ok(`BACKUP LOG Sales TO ${disk('copy.trn')} WITH COPY_ONLY, FORMAT`)
    await client.ok(`BACKUP LOG Sales TO ${disk('next.trn')} WITH FORMAT`)
    await client.ok(`BACKUP DATABASE Sales TO ${disk('d.bak')} WITH DIFFERENTIAL, FORMAT`)
    expect((await header('d.bak'))['DifferentialBaseGUID']).toBe((await header('base.bak'))['BackupSetGUID'])
    expect((await header('next.trn'))['FirstLSN']).toBe((await header('copy.trn'))['FirstLSN'])
    expect(await header('copy.bak')).toMatchObject({ IsCopyOnly: true })
    await restoreFull('OnCopy', 'copy.bak')
    expect(await client.errors(`RESTORE DATABASE OnCopy FROM ${disk('d.bak')}`)).toEqual([3136, 3013])
    await restoreFull('OnCopy', 'base.bak')
    await client.ok(`RESTORE DATABASE OnCopy FROM ${disk('d.bak')}`)
    expect(await notesOf('OnCopy')).toEqual(await notesOf('Sales'))
    await drop('OnCopy')
  })
})

describe('recovery models', () => {
  it('SIMPLE ends the chain, and a data backup begins a new one', async () => {
    await client.ok('CREATE DATABASE Fresh')
    expect(await client.errors(`BACKUP LOG Fresh TO ${disk('f.trn')}`)).toEqual([4214, 3013])
    expect(await client.errors(`BACKUP DATABASE Fresh TO ${disk('f.bak')} WITH DIFFERENTIAL`)).toEqual([
      3035, 3013,
    ])
    await client.ok(`BACKUP DATABASE Fresh TO ${disk('f.bak')} WITH COPY_ONLY, FORMAT`)
    expect(await client.errors(`BACKUP LOG Fresh TO ${disk('f.trn')}`)).toEqual([4214, 3013])
    await client.ok(`BACKUP DATABASE Fresh TO ${disk('f.bak')} WITH FORMAT`)
    await client.ok(`BACKUP LOG Fresh TO ${disk('f.trn')} WITH FORMAT`)
    expect(await header('f.trn')).toMatchObject({ BeginsLogChain: true })
    await client.ok('ALTER DATABASE Fresh SET RECOVERY SIMPLE')
    expect(await client.errors(`BACKUP LOG Fresh TO ${disk('f2.trn')}`)).toEqual([4208, 3013])
    await client.ok('ALTER DATABASE Fresh SET RECOVERY FULL')
    expect(await client.errors(`BACKUP LOG Fresh TO ${disk('f2.trn')}`)).toEqual([4214, 3013])
    await client.ok(`BACKUP DATABASE Fresh TO ${disk('f.dif')} WITH DIFFERENTIAL, FORMAT`)
    await client.ok(`BACKUP LOG Fresh TO ${disk('f2.trn')} WITH FORMAT`)
    await drop('Fresh')
  })
})

describe('the tail of the log', () => {
  it('is taken with NORECOVERY, and brings back the last change', async () => {
    await client.ok(`BACKUP DATABASE Sales TO ${disk('t.bak')} WITH FORMAT`)
    await add('in the tail')
    const inside = await server.connect('sa', undefined, 'Sales')
    expect(await client.errors(`BACKUP LOG Sales TO ${disk('tail.trn')} WITH NORECOVERY, FORMAT`)).toEqual([
      3101, 3013,
    ])
    inside.close()
    await client.ok(`BACKUP LOG Sales TO ${disk('tail.trn')} WITH NORECOVERY, FORMAT`)
    expect(await state('Sales')).toBe('RESTORING')
    expect(await client.errors('SELECT * FROM Sales.dbo.RehearsalRows')).toEqual([927])
    await client.ok(`RESTORE DATABASE Sales FROM ${disk('t.bak')} WITH NORECOVERY`)
    await client.ok(`RESTORE LOG Sales FROM ${disk('tail.trn')}`)
    expect((await notesOf('Sales')).at(-1)).toBe('in the tail')
  })

  it('a log of another recovery path is refused', async () => {
    await client.ok(`BACKUP DATABASE Sales TO ${disk('fork.bak')} WITH FORMAT`)
    await restoreFull('Twin', 'fork.bak')
    await client.ok('RESTORE DATABASE Twin WITH RECOVERY')
    await client.ok("INSERT Twin.dbo.RehearsalRows VALUES (N'only here')")
    await client.ok(`BACKUP LOG Twin TO ${disk('twin.trn')} WITH FORMAT`)
    await client.ok("INSERT Twin.dbo.RehearsalRows VALUES (N'later here')")
    await client.ok(`BACKUP LOG Twin TO ${disk('twin2.trn')} WITH FORMAT`)
    await restoreFull('Third', 'fork.bak')
    expect(await client.errors(`RESTORE LOG Third FROM ${disk('twin2.trn')}`)).toEqual([4330, 3013])
    await client.ok(`RESTORE LOG Third FROM ${disk('twin.trn')} WITH NORECOVERY`)
    await client.ok(`RESTORE LOG Third FROM ${disk('twin2.trn')}`)
    expect((await notesOf('Third')).slice(-2)).toEqual(['only here', 'later here'])
  })
})
