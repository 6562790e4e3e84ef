import { copyFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'

const P = 'Some-good-pass-1'

describe('the whole job over the wire', () => {
  const sandbox = new SandboxProcess()
  let source: SqlClient
  let target: SqlClient

  beforeAll(async () => {
    await sandbox.start()
    source = await SqlClient.open(sandbox.server('ktr-sqlprod-01'))
    target = await SqlClient.open(sandbox.server('ktr-sqlempty-01'))
  })
  afterAll(async () => {
    source.close()
    target.close()
    await sandbox.dispose()
  })

  const located = async (instance: string, path: string): Promise<string> =>
    String((await sandbox.control({ command: 'locate', instance, path }))['path'])

  it('shows a small company', async () => {
    const { rows } = await source.run('SELECT name FROM sys.databases WHERE database_id > 4 ORDER BY name')
    expect(rows.map((row) => row['name'])).toEqual(['Inventory', 'Payroll', 'Sales'])
    expect((await source.run('SELECT COUNT(*) AS n FROM msdb.dbo.backupset')).rows[0]?.['n']).toBe(90)
    expect(
      (await source.run('SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID')).rows,
    ).toEqual([{ encrypt_option: 'TRUE' }])
  })

  it('makes a master key, a certificate, its files and an encrypted backup', async () => {
    await source.run(
      `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'`,
    )
    await source.run(
      `BACKUP CERTIFICATE Backups TO FILE = 'D:\\Keys\\b.cer' WITH PRIVATE KEY (FILE = 'D:\\Keys\\b.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
    )
    const { infos } = await source.run(
      "BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\s.bak' WITH FORMAT, COPY_ONLY, COMPRESSION, CHECKSUM, STATS = 25, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)",
    )
    expect(infos).toEqual([3211, 3211, 3211, 3211, 4035, 4035, 3014])
    expect((await source.run("RESTORE HEADERONLY FROM DISK = 'D:\\Backup\\s.bak'")).rows).toMatchObject([
      { DatabaseName: 'Sales', KeyAlgorithm: 'aes_256', IsCopyOnly: true },
    ])
    expect(
      (await source.run("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\s.bak' WITH CHECKSUM")).infos,
    ).toEqual([3262])
  })

  it('restores elsewhere with the key, and not without it', async () => {
    for (const path of ['D:\\Backup\\s.bak', 'D:\\Keys\\b.cer', 'D:\\Keys\\b.pvk'])
      copyFileSync(await located('ktr-sqlprod-01', path), await located('ktr-sqlempty-01', path))
    const restore = "RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\s.bak' WITH STATS = 50"
    expect(await target.failure(restore)).toEqual([33111, 3013])
    await target.run(
      `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups FROM FILE = 'D:\\Keys\\b.cer' WITH PRIVATE KEY (FILE = 'D:\\Keys\\b.pvk', DECRYPTION BY PASSWORD = '${P}')`,
    )
    expect((await target.run(restore)).infos.at(-1)).toBe(3014)
    expect((await target.run('DBCC CHECKDB (Sales)')).infos).toEqual([8989, 2528])
  })

  it('loses a key for good when told to, and comes back as new when reset', async () => {
    await sandbox.control({ command: 'loseKey', instance: 'ktr-sqlprod-01', what: 'certificate' })
    expect(await source.failure("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\s.bak'")).toEqual([33111, 3013])
    const { port } = sandbox.server('ktr-sqlempty-01')
    expect(await sandbox.control({ command: 'reset', instance: 'ktr-sqlempty-01' })).toMatchObject({
      ok: true,
    })
    const again = await SqlClient.open(sandbox.server('ktr-sqlempty-01'))
    expect((await again.run('SELECT COUNT(*) AS n FROM sys.databases')).rows).toEqual([{ n: 4 }])
    expect(sandbox.server('ktr-sqlempty-01').port).toBe(port)
    again.close()
  })

  it('drops the connection at the ordered statement, before its effect', async () => {
    await sandbox.control({
      command: 'fault',
      instance: 'ktr-sqlprod-01',
      fault: { kind: 'drop', match: 'CREATE LOGIN', nth: 2, when: 'before' },
    })
    const victim = await SqlClient.open(sandbox.server('ktr-sqlprod-01'))
    await victim.run(`CREATE LOGIN one WITH PASSWORD = '${P}'`)
    await expect(victim.run(`CREATE LOGIN two WITH PASSWORD = '${P}'`)).rejects.toThrow()
    expect(
      (await source.run("SELECT name FROM sys.server_principals WHERE name IN ('one', 'two')")).rows,
    ).toEqual([{ name: 'one' }])
    await sandbox.control({ command: 'clearFaults', instance: 'ktr-sqlprod-01' })
  })

  it('refuses an order that it does not know', async () => {
    expect(await sandbox.control({ command: 'format-disk' })).toMatchObject({ ok: false })
  })
})

describe('the process', () => {
  it('keeps every answered statement when it is killed, and its ports when it comes back', async () => {
    const sandbox = new SandboxProcess()
    try {
      const first = await sandbox.start()
      const client = await SqlClient.open(sandbox.server('ktr-sqlprod-01'))
      await client.run(
        `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Kept WITH SUBJECT = 'Kept'`,
      )
      await client.run(
        "BACKUP DATABASE Payroll TO DISK = 'D:\\Backup\\p.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Kept)",
      )
      await client.run("BEGIN TRAN; CREATE LOGIN lost WITH PASSWORD = 'Some-good-pass-1'")
      await sandbox.kill()
      const second = await sandbox.start()
      expect(second.instances.map(({ name, port, logins }) => ({ name, port, logins }))).toEqual(
        first.instances.map(({ name, port, logins }) => ({ name, port, logins })),
      )
      const again = await SqlClient.open(sandbox.server('ktr-sqlprod-01'))
      expect((await again.run("SELECT name FROM sys.certificates WHERE name = 'Kept'")).rows).toHaveLength(1)
      expect((await again.run("SELECT name FROM sys.server_principals WHERE name = 'lost'")).rows).toEqual([])
      expect((await again.run("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\p.bak'")).infos).toEqual([3262])
      again.close()
      client.close()
    } finally {
      await sandbox.dispose()
    }
  })

  it('outlives its parent and is found by the next one', async () => {
    const sandbox = new SandboxProcess()
    const second = new SandboxProcess({ dataDir: `${sandbox.folder}/data` })
    try {
      const first = await sandbox.start()
      sandbox.letGo()
      expect(await second.start()).toMatchObject({ pid: first.pid, alreadyRunning: true })
      const client = await SqlClient.open(second.server('ktr-sqlprod-01'))
      expect((await client.run('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
      client.close()
      const ended = sandbox.ended()
      await second.control({ command: 'shutdown' })
      await ended
    } finally {
      await sandbox.dispose()
      await second.dispose()
    }
  })

  it('ends in the middle of a backup when that is ordered, and the file reads as damaged', async () => {
    const sandbox = new SandboxProcess({
      instances: [
        {
          name: 'ktr-one',
          databases: [{ name: 'Sales', bytes: 2_000_000 }],
          folders: ['D:\\Backup'],
          throttle: 400_000,
        },
      ],
    })
    try {
      await sandbox.start()
      const client = await SqlClient.open(sandbox.server('ktr-one'))
      const watcher = await SqlClient.open(sandbox.server('ktr-one'))
      const running = client
        .run("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\k.bak' WITH FORMAT")
        .catch((error: unknown) => error)
      for (let percent = 0; percent < 10;) {
        const { rows } = await watcher.run(
          "SELECT percent_complete AS p FROM sys.dm_exec_requests WHERE command = 'BACKUP DATABASE'",
        )
        percent = Number(rows[0]?.['p'] ?? 0)
      }
      await sandbox.kill()
      expect(await running).toBeInstanceOf(Error)
      await sandbox.start()
      const again = await SqlClient.open(sandbox.server('ktr-one'))
      expect(await again.failure("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\k.bak'")).toEqual([3241, 3013])
      for (const each of [client, watcher, again]) each.close()
    } finally {
      await sandbox.dispose()
    }
  })
})
