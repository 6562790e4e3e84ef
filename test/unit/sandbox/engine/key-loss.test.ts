import { X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'
import { P, restarted } from './tde-support.ts'

let server: TestServer
afterEach(() => server.dispose())

/** A master key in master and a certificate `c` under it. */
async function start(options: Partial<InstanceOptions> = {}): Promise<Client> {
  server = await testServer({ version: 15, ...options })
  const client = await server.connect()
  await client.ok(
    `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE c WITH SUBJECT = 'c'`,
  )
  return client
}

const numbers = (messages: { number: number }[]): number[] => messages.map((message) => message.number)
let file = 0
const exported = (client: Client) => {
  file += 1
  return client.errors(
    `BACKUP CERTIFICATE c TO FILE = 'c${file}.cer' WITH PRIVATE KEY (FILE = 'c${file}.pvk', ENCRYPTION BY PASSWORD = '${P}')`,
  )
}
const copies = async (client: Client): Promise<string[]> =>
  (
    await client.rows(
      "SELECT e.crypt_type FROM sys.symmetric_keys k JOIN sys.key_encryptions e ON e.key_id = k.symmetric_key_id WHERE k.name = '##MS_DatabaseMasterKey##' ORDER BY e.crypt_type",
    )
  ).map((row) => String(row['crypt_type']))

describe('copies of a master key', () => {
  it('come and go, but the last password stays', async () => {
    const client = await start()
    expect(await copies(client)).toEqual(['ESKM', 'ESP2'])
    await client.ok("ALTER MASTER KEY ADD ENCRYPTION BY PASSWORD = 'Second-pass-2'")
    expect(await copies(client)).toEqual(['ESKM', 'ESP2', 'ESP2'])
    expect(await client.errors("ALTER MASTER KEY ADD ENCRYPTION BY PASSWORD = 'Second-pass-2'")).toEqual([
      15579,
    ])
    await client.ok(`ALTER MASTER KEY DROP ENCRYPTION BY PASSWORD = '${P}'`)
    expect(await client.errors(`OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'`)).toEqual([15466])
    await client.ok("OPEN MASTER KEY DECRYPTION BY PASSWORD = 'Second-pass-2'; CLOSE MASTER KEY")
    expect(await client.errors("ALTER MASTER KEY DROP ENCRYPTION BY PASSWORD = 'Second-pass-2'")).toEqual([
      15558,
    ])
    await client.ok('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')
    expect(await copies(client)).toEqual(['ESP2'])
    expect(await client.errors('ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY')).toEqual([15313])
  })
})

const gaveUp = (what: string): string =>
  `An error occurred while decrypting ${what} that was encrypted by the old master key. The error was ignored because the FORCE option was specified.`

describe('FORCE', () => {
  it('REGENERATE without the old key is refused; with FORCE it names what is gone, for good', async () => {
    const client = await start()
    await client.ok(
      `BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk.key' ENCRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY`,
    )
    const regenerate = "REGENERATE WITH ENCRYPTION BY PASSWORD = 'Third-pass-3'"
    expect(await client.errors(`ALTER MASTER KEY ${regenerate}`)).toEqual([15329])
    const forced = await client.ok(`ALTER MASTER KEY FORCE ${regenerate}`)
    expect(numbers(forced.infos)).toEqual([15585, 15584])
    expect(forced.infos[1]?.message).toBe(gaveUp("certificate 'c'"))
    await client.ok("OPEN MASTER KEY DECRYPTION BY PASSWORD = 'Third-pass-3'")
    expect(await exported(client)).toEqual([15466])
    // The file of the old master key no longer helps.
    await client.ok(
      `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}' FORCE; OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'`,
    )
    expect(await exported(client)).toEqual([15466])
  })

  it('is not needed where the old key opens, nor for the file of a lost master key', async () => {
    const client = await start()
    await client.ok(`BACKUP MASTER KEY TO FILE = 'C:\\Keys\\dmk.key' ENCRYPTION BY PASSWORD = '${P}'`)
    await client.ok("ALTER MASTER KEY REGENERATE WITH ENCRYPTION BY PASSWORD = 'Third-pass-3'")
    expect(await exported(client)).toEqual([])
    await client.ok(
      `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
    )
    const { store } = server.instance
    store.change(undefined, () => store.masterKeys.delete('1'))
    expect(await exported(client)).toEqual([15581])
    await client.ok(
      `RESTORE MASTER KEY FROM FILE = 'C:\\Keys\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
    )
    // The new one has no copy under the service master key.
    expect(await copies(client)).toEqual(['ESP2'])
    expect(await exported(client)).toEqual([15581])
    await client.ok(
      `OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY`,
    )
    expect(await exported(client)).toEqual([])
  })
})

describe('a service master key that its machine no longer opens', () => {
  const lose = (): void => {
    const { store } = server.instance
    const kept = store.serviceMasterKey.get('smk')
    if (kept === undefined) throw new Error('there is no service master key')
    store.change(undefined, () =>
      store.serviceMasterKey.put({ ...kept, wrapped: Buffer.from('lost').toString('base64') }),
    )
  }

  it('comes back from its file with FORCE, and the master keys under it open again', async () => {
    const client = await start()
    await client.ok(`BACKUP SERVICE MASTER KEY TO FILE = 'C:\\Keys\\smk.key' ENCRYPTION BY PASSWORD = '${P}'`)
    lose()
    expect(await exported(client)).toEqual([15581])
    const restore = `RESTORE SERVICE MASTER KEY FROM FILE = 'C:\\Keys\\smk.key' DECRYPTION BY PASSWORD = '${P}'`
    expect(await client.errors(restore)).toEqual([15329])
    expect(numbers((await client.ok(`${restore} FORCE`)).infos)).toEqual([15585])
    expect(await exported(client)).toEqual([])
  })

  it('regenerated with FORCE drops the copies, and a password has to open the master key', async () => {
    const client = await start()
    lose()
    expect(await client.errors('ALTER SERVICE MASTER KEY REGENERATE')).toEqual([15329])
    const forced = await client.ok('ALTER SERVICE MASTER KEY FORCE REGENERATE')
    expect(numbers(forced.infos)).toEqual([15585, 15584])
    expect(forced.infos[1]?.message).toBe(gaveUp("master key 'master'"))
    expect(await copies(client)).toEqual(['ESP2'])
    const after = await restarted(server, client)
    expect(await exported(after)).toEqual([15581])
    await after.ok(
      `OPEN MASTER KEY DECRYPTION BY PASSWORD = '${P}'; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY; CLOSE MASTER KEY`,
    )
    expect(await exported(after)).toEqual([])
  })
})

describe('a certificate, by version', () => {
  it.each([
    [13, 2048, 'sha1'],
    [15, 2048, 'sha256'],
    [16, 3072, 'sha256'],
  ] as const)('%i makes %i bits, signed with %s', async (version, bits, hash) => {
    const client = await start({ version })
    const der = await client.scalar("SELECT CERTENCODED(CERT_ID('c'))")
    const certificate = new X509Certificate(Buffer.from(der as Uint8Array))
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(bits)
    const oid = Buffer.from(hash === 'sha1' ? '2a864886f70d010105' : '2a864886f70d01010b', 'hex')
    expect(Buffer.from(der as Uint8Array).includes(oid)).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(await client.errors('SELECT key_length FROM sys.certificates')).toEqual(version < 15 ? [207] : [])
    expect(
      await client.errors(
        `CREATE CERTIFICATE p FROM FILE = 'none.pfx' WITH FORMAT = 'PFX', PRIVATE KEY (DECRYPTION BY PASSWORD = '${P}')`,
      ),
    ).toEqual([version < 16 ? 102 : 15208])
  })

  it('gets a private key once, and only one that is there can change its protection', async () => {
    const client = await start()
    expect(await exported(client)).toEqual([])
    const key = (what: string): string => `ALTER CERTIFICATE c WITH PRIVATE KEY (${what})`
    const fromFile = `FILE = 'c${file}.pvk', DECRYPTION BY PASSWORD = '${P}'`
    expect(await client.errors(key(fromFile))).toEqual([15332])
    await client.ok('ALTER CERTIFICATE c REMOVE PRIVATE KEY')
    expect(await client.errors(key(`ENCRYPTION BY PASSWORD = '${P}'`))).toEqual([15563])
    await client.ok(key(fromFile))
    expect(await exported(client)).toEqual([])
    await client.ok(key(`ENCRYPTION BY PASSWORD = '${P}'`))
    expect(await exported(client)).toEqual([15334])
    await client.ok(key(`DECRYPTION BY PASSWORD = '${P}'`))
    expect(await exported(client)).toEqual([])
  })
})
