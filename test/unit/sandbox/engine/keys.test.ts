import { X509Certificate, createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPvk } from '../../../../sandbox/sqlserver/files/index.ts'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client
const P = 'Some-good-pass-1'

beforeAll(async () => {
  server = await testServer()
  client = await server.connect()
})
afterAll(() => server.dispose())

const bytesOf = (path: string): Buffer => readFileSync(server.instance.disk.resolve(path, 'C:\\').real)

describe('a database master key', () => {
  it('must be there before a certificate, once, with a password that the policy takes', async () => {
    expect(await client.errors("USE Sales; CREATE CERTIFICATE c WITH SUBJECT = 's'")).toEqual([15581])
    expect(await client.errors("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'Short-1'")).toEqual([33062])
    expect(await client.errors("CREATE MASTER KEY ENCRYPTION BY PASSWORD = 'alllowercase'")).toEqual([33064])
    expect(await client.errors(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${'Aa1-'.repeat(33)}'`)).toEqual([
      33063,
    ])
    await client.ok(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`)
    expect(await client.errors(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`)).toEqual([15578])
    expect(
      await client.scalar("SELECT is_master_key_encrypted_by_server FROM sys.databases WHERE name = 'Sales'"),
    ).toBe(true)
  })

  it('without its service copy opens per session only, and never for the engine', async () => {
    await client.ok('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
    expect(await client.errors("CREATE CERTIFICATE c WITH SUBJECT = 's'")).toEqual([15581])
    expect(await client.errors("OPEN MASTER KEY DECRYPTION BY PASSWORD = 'wrong-Pass-1'")).toEqual([15466])
    await client.ok(
      `OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE c WITH SUBJECT = 's'`,
    )
    const other = await server.connect('sa', undefined, 'Sales')
    expect(
      await other.errors(
        `BACKUP CERTIFICATE c TO FILE = 'x.cer' WITH PRIVATE KEY (FILE = 'x.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([15581])
    other.close()
    await client.ok('ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY')
    expect(await client.errors('CLOSE MASTER KEY')).toEqual([15315])
    expect(await client.errors('ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY')).toEqual([15579])
  })

  it('can not be dropped under a certificate, and is exported and restored', async () => {
    expect(await client.errors('DROP MASTER KEY')).toEqual([15580])
    await client.ok(`BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk.key' ENCRYPTION BY PASSWORD = '${P}'`)
    expect(
      await client.errors(`BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk.key' ENCRYPTION BY PASSWORD = '${P}'`),
    ).toEqual([15240])
    expect(
      await client.errors(
        `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\none.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
      ),
    ).toEqual([15317])
    expect(
      await client.errors(
        `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = 'wrong' ENCRYPTION BY PASSWORD = '${P}'`,
      ),
    ).toEqual([15466])
    const same = await client.ok(
      `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
    )
    expect(same.infos.map((info) => info.number)).toEqual([15588])
    await client.ok(`ALTER MASTER KEY REGENERATE WITH ENCRYPTION BY PASSWORD = 'Another-pass-2'`)
    await client.ok(
      `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
    )
    await client.ok(
      `BACKUP CERTIFICATE c TO FILE = 'C:\\Keys\\after.cer' WITH PRIVATE KEY (FILE = 'C:\\Keys\\after.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
    )
  })
})

describe('a certificate', () => {
  it('leaves as files that open, with the thumbprint that the catalog shows', async () => {
    const [row] = await client.rows(
      "SELECT thumbprint, pvt_key_last_backup_date FROM sys.certificates WHERE name = 'c'",
    )
    const der = bytesOf('C:\\Keys\\after.cer')
    expect(createHash('sha1').update(der).digest()).toEqual(Buffer.from(row?.['thumbprint'] as Uint8Array))
    expect(row?.['pvt_key_last_backup_date']).toBeInstanceOf(Date)
    expect(
      new X509Certificate(der).checkPrivateKey(readPvk(bytesOf('C:\\Keys\\after.pvk'), Buffer.from(P))),
    ).toBe(true)
  })

  it('comes back from those files, and from hexadecimal text, once', async () => {
    const encoded = await client.scalar("SELECT CERTENCODED(CERT_ID('c'))")
    const key = await client.scalar(`SELECT CERTPRIVATEKEY(CERT_ID('c'), '${P}')`)
    const hex = (value: unknown): string => `0x${Buffer.from(value as Uint8Array).toString('hex')}`
    expect(await client.errors("CREATE CERTIFICATE again FROM FILE = 'C:\\Keys\\after.cer'")).toEqual([15232])
    await client.ok('USE master')
    expect(
      await client.errors(
        `CREATE CERTIFICATE m FROM BINARY = ${hex(encoded)} WITH PRIVATE KEY (FILE = 'C:\\Keys\\after.pvk', DECRYPTION BY PASSWORD = '${P}', ENCRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([33069])
    expect(
      await client.errors(
        `CREATE CERTIFICATE m FROM BINARY = ${hex(encoded)} WITH PRIVATE KEY (BINARY = ${hex(key)}, DECRYPTION BY PASSWORD = 'wrong', ENCRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([15465])
    await client.ok(
      `CREATE CERTIFICATE m FROM BINARY = ${hex(encoded)} WITH PRIVATE KEY (BINARY = ${hex(key)}, DECRYPTION BY PASSWORD = '${P}', ENCRYPTION BY PASSWORD = '${P}')`,
    )
    expect(
      await client.rows("SELECT pvt_key_encryption_type FROM sys.certificates WHERE name = 'm'"),
    ).toEqual([{ pvt_key_encryption_type: 'PW' }])
    expect(
      await client.errors(
        `BACKUP CERTIFICATE m TO FILE = 'm.cer' WITH PRIVATE KEY (FILE = 'm.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([15334])
    expect(
      await client.errors(
        `BACKUP CERTIFICATE m TO FILE = 'm.cer' WITH PRIVATE KEY (FILE = 'm.pvk', ENCRYPTION BY PASSWORD = '${P}', DECRYPTION BY PASSWORD = 'wrong')`,
      ),
    ).toEqual([15556])
    await client.ok(
      `BACKUP CERTIFICATE m TO FILE = 'm.pfx' WITH FORMAT = 'PFX', PRIVATE KEY (ENCRYPTION BY PASSWORD = '${P}', DECRYPTION BY PASSWORD = '${P}')`,
    )
    await client.ok(
      `DROP CERTIFICATE m; CREATE CERTIFICATE m FROM FILE = 'm.pfx' WITH FORMAT = 'PFX', PRIVATE KEY (DECRYPTION BY PASSWORD = '${P}', ENCRYPTION BY PASSWORD = '${P}')`,
    )
    await client.ok('ALTER CERTIFICATE m REMOVE PRIVATE KEY')
    expect(
      await client.errors(
        `BACKUP CERTIFICATE m TO FILE = 'm2.cer' WITH PRIVATE KEY (FILE = 'm2.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([15246])
  })

  it.each([
    ["CREATE CERTIFICATE z FROM FILE = 'C:\\Keys\\none.cer'", 15208],
    ["CREATE CERTIFICATE z FROM FILE = 'C:\\Keys\\dmk.key'", 15208],
    ["CREATE CERTIFICATE z ENCRYPTION BY PASSWORD = 'Some-good-pass-1' WITH SUBJECT = ''", 15212],
    [
      "CREATE CERTIFICATE z ENCRYPTION BY PASSWORD = 'Some-good-pass-1' WITH SUBJECT = 's', EXPIRY_DATE = 'tomorrow'",
      241,
    ],
    ['DROP CERTIFICATE z', 15151],
  ])('%s answers %i', async (sql, number) => {
    expect(await client.errors(sql)).toEqual([number])
  })

  it('warns about dates, and expires after a year when nothing else is said', async () => {
    const answer = await client.ok(
      "CREATE CERTIFICATE old ENCRYPTION BY PASSWORD = 'Some-good-pass-1' WITH SUBJECT = 'old', START_DATE = '20200101', EXPIRY_DATE = '20210101'",
    )
    expect(answer.infos.map((info) => info.number)).toEqual([15214])
    await client.ok(
      "CREATE CERTIFICATE usual ENCRYPTION BY PASSWORD = 'Some-good-pass-1' WITH SUBJECT = 'usual'",
    )
    expect(
      await client.scalar(
        "SELECT DATEDIFF(day, start_date, expiry_date) FROM sys.certificates WHERE name = 'usual'",
      ),
    ).toBe(365)
  })
})

describe('the service master key', () => {
  it('regenerates without losing what it opens, and comes back from its file', async () => {
    await client.ok(
      `USE Sales; BACKUP SERVICE MASTER KEY TO FILE = 'C:\\Keys\\smk.key' ENCRYPTION BY PASSWORD = '${P}'; ALTER SERVICE MASTER KEY REGENERATE`,
    )
    await client.ok(`BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk2.key' ENCRYPTION BY PASSWORD = '${P}'`)
    expect(
      await client.errors(
        "RESTORE SERVICE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = 'Some-good-pass-1'",
      ),
    ).toEqual([15317])
    await client.ok(
      "RESTORE SERVICE MASTER KEY FROM FILE = 'C:\\Keys\\smk.key' DECRYPTION BY PASSWORD = 'Some-good-pass-1'",
    )
    await client.ok(`BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk3.key' ENCRYPTION BY PASSWORD = '${P}'`)
  })
})
