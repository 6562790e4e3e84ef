import { afterEach, describe, expect, it } from 'vitest'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { protectorsOfLog } from '../../../../sandbox/sqlserver/engine/tde/log-backup.ts'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { P, dmv, encryptionState, protect, restarted, settled } from './tde-support.ts'

let server: TestServer
afterEach(() => server.dispose())

async function start(options: Partial<InstanceOptions> = {}): Promise<Client> {
  // 2019 has everything that is asked here, and its certificates are made in a fraction of the time.
  server = await testServer({ version: 15, ...options })
  return server.connect()
}

/** Sales encrypted under the certificate `tde`; the session is in master. */
async function encrypted(options: Partial<InstanceOptions> = {}): Promise<Client> {
  const client = await start(options)
  await protect(client, 'tde', 'Sales')
  await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
  await encryptionState(client, 'Sales', 3)
  return client
}

const stateOf = (client: Client, name = 'Sales') =>
  client.scalar(`SELECT state_desc FROM sys.databases WHERE name = '${name}'`)

const whole = async (client: Client): Promise<void> => {
  const { errors, infos } = await client.run('DBCC CHECKDB (Sales) WITH NO_INFOMSGS')
  expect([errors, infos]).toEqual([[], []])
}

describe('changing the key of an encrypted database', () => {
  it('REGENERATE goes 3, 4, 3 with both keys meanwhile', async () => {
    const client = await encrypted()
    server.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: 60 })
    await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await settled(client, 'Sales', (row) => Number(row['percent_complete']) > 55)
    expect(await dmv(client, 'Sales')).toMatchObject({ encryption_state: 4, key_length: 128 })
    await whole(client)
    const after = await restarted(server, client)
    await whole(after)
    server.instance.scans.setPace({ holdAtPercent: null })
    await encryptionState(after, 'Sales', 3)
    await whole(after)
    await whole(await restarted(server, after))
  })

  it('a new protector goes 3, 6, 3, frees the old certificate, and its log needs both until it is backed up', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\before.bak'")
    const old = String((await dmv(client, 'Sales'))?.['encryptor_thumbprint'])
    await protect(client, 'next')
    server.instance.scans.setPace({ holdAtPercent: 0 })
    const changed = await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE next',
    )
    expect(changed.infos.map((info) => info.number)).toContain(33091)
    expect(await dmv(client, 'Sales')).toMatchObject({ encryption_state: 6, percent_complete: 0 })
    expect(await client.errors('ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE tde')).toEqual(
      [33145],
    )
    server.instance.scans.setPace({ holdAtPercent: null })
    const row = await encryptionState(client, 'Sales', 3)
    expect(String(row['encryptor_thumbprint'])).not.toBe(old)
    const { store } = server.instance
    const { databaseId } = server.instance.databaseNamed('Sales') ?? { databaseId: 0 }
    expect(protectorsOfLog(store, databaseId)).toHaveLength(2)
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\spans.bak'")
    // The engine lets it go all the same.
    await client.ok('USE master; DROP CERTIFICATE tde')
    expect(await client.errors("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\spans.bak'")).toEqual([
      33111, 3013,
    ])
    await client.ok("BACKUP LOG Sales TO DISK = 'D:\\Backup\\log.trn'")
    expect(protectorsOfLog(store, databaseId)).toHaveLength(1)
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\after.bak'")
    await client.ok("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\after.bak'")
    await whole(await restarted(server, client))
  })

  it('a third change needs a log backup; a copy-only one is none; CHECKPOINT is enough in the simple model', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\full.bak'")
    const regenerate = async (): Promise<number[]> => {
      const numbers = await client.errors(
        'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_256',
      )
      await encryptionState(client, 'Sales', 3)
      return numbers
    }
    expect([await regenerate(), await regenerate(), await regenerate()]).toEqual([[], [], [33122]])
    await client.ok("BACKUP LOG Sales TO DISK = 'D:\\Backup\\copy.trn' WITH COPY_ONLY")
    expect(await regenerate()).toEqual([33122])
    await client.ok("BACKUP LOG Sales TO DISK = 'D:\\Backup\\log.trn'")
    expect([await regenerate(), await regenerate(), await regenerate()]).toEqual([[], [], [33122]])
    await client.ok('ALTER DATABASE Sales SET RECOVERY SIMPLE; CHECKPOINT')
    expect(await regenerate()).toEqual([])
  })

  it('is refused while a backup runs', async () => {
    const client = await encrypted()
    server.instance.busy.set(server.instance.databaseNamed('Sales')?.id ?? '', 'BACKUP DATABASE')
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION OFF')).toEqual([3023, 5069])
    expect(
      await client.errors('USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128'),
    ).toEqual([3023])
  })
})

describe('a start', () => {
  it('opens an encrypted database again, without anybody being there', async () => {
    const client = await encrypted()
    const after = await restarted(server, client)
    expect(await stateOf(after)).toBe('ONLINE')
    await whole(after)
  })

  it('without the copy under the service master key ends in RECOVERY_PENDING, and the copy mends it', async () => {
    const client = await encrypted()
    await client.ok('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
    expect(
      await client.scalar(
        "SELECT is_master_key_encrypted_by_server FROM sys.databases WHERE name = 'master'",
      ),
    ).toBe(false)
    // Until then nothing shows.
    await whole(client)
    const after = await restarted(server, client)
    expect(await stateOf(after)).toBe('RECOVERY_PENDING')
    expect(await after.errors('USE Sales')).toEqual([945])
    expect(await after.errors('SELECT * FROM Sales.sys.certificates')).toEqual([945])
    expect(await after.errors("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\no.bak'")).toEqual([945, 3013])
    expect(await dmv(after, 'Sales')).toBeUndefined()
    expect(await after.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([15581, 5181, 5069])
    await after.ok(
      `OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY`,
    )
    await after.ok('ALTER DATABASE Sales SET ONLINE')
    expect(await stateOf(after)).toBe('ONLINE')
    await whole(after)
    expect(await stateOf(await restarted(server, after))).toBe('ONLINE')
  })

  it('after the certificate went under a password, or went for good, ends in RECOVERY_PENDING', async () => {
    const client = await encrypted()
    await client.ok(`ALTER CERTIFICATE tde WITH PRIVATE KEY (ENCRYPTION BY PASSWORD = '${P}')`)
    await whole(client)
    const after = await restarted(server, client)
    expect(await after.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33101, 5181, 5069])
    const { store } = server.instance
    for (const certificate of store.certificates.all())
      store.change(undefined, () => store.certificates.delete(certificate.id))
    expect(await after.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33111, 5181, 5069])
    expect(await stateOf(after)).toBe('RECOVERY_PENDING')
  })

  it('OFFLINE and ONLINE open the key anew as well', async () => {
    const client = await encrypted()
    await client.ok('ALTER DATABASE Sales SET OFFLINE')
    expect(await dmv(client, 'Sales')).toBeUndefined()
    await client.ok('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([15581, 5181, 5069])
    expect(await stateOf(client)).toBe('OFFLINE')
  })
})

describe('a backup of an encrypted database', () => {
  it('holds encrypted pages, names the protector, and restores only where the pair is', async () => {
    const client = await encrypted()
    await client.ok(
      `BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\tde.bak'; BACKUP CERTIFICATE tde TO FILE = 'C:\\Keys\\tde.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\tde.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
    )
    const thumbprint = (await dmv(client, 'Sales'))?.['encryptor_thumbprint']
    const [row] = await client.rows("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\tde.bak'")
    expect(Buffer.compare(row?.['TDEThumbprint'] as Uint8Array, thumbprint as Uint8Array)).toBe(0)
    await client.ok('DROP DATABASE Sales; DROP CERTIFICATE tde')
    const missing = await client.run("RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\tde.bak'")
    expect(missing.errors.map((error) => error.number)).toEqual([33111, 3013])
    expect(missing.errors[0]?.message).toContain(
      Buffer.from(thumbprint as Uint8Array)
        .toString('hex')
        .toUpperCase(),
    )
    expect(await client.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\tde.bak'")).toEqual([33111, 3013])
    await client.ok("RESTORE HEADERONLY FROM DISK = 'D:\\Backup\\tde.bak'")
    await client.ok(
      `CREATE CERTIFICATE other FROM FILE = 'C:\\Keys\\tde.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\tde.pvk', DECRYPTION BY PASSWORD = '${P}')`,
    )
    await client.ok("RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\tde.bak'")
    expect(await dmv(client, 'Sales')).toMatchObject({ encryption_state: 3 })
    await whole(client)
  })

  it('taken in the middle of a scan restores to a database whose scan goes on', async () => {
    const client = await start({ scanPace: { pagesPerTick: 1, holdAtPercent: 50 } })
    await protect(client, 'tde', 'Sales')
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await settled(client, 'Sales', (row) => Number(row['percent_complete']) > 45)
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\half.bak'")
    await client.ok(
      "RESTORE DATABASE Copy FROM DISK = 'D:\\Backup\\half.bak' WITH MOVE 'Sales' TO 'C:\\Keys\\c.mdf', MOVE 'Sales_log' TO 'C:\\Keys\\c.ldf'",
    )
    expect((await dmv(client, 'Copy'))?.['encryption_state']).toBe(2)
    server.instance.scans.setPace({ holdAtPercent: null })
    await encryptionState(client, 'Copy', 3)
    const { errors, infos } = await client.run('DBCC CHECKDB (Copy) WITH NO_INFOMSGS')
    expect([errors, infos]).toEqual([[], []])
  })
})

describe('editions and versions', () => {
  it.each([
    [13, 'Enterprise', true],
    [13, 'Standard', false],
    [15, 'Standard', true],
    [16, 'Express', false],
    [17, 'Developer', true],
    [17, 'Express', false],
  ] as const)('%i %s: transparent data encryption %s', async (version, edition, has) => {
    const client = await start({ version, edition })
    if (has) await protect(client, 'tde')
    const numbers = await client.errors(
      'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE tde',
    )
    expect(numbers).toEqual(has ? [] : [33117])
    if (!has) {
      expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION ON')).toEqual([33117, 5069])
      return
    }
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    const row = await encryptionState(client, 'Sales', 3)
    expect(row['encryptor_type']).toBe(version >= 17 ? 'CERTIFICATE_OAEP_256' : 'CERTIFICATE')
    await whole(await restarted(server, client))
  })
})
