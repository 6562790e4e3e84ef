import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { MajorVersion } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { encryptionState, protect } from './tde-support.ts'

let server: TestServer
afterEach(() => server.dispose())

const FOLDER = 'D:\\Backup'
const pathOf = (file: string): string =>
  server.instance.disk.resolve(`${FOLDER}\\${file}`, server.instance.dataFolder).real
const bytesOf = (file: string): number => statSync(pathOf(file)).size

/** Sales encrypted, with a full backup and a differential for each set of options; gives the bytes of the full ones. */
async function backedUp(version: MajorVersion, options: Record<string, string>): Promise<Client> {
  server = await testServer({ version })
  const client = await server.connect()
  await protect(client, 'tde', 'Sales')
  await client.ok('ALTER DATABASE Sales SET ENCRYPTION ON')
  await encryptionState(client, 'Sales', 3)
  for (const [name, more] of Object.entries(options))
    await client.ok(`BACKUP DATABASE Sales TO DISK = '${FOLDER}\\${name}.bak' WITH FORMAT, CHECKSUM${more}`)
  return client
}

const sets = {
  plain: '',
  small: ', COMPRESSION',
  limit: ', COMPRESSION, MAXTRANSFERSIZE = 65536',
  large: ', COMPRESSION, MAXTRANSFERSIZE = 131072',
}

const restoredRows = async (client: Client, file: string): Promise<unknown> => {
  await client.ok(
    `RESTORE DATABASE Copy FROM DISK = '${FOLDER}\\${file}' WITH MOVE 'Sales' TO 'C:\\Keys\\c.mdf', MOVE 'Sales_log' TO 'C:\\Keys\\c.ldf', STATS = 10`,
  )
  const { errors, infos } = await client.run('DBCC CHECKDB (Copy) WITH NO_INFOMSGS')
  expect([errors, infos]).toEqual([[], []])
  const rows = await client.rows('SELECT note FROM Copy.dbo.RehearsalRows ORDER BY row_id')
  await client.ok('DROP DATABASE Copy')
  return rows
}

describe('COMPRESSION of a database under TDE', () => {
  it.each([
    [13, ['large']],
    [15, ['small', 'limit', 'large']],
  ] as const)(
    'on version %i shrinks %j, and nothing else (MAXTRANSFERSIZE above 64 KB; from 2019 on by itself)',
    async (version, shrunk) => {
      const client = await backedUp(version, sets)
      for (const name of ['small', 'limit', 'large'])
        expect([name, bytesOf(`${name}.bak`) < bytesOf('plain.bak') / 2]).toEqual([
          name,
          (shrunk as readonly string[]).includes(name),
        ])
      const [header] = await client.rows(`RESTORE HEADERONLY FROM DISK = '${FOLDER}\\large.bak'`)
      const [plain] = await client.rows(`RESTORE HEADERONLY FROM DISK = '${FOLDER}\\plain.bak'`)
      expect(Number(header?.['BackupSize'])).toBeGreaterThan(Number(plain?.['BackupSize']) * 0.9)
      expect(Number(header?.['CompressedBackupSize'])).toBeLessThan(Number(plain?.['BackupSize']) / 2)
      expect(Object.keys(header ?? {})).toEqual(Object.keys(plain ?? {}))
    },
  )

  it('gives back the same rows, by full backup, differential and log; its pages are not in clear', async () => {
    const client = await backedUp(13, {})
    await client.ok("INSERT INTO Sales.dbo.RehearsalRows VALUES (N'MARKED-FULL')")
    const large = ', COMPRESSION, MAXTRANSFERSIZE = 131072'
    await client.ok(`BACKUP DATABASE Sales TO DISK = '${FOLDER}\\f.bak' WITH FORMAT${large}`)
    await client.ok("INSERT INTO Sales.dbo.RehearsalRows VALUES (N'MARKED-DIFF')")
    await client.ok(`BACKUP DATABASE Sales TO DISK = '${FOLDER}\\d.bak' WITH DIFFERENTIAL, FORMAT${large}`)
    await client.ok("INSERT INTO Sales.dbo.RehearsalRows VALUES (N'MARKED-LOG')")
    await client.ok(`BACKUP LOG Sales TO DISK = '${FOLDER}\\l.trn' WITH FORMAT${large}`)
    for (const file of ['f.bak', 'd.bak', 'l.trn'])
      expect(readFileSync(pathOf(file)).includes('MARKED')).toBe(false)
    expect(await restoredRows(client, 'f.bak')).toEqual([{ note: 'MARKED-FULL' }])
    const { errors } = await client.run(
      `RESTORE DATABASE Copy FROM DISK = '${FOLDER}\\f.bak' WITH MOVE 'Sales' TO 'C:\\Keys\\c.mdf', MOVE 'Sales_log' TO 'C:\\Keys\\c.ldf', NORECOVERY;
       RESTORE DATABASE Copy FROM DISK = '${FOLDER}\\d.bak' WITH NORECOVERY; RESTORE LOG Copy FROM DISK = '${FOLDER}\\l.trn'`,
    )
    expect(errors).toEqual([])
    expect(await client.rows('SELECT note FROM Copy.dbo.RehearsalRows ORDER BY row_id')).toEqual(
      ['MARKED-FULL', 'MARKED-DIFF', 'MARKED-LOG'].map((note) => ({ note })),
    )
  })

  it('needs the certificate, and a byte that was changed is damage', async () => {
    const client = await backedUp(13, { large: sets.large })
    const whole = readFileSync(pathOf('large.bak'))
    const damaged = Buffer.from(whole)
    damaged.writeUInt8((damaged.readUInt8(damaged.length >> 1) ^ 1) & 0xff, damaged.length >> 1)
    writeFileSync(pathOf('large.bak'), damaged)
    expect(await client.errors(`RESTORE VERIFYONLY FROM DISK = '${FOLDER}\\large.bak'`)).toEqual([3189, 3013])
    writeFileSync(pathOf('large.bak'), whole)
    await client.ok(`RESTORE VERIFYONLY FROM DISK = '${FOLDER}\\large.bak'`)
    await client.ok('DROP DATABASE Sales; DROP CERTIFICATE tde')
    expect(await client.errors(`RESTORE VERIFYONLY FROM DISK = '${FOLDER}\\large.bak'`)).toEqual([
      33111, 3013,
    ])
  })
})
