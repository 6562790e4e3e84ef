import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bringCertificate, twoNodes, type TwoNodes } from './availability-support.ts'
import { P, dmv, encryptionState, protect } from './tde-support.ts'

let both: TwoNodes
beforeEach(async () => {
  both = await twoNodes()
})
afterEach(() => both.dispose())

const masterKey = `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`
const on = 'ALTER DATABASE Sales SET ENCRYPTION ON'
const movement =
  'SELECT s.synchronization_state_desc AS state, s.is_suspended AS suspended, s.suspend_reason_desc AS reason FROM sys.dm_hadr_database_replica_states AS s WHERE s.is_local = 1'

/** Certificate on both nodes and a key on the primary. */
const protectBoth = async (): Promise<void> => {
  await protect(both.first, 'KT_TDE')
  await both.second.ok(masterKey)
  await bringCertificate(both.first, both.second, 'KT_TDE')
  await both.first.ok(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE KT_TDE; USE master',
  )
}
const filesOf = (node: 0 | 1): string =>
  readFileSync(
    both.nodes[node].instance.disk.resolve(
      `${both.nodes[node].instance.dataFolder}\\Sales.mdf`,
      both.nodes[node].instance.dataFolder,
    ).real,
    'latin1',
  )

describe('the views of an availability group', () => {
  it('name all replicas on every node, and a secondary shows only its own state', async () => {
    for (const client of [both.first, both.second]) {
      expect(
        await client.rows(
          'SELECT g.name AS grp, r.replica_server_name AS replica, c.database_name AS db FROM sys.availability_groups AS g JOIN sys.availability_replicas AS r ON r.group_id = g.group_id JOIN sys.availability_databases_cluster AS c ON c.group_id = g.group_id ORDER BY r.replica_server_name',
        ),
      ).toEqual([
        { grp: 'AG1', replica: 'ktr-ag-01', db: 'Sales' },
        { grp: 'AG1', replica: 'ktr-ag-02', db: 'Sales' },
      ])
      expect(await client.scalar("SELECT SERVERPROPERTY('IsHadrEnabled')")).toBe(1)
      expect(
        await client.scalar(
          "SELECT COUNT(*) FROM sys.databases AS d JOIN sys.availability_replicas AS r ON r.replica_id = d.replica_id WHERE d.name = 'Sales' AND r.replica_server_name = @@SERVERNAME",
        ),
      ).toBe(1)
    }
    const roles =
      'SELECT s.role_desc AS role, s.is_local AS local FROM sys.dm_hadr_availability_replica_states AS s'
    expect(await both.first.rows(roles)).toHaveLength(2)
    expect(await both.second.rows(roles)).toEqual([{ role: 'SECONDARY', local: true }])
    expect(await both.second.rows(movement)).toEqual([
      { state: 'SYNCHRONIZED', suspended: false, reason: null },
    ])
  })

  it('show nothing of it to a login without rights', async () => {
    const reader = await both.nodes[0].connect('reader')
    expect(await reader.rows('SELECT * FROM sys.availability_replicas')).toEqual([])
    expect(await reader.errors('SELECT * FROM sys.dm_hadr_database_replica_states')).toEqual([300, 297])
  })
})

describe('a database of a group', () => {
  it('opens on the primary only', async () => {
    expect(await both.first.errors('USE Sales')).toEqual([])
    expect(await both.second.errors('USE Sales')).toEqual([976])
    expect(await both.second.errors('SELECT * FROM Sales.dbo.RehearsalRows')).toEqual([976])
    expect(await both.second.errors(on)).toEqual([976, 5069])
    expect(await both.second.scalar("SELECT HAS_DBACCESS('Sales')")).toBe(0)
    await expect(both.nodes[1].connect('sa', undefined, 'Sales')).rejects.toThrow('18456')
  })

  it('is neither dropped, detached nor altered on either node; one in no group is', async () => {
    for (const [statement, numbers] of [
      ['ALTER DATABASE Sales SET OFFLINE', [1468, 5069]],
      ['ALTER DATABASE Sales SET SINGLE_USER', [1468, 5069]],
      ['ALTER DATABASE Sales SET RECOVERY SIMPLE', [1468, 5069]],
      ['ALTER DATABASE Sales SET READ_ONLY', [1468, 5069]],
      ['ALTER DATABASE Sales MODIFY NAME = Other', [1468, 5069]],
      ["EXEC sp_detach_db 'Sales'", [1468]],
      ['DROP DATABASE Sales', [3752]],
    ] as const) {
      expect(await both.first.errors(statement), statement).toEqual(numbers)
      expect(await both.second.errors(statement), statement).toEqual(numbers)
    }
    expect(await both.first.errors('ALTER DATABASE Sales SET COMPATIBILITY_LEVEL = 140')).toEqual([])
    expect(await both.first.errors('ALTER DATABASE Alone SET RECOVERY SIMPLE; DROP DATABASE Alone')).toEqual(
      [],
    )
  })

  it('is not restored over, and a secondary takes no backup here', async () => {
    await both.first.ok("BACKUP DATABASE Sales TO DISK = N'D:\\Backup\\s.bak'")
    expect(
      await both.first.errors("RESTORE DATABASE Sales FROM DISK = N'D:\\Backup\\s.bak' WITH REPLACE"),
    ).toEqual([3104, 3013])
    const answer = await both.second.run(
      "BACKUP DATABASE Sales TO DISK = N'D:\\Backup\\s.bak' WITH COPY_ONLY",
    )
    expect(answer.errors[0]?.message).toContain('not simulated')
  })
})

describe('encryption in a group', () => {
  it('reaches the secondary: its key, its state, and its own files', async () => {
    await protectBoth()
    expect((await dmv(both.second, 'Sales'))?.['encryption_state']).toBe(1)
    expect(filesOf(1)).toContain('customer Aurelia Lindqvist')
    await both.first.ok(on)
    await encryptionState(both.second, 'Sales', 3)
    expect(filesOf(1)).not.toContain('customer Aurelia Lindqvist')
    expect((await dmv(both.second, 'Sales'))?.['encryptor_thumbprint']).toEqual(
      (await dmv(both.first, 'Sales'))?.['encryptor_thumbprint'],
    )
  })

  it('suspends a secondary without the certificate until it has it and is resumed', async () => {
    await protect(both.first, 'KT_TDE', 'Sales')
    expect(await both.second.rows(movement)).toEqual([
      { state: 'NOT SYNCHRONIZING', suspended: true, reason: 'SUSPEND_FROM_REDO' },
    ])
    expect(await dmv(both.second, 'Sales')).toBeUndefined()
    await both.first.ok(on)
    await encryptionState(both.first, 'Sales', 3)
    await expect(both.group.failOver('ktr-ag-02')).rejects.toThrow('suspended')
    // Without the certificate it is suspended again.
    await both.second.ok('ALTER DATABASE Sales SET HADR RESUME')
    expect((await both.second.rows(movement))[0]).toMatchObject({ suspended: true })
    await both.second.ok(masterKey)
    await bringCertificate(both.first, both.second, 'KT_TDE')
    await both.second.ok('ALTER DATABASE Sales SET HADR RESUME')
    expect((await both.second.rows(movement))[0]).toMatchObject({ state: 'SYNCHRONIZED' })
    expect((await dmv(both.second, 'Sales'))?.['encryption_state']).toBe(3)
    expect(filesOf(1)).not.toContain('customer Aurelia Lindqvist')
  })

  it('keeps the key as it is while a secondary lags (33123)', async () => {
    await protectBoth()
    both.group.hold('ktr-ag-02', true)
    await both.first.ok(on)
    await encryptionState(both.first, 'Sales', 3)
    const regenerate = 'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128'
    expect(await both.first.errors(regenerate)).toEqual([33123])
    await both.first.ok('USE master; ALTER DATABASE Sales SET ENCRYPTION OFF')
    await encryptionState(both.first, 'Sales', 1)
    both.group.hold('ktr-ag-02', false)
    await encryptionState(both.second, 'Sales', 1)
    expect(await both.first.errors('USE Sales; DROP DATABASE ENCRYPTION KEY')).toEqual([])
    expect(await dmv(both.second, 'Sales')).toBeUndefined()
  })

  it('lags too while a person has suspended data movement', async () => {
    await protectBoth()
    await both.second.ok('ALTER DATABASE Sales SET HADR SUSPEND')
    expect((await both.second.rows(movement))[0]).toMatchObject({ reason: 'SUSPEND_FROM_USER' })
    await both.first.ok(on)
    await encryptionState(both.first, 'Sales', 3)
    expect(
      await both.first.errors('USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128'),
    ).toEqual([33123])
    await both.second.ok('ALTER DATABASE Sales SET HADR RESUME')
    expect((await dmv(both.second, 'Sales'))?.['encryption_state']).toBe(3)
    const refused = await both.first.run('ALTER DATABASE Sales SET HADR SUSPEND')
    expect(refused.errors[0]?.message).toContain('not simulated')
  })
})

describe('failover and restarts', () => {
  const insert = "INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'kept')"
  const notes = 'SELECT note FROM Sales.dbo.RehearsalRows'

  it('makes the secondary the primary with every row, and the rest of a scan is done there', async () => {
    await protectBoth()
    both.nodes[0].instance.scans.setPace({ pagesPerTick: 2, holdAtPercent: 40 })
    await both.first.ok(on)
    await both.first.ok(insert)
    await encryptionState(both.first, 'Sales', 2)
    await both.group.failOver('ktr-ag-02')
    expect(await both.second.rows(notes)).toEqual([{ note: 'kept' }])
    expect(await both.first.errors('USE Sales')).toEqual([976])
    await encryptionState(both.second, 'Sales', 3)
    await encryptionState(both.first, 'Sales', 3)
    expect(filesOf(0)).not.toContain('customer Aurelia Lindqvist')
    await both.second.ok(insert)
    await both.group.failOver('ktr-ag-01')
    expect(await both.first.rows(notes)).toEqual([{ note: 'kept' }, { note: 'kept' }])
    expect((await both.first.run('DBCC CHECKDB (Sales) WITH NO_INFOMSGS')).errors).toEqual([])
  })

  it('comes up after a kill as it was: roles, keys and a lagging secondary that catches up', async () => {
    await protectBoth()
    await both.group.failOver('ktr-ag-02')
    both.group.hold('ktr-ag-01', true)
    await both.second.ok(on)
    await encryptionState(both.second, 'Sales', 3)
    await both.comeUpAgain()
    expect(await both.second.errors('USE Sales; USE master')).toEqual([])
    expect(await both.first.errors('USE Sales')).toEqual([976])
    await encryptionState(both.first, 'Sales', 3)
    expect(filesOf(0)).not.toContain('customer Aurelia Lindqvist')
  })

  it('takes the role from the file where a kill came between it and a server’s own record', async () => {
    const { store } = both.nodes[1].instance
    const sales = store.databases.find(({ name }) => name === 'Sales')
    if (sales === undefined) throw new Error('no Sales')
    store.change(undefined, () =>
      store.databases.put({ ...sales, availability: { role: 'PRIMARY', suspended: null } }),
    )
    await both.comeUpAgain()
    expect(await both.second.errors('USE Sales')).toEqual([976])
    expect(await both.first.errors('USE Sales')).toEqual([])
  })

  it('suspends a secondary whose certificate is gone when its server restarts', async () => {
    await protectBoth()
    await both.first.ok(on)
    await encryptionState(both.second, 'Sales', 3)
    const { store } = both.nodes[1].instance
    store.change(undefined, () => {
      for (const { id } of store.certificates.all()) store.certificates.delete(id)
    })
    both.nodes[1].instance.restart()
    both.second = await both.nodes[1].connect()
    expect((await both.second.rows(movement))[0]).toMatchObject({ reason: 'SUSPEND_FROM_REDO' })
  })
})
