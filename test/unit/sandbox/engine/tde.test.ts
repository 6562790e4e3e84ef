import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
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

const dataFile = (database = 'Sales'): Buffer =>
  readFileSync(server.instance.disk.resolve(`${database}.mdf`, server.instance.dataFolder).real)

describe('a database encryption key', () => {
  it('is created under a certificate of master and warns while that was never exported', async () => {
    const client = await start()
    await protect(client, 'tde')
    expect(await client.errors('USE Sales; DROP DATABASE ENCRYPTION KEY')).toEqual([33104])
    const created = await client.ok(
      'CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE tde',
    )
    expect(created.infos.map((info) => info.number)).toEqual([33091])
    expect(
      await client.errors(
        'CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_128 ENCRYPTION BY SERVER CERTIFICATE tde',
      ),
    ).toEqual([33103])
    expect(await dmv(client, 'Sales')).toMatchObject({
      encryption_state: 1,
      key_algorithm: 'AES',
      key_length: 256,
      encryptor_type: 'CERTIFICATE',
      percent_complete: 0,
      encryption_scan_state_desc: 'NONE',
    })
    expect(await client.errors('USE master; DROP CERTIFICATE tde')).toEqual([33127])
    await client.ok('USE Sales; DROP DATABASE ENCRYPTION KEY')
    expect(await dmv(client, 'Sales')).toBeUndefined()
    await client.ok('USE master; DROP CERTIFICATE tde')
  })

  it('needs a certificate that is there, has a private key, and opens without a session', async () => {
    const client = await start()
    const create = (name: string): string =>
      `USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ${name}; USE master`
    expect(await client.errors(create('CERTIFICATE none'))).toEqual([15151])
    expect(await client.errors(create('ASYMMETRIC KEY none'))).toEqual([15151])
    await protect(client, 'tde')
    await client.ok(`CREATE CERTIFICATE pw ENCRYPTION BY PASSWORD = '${P}' WITH SUBJECT = 'pw'`)
    expect(await client.errors(create('CERTIFICATE pw'))).toEqual([33101])
    await client.ok('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
    expect(await client.errors(create('CERTIFICATE tde'))).toEqual([15581])
  })

  it('is refused in system databases, in read-only ones and for deprecated algorithms', async () => {
    const client = await start()
    await protect(client, 'tde')
    const create = (algorithm: string): string =>
      `CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = ${algorithm} ENCRYPTION BY SERVER CERTIFICATE tde`
    expect(await client.errors(create('AES_256'))).toEqual([33102])
    expect(await client.errors(`USE Sales; ${create('TRIPLE_DES_3KEY')}`)).toEqual([33128])
    await client.ok('ALTER DATABASE Sales SET READ_ONLY')
    expect(await client.errors(create('AES_256'))).toEqual([33118])
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION ON')).toEqual([33118, 5069])
  })
})

describe('an encryption scan', () => {
  it('goes 1, 2, 3, leaves no clear text in the data file and the pages as they were', async () => {
    const client = await start({ scanPace: { pagesPerTick: 1, holdAtPercent: 40 } })
    await protect(client, 'tde', 'Sales')
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION OFF')).toEqual([33108, 5069])
    expect(dataFile().includes('Aurelia')).toBe(true)
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await settled(client, 'Sales', (row) => Number(row['percent_complete']) > 35)
    expect(await dmv(client, 'Sales')).toMatchObject({
      encryption_state: 2,
      encryption_state_desc: 'ENCRYPTION_IN_PROGRESS',
      encryption_scan_state_desc: 'RUNNING',
    })
    expect(await client.scalar("SELECT is_encrypted FROM sys.databases WHERE name = 'Sales'")).toBe(true)
    expect(dataFile().includes('Aurelia')).toBe(true)
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION OFF')).toEqual([33109, 5069])
    expect(
      await client.errors('USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128'),
    ).toEqual([33110])
    expect(await client.errors('DROP DATABASE ENCRYPTION KEY')).toEqual([33105])
    const half = await client.run('DBCC CHECKDB WITH NO_INFOMSGS')
    expect([half.errors, half.infos]).toEqual([[], []])
    server.instance.scans.setPace({ holdAtPercent: null })
    expect(await encryptionState(client, 'Sales', 3)).toMatchObject({
      percent_complete: 0,
      encryption_scan_state_desc: 'COMPLETE',
    })
    const bytes = dataFile()
    for (const word of ['Aurelia', 'Tomasz', 'row ', 'IBAN', 'amount'])
      expect(bytes.includes(word)).toBe(false)
    const whole = await client.run('DBCC CHECKDB WITH NO_INFOMSGS')
    expect([whole.errors, whole.infos]).toEqual([[], []])
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION ON')).toEqual([33107, 5069])
  })

  it('off goes 5, 1 and leaves the file byte for byte as it was', async () => {
    const client = await start()
    const before = createHash('sha256').update(dataFile()).digest('hex')
    await protect(client, 'tde', 'Sales')
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await encryptionState(client, 'Sales', 3)
    expect(createHash('sha256').update(dataFile()).digest('hex')).not.toBe(before)
    server.instance.scans.setPace({ holdAtPercent: 50 })
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION OFF')
    expect(await client.scalar("SELECT is_encrypted FROM sys.databases WHERE name = 'Sales'")).toBe(false)
    await encryptionState(client, 'Sales', 5)
    expect(await client.errors('USE Sales; DROP DATABASE ENCRYPTION KEY')).toEqual([33105])
    server.instance.scans.setPace({ holdAtPercent: null })
    await encryptionState(client, 'Sales', 1)
    await client.ok('DROP DATABASE ENCRYPTION KEY')
    expect(createHash('sha256').update(dataFile()).digest('hex')).toBe(before)
    // tempdb stays encrypted until the next start.
    expect((await dmv(client, 'tempdb'))?.['encryption_state']).toBe(3)
    const after = await restarted(server, client)
    expect(await dmv(after, 'tempdb')).toBeUndefined()
  })

  it('is suspended and resumed, stays so over a restart, and is unknown before 2019', async () => {
    const client = await start({ scanPace: { pagesPerTick: 1, holdAtPercent: 30 } })
    await protect(client, 'tde', 'Sales')
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await settled(client, 'Sales', (row) => Number(row['percent_complete']) > 25)
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION SUSPEND')
    server.instance.scans.setPace({ holdAtPercent: null })
    const frozen = await dmv(client, 'Sales')
    expect(frozen).toMatchObject({ encryption_state: 2, encryption_scan_state_desc: 'SUSPENDED' })
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION SUSPEND')).toEqual([5069])
    const after = await restarted(server, client)
    expect((await dmv(after, 'Sales'))?.['percent_complete']).toBe(frozen?.['percent_complete'])
    await after.ok('ALTER DATABASE Sales SET ENCRYPTION RESUME')
    await encryptionState(after, 'Sales', 3)
    server.dispose()
    const old = await start({ version: 13 })
    expect(await old.errors('ALTER DATABASE Sales SET ENCRYPTION SUSPEND')).toEqual([102])
    expect(await old.errors('SELECT encryption_scan_state FROM sys.dm_database_encryption_keys')).toEqual([
      207,
    ])
  })

  it('goes on by itself after a restart in the middle', async () => {
    const client = await start({ scanPace: { pagesPerTick: 1, holdAtPercent: 50 } })
    await protect(client, 'tde', 'Sales')
    await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
    await settled(client, 'Sales', (row) => Number(row['percent_complete']) > 45)
    const after = await restarted(server, client)
    expect((await dmv(after, 'Sales'))?.['encryption_state']).toBe(2)
    server.instance.scans.setPace({ holdAtPercent: null })
    await encryptionState(after, 'Sales', 3)
    expect(dataFile().includes('Aurelia')).toBe(false)
  })
})
