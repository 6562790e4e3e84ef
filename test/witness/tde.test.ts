/**
 * Witnesses of transparent data encryption: FreeTDS `tsql` runs a script of it, and certificates that OpenSSL made
 * protect a database. Named reason for skipping the first: `tsql` (package freetds-bin) is not installed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../sandbox/sqlserver/host/config.ts'
import { ServerHost } from '../../sandbox/sqlserver/host/server.ts'
import { SqlClient } from '../contract/sandbox-process.ts'
import { legacyProvider, opensslPrints } from '../support/openssl.ts'
import { feedTsql, tsqlInstalled } from '../support/tsql.ts'

const PASSWORD = 'Some-good-pass-1'
const DATA = 'C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\DATA'

let folder: string
let host: ServerHost
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-tde-witness-'))
  const { instances } = parseConfig({
    dataDir: folder,
    instances: [
      {
        name: 'ktr-tde-01',
        version: 15,
        databases: [
          { name: 'Sales', bytes: 400_000 },
          { name: 'Payroll', bytes: 80_000 },
        ],
        folders: ['C:\\Keys'],
      },
    ],
  })
  const [config] = instances
  if (config === undefined) throw new Error('the configuration names no server')
  host = new ServerHost(config, folder)
  await host.start()
})
afterAll(async () => {
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

const waitFor = (state: number): string =>
  `DECLARE @n int = 0; WHILE EXISTS (SELECT 1 FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('Sales') AND encryption_state <> ${state}) SET @n = @n + 1`

describe.skipIf(!tsqlInstalled())('FreeTDS tsql (skipped without the package freetds-bin)', () => {
  it('sees a database through its whole encryption', async () => {
    const printed = await feedTsql(
      host.facts(),
      folder,
      [
        `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${PASSWORD}'; CREATE CERTIFICATE tde WITH SUBJECT = 'tde'`,
        'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE tde',
        'DROP CERTIFICATE tde; USE master; DROP CERTIFICATE tde',
        `ALTER DATABASE Sales SET ENCRYPTION ON; ${waitFor(3)}`,
        "SELECT 'state', encryption_state_desc, key_algorithm, key_length, encryption_scan_state_desc FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('Sales')",
        'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128',
        `${waitFor(3)}; DROP DATABASE ENCRYPTION KEY`,
        'ALTER DATABASE Sales SET ENCRYPTION OFF',
        `${waitFor(1)}; DROP DATABASE ENCRYPTION KEY; USE master; DROP CERTIFICATE tde; PRINT 'all of it gone'`,
      ].join('\nGO\n') + '\nGO',
    )
    expect([...printed.matchAll(/^(?:Password: )?Msg (\d+)/gm)].map(([, number]) => Number(number))).toEqual([
      33091, 15151, 33127, 33105,
    ])
    expect(printed).toMatch(/state\s+ENCRYPTED\s+AES\s+256\s+COMPLETE/)
    expect(printed).toContain('all of it gone')
  })
})

describe('keys that OpenSSL made', () => {
  const at = (name: string): string => join(folder, name)

  /** A self-signed certificate with its private key, as `.cer` and `.pvk`, on the server's disk. */
  function pair(bits: number): void {
    const name = `k${bits}`
    writeFileSync(at('password'), PASSWORD, { mode: 0o600 })
    opensslPrints(
      ...['req', '-x509', '-newkey', `rsa:${bits}`, '-nodes', '-days', '30', '-subj', `/CN=${name}`],
      ...['-keyout', at(`${name}.key`), '-outform', 'DER', '-out', at(`${name}.cer`)],
    )
    opensslPrints(
      ...['rsa', '-in', at(`${name}.key`), '-outform', 'PVK', '-pvk-strong'],
      ...['-passout', `file:${at('password')}`, '-out', at(`${name}.pvk`), ...legacyProvider],
    )
    for (const kind of ['cer', 'pvk'])
      writeFileSync(host.locate(`C:\\Keys\\${name}.${kind}`), readFileSync(at(`${name}.${kind}`)))
  }

  const importOf = (bits: number): string =>
    `CREATE CERTIFICATE k${bits} FROM FILE = 'C:\\Keys\\k${bits}.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\k${bits}.pvk', DECRYPTION BY PASSWORD = '${PASSWORD}')`
  const protect = (bits: number): string =>
    `USE Payroll; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE k${bits}; USE master`

  it('are imported in the sizes that the server takes, and protect a database up to what it takes', async () => {
    let client = await SqlClient.open(host.facts())
    await client.run(
      `IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = '##MS_DatabaseMasterKey##') CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${PASSWORD}'`,
    )
    for (const bits of [520, 512, 1024, 3520]) pair(bits)
    expect(await client.failure(importOf(520))).toEqual([15464])
    await client.run(importOf(3520))
    expect(await client.failure(protect(3520))).toEqual([33178])
    for (const bits of [512, 1024]) {
      await client.run(`USE master; ${importOf(bits)}; ${protect(bits)}`)
      await client.run('ALTER DATABASE Payroll SET ENCRYPTION ON')
      await host.restart()
      client = await SqlClient.open(host.facts())
      const { rows } = await client.run("SELECT state_desc FROM sys.databases WHERE name = 'Payroll'")
      expect(rows).toEqual([{ state_desc: 'ONLINE' }])
      while ((await encryptionState(client)) !== 3) continue
      expect(readFileSync(host.locate(`${DATA}\\Payroll.mdf`)).includes('Aurelia')).toBe(false)
      await client.run('ALTER DATABASE Payroll SET ENCRYPTION OFF')
      while ((await encryptionState(client)) !== 1) continue
      expect(readFileSync(host.locate(`${DATA}\\Payroll.mdf`)).includes('Aurelia')).toBe(true)
      await client.run('USE Payroll; DROP DATABASE ENCRYPTION KEY')
    }
    client.close()
  }, 120_000)

  async function encryptionState(client: SqlClient): Promise<number> {
    const { rows } = await client.run(
      "SELECT encryption_state FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('Payroll')",
    )
    return Number(rows[0]?.['encryption_state'])
  }
})
