import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteRegistryKey } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import {
  NEWEST,
  SECRET,
  concatenation,
  encryptedServer,
  hex,
  openKey,
  providerCode,
  stateOf,
  thumbprintOf,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { P, dmv, encryptionState } from './tde-support.ts'
import type { Client } from './harness.ts'

let vault: FakeVault
let server: EkmServer

beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
})
afterEach(async () => {
  server.dispose()
  await vault.stop()
})

const lines: string[] = []

async function encrypted(): Promise<Client> {
  lines.length = 0
  server = await encryptedServer(vault.reach, NEWEST, { log: (line) => lines.push(line) })
  return server.client
}

/** As on another machine: nothing opens it any more. */
function loseServiceMasterKey(): void {
  const { store } = server.instance
  const smk = store.serviceMasterKey.get('smk')
  if (smk === undefined) throw new Error('no service master key')
  store.change(undefined, () =>
    store.serviceMasterKey.put({ ...smk, wrapped: Buffer.from('lost').toString('base64') }),
  )
}

describe('TDE under a key of a vault', () => {
  it('encrypts, shows the protector, and is online again after a restart', async () => {
    let client = await encrypted()
    const row = await dmv(client, 'Sales')
    expect(row?.['encryptor_type']).toBe('ASYMMETRIC KEY')
    expect(hex(row?.['encryptor_thumbprint'])).toBe(await thumbprintOf(client, 'tde'))
    expect(vault.log.some((line) => line.endsWith('/wrapkey'))).toBe(true)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    expect(vault.log.some((line) => line.endsWith('/unwrapkey'))).toBe(true)
    await client.ok("USE Sales; INSERT INTO dbo.RehearsalRows (note) VALUES ('after'); USE master")
  })

  it('is RECOVERING until the vault answers, and nobody gets in', async () => {
    await encrypted()
    vault.held = []
    server.client.close()
    server.instance.restart()
    const client = await server.connect()
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await stateOf(client)).toBe('RECOVERING')
    expect(await client.errors('USE Sales')).toEqual([922])
    expect(await client.errors('ALTER DATABASE Sales SET OFFLINE')).toEqual([922, 5069])
    vault.held.forEach((release) => release())
    vault.held = undefined
    await server.instance.recovered
    expect(await stateOf(client)).toBe('ONLINE')
    client.close()
  })

  it('a stop while the vault is silent changes nothing, and the next start asks again', async () => {
    await encrypted()
    vault.held = []
    server.instance.restart()
    const first = server.instance.recovered
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    vault.held = undefined
    const client = await server.restart()
    await first
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('a database that is dropped while the vault is silent stays dropped', async () => {
    await encrypted()
    vault.held = []
    server.instance.restart()
    const client = await server.connect()
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await client.ok('DROP DATABASE Sales')
    vault.held.forEach((release) => release())
    vault.held = undefined
    await server.instance.recovered
    expect(server.instance.store.encryptionKeys.all()).toEqual([])
    client.close()
  })

  it('REGENERATE asks the vault to wrap the new key', async () => {
    const client = await encrypted()
    const before = vault.log.filter((line) => line.endsWith('/wrapkey')).length
    await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await encryptionState(client, 'Sales', 3)
    expect(vault.log.filter((line) => line.endsWith('/wrapkey')).length).toBe(before + 1)
    expect(await stateOf(await server.restart())).toBe('ONLINE')
  })
})

describe('after a restart the database is RECOVERY_PENDING, for a reason that the log says', () => {
  const trouble: [string, string, () => void, () => void][] = [
    ['the version is disabled', '33049/3113', () => enable(false), () => enable(true)],
    [
      'the role is revoked',
      '33049/3113',
      () => vault.allowed.delete('unwrapkey'),
      () => vault.allowed.add('unwrapkey'),
    ],
    ['the secret has expired', '33028/3303', () => vault.secrets.clear(), () => vault.secrets.add(SECRET)],
    ['the vault does not know the key', '33049/3112', () => forget(true), () => forget(false)],
    ['the vault throttles', '33049/3109', () => force(429), () => undefined],
    ['the vault fails', '33049/3111', () => force(503), () => undefined],
    ['the vault refuses the token', '33049/3108', () => force(401), () => undefined],
    ['the connection drops', '33049/3107', () => force('drop'), () => undefined],
    ['the answer can not be read', '33049/3706', () => force('garbage'), () => undefined],
  ]
  let kept: ReturnType<FakeVault['version']>[] = []
  const enable = (on: boolean): void => {
    vault.version('ContosoRSAKey0').enabled = on
  }
  const forget = (gone: boolean): void => {
    if (gone) kept = vault.keys.get('ContosoRSAKey0') ?? []
    vault.keys.set('ContosoRSAKey0', gone ? [] : kept)
  }
  const force = (answer: number | 'drop' | 'garbage'): void => {
    vault.forced.push(answer, answer, answer)
  }

  it('each trouble of Azure, one after the other, mended by SET ONLINE', async () => {
    let client = await encrypted()
    for (const [what, code, breakIt, mend] of trouble) {
      breakIt()
      // What is open stays open.
      await client.ok("USE Sales; INSERT INTO dbo.RehearsalRows (note) VALUES ('open'); USE master")
      lines.length = 0
      client = await server.restart()
      expect(await stateOf(client), what).toBe('RECOVERY_PENDING')
      const line = lines.find((each) => each.includes("database 'Sales'")) ?? ''
      expect(`${line.slice(0, 5)}/${/code: (\d+)\./.exec(line)?.[1] ?? ''}`, what).toBe(code)
      expect(await client.errors('USE Sales'), what).toEqual([945])
      vault.forced.length = 0
      mend()
      await client.ok('ALTER DATABASE Sales SET ONLINE')
      expect(await stateOf(client), what).toBe('ONLINE')
    }
    expect(lines.join('\n')).not.toContain(SECRET)
  })

  it('a vault that nobody answers for: refused is 3106, no such host 3900', async () => {
    await encrypted()
    const { port } = vault
    vault.port = 1
    let client = await server.restart()
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3106')
    vault.port = port
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = 'ktr-nowhere', SECRET = '${concatenation()}'`)
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3900')
  })

  it('the registry has no mapping: 2053; the option is off: 33053; no login: 33121; no credential: 33046', async () => {
    let client = await encrypted()
    deleteRegistryKey(
      server.instance,
      'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider\\Azure Key Vault',
    )
    await client.ok('USE Sales; USE master')
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33049/2053')
    // Opening the key again writes the mapping before the engine refuses the second name.
    expect(await client.errors(openKey('again', 'ContosoRSAKey0'))).toEqual([15396])
    await client.ok('ALTER DATABASE Sales SET ONLINE')
    await client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE")
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33053, 5181, 5069])
    await client.ok(
      "EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE; ALTER DATABASE Sales SET ONLINE",
    )
    await client.ok('ALTER LOGIN tde_login DROP CREDENTIAL tde_cred')
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33046, 5181, 5069])
    await client.ok('DROP LOGIN tde_login')
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33121, 5181, 5069])
    await client.ok(
      'CREATE LOGIN tde_new FROM ASYMMETRIC KEY tde; ALTER LOGIN tde_new ADD CREDENTIAL tde_cred; ALTER DATABASE Sales SET ONLINE',
    )
    expect(await stateOf(client)).toBe('ONLINE')
  })
})

describe('renewal of the secret', () => {
  it('counts from the next restart: until then the connector goes on with the old one', async () => {
    let client = await encrypted()
    const renewed = 'New8~second-secret.111111111111111111111'
    vault.secrets.add(renewed)
    await client.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${concatenation(renewed)}'`,
    )
    vault.secrets.delete(SECRET)
    vault.revokeTokens()
    await client.ok('ALTER DATABASE Sales SET OFFLINE')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3303')
    client = await server.restart()
    await client.ok('ALTER DATABASE Sales SET ONLINE')
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('the secret alone, without the client id, is refused by the directory', async () => {
    let client = await encrypted()
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${SECRET}'`)
    client = await server.restart()
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3303')
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}'`)
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/2050')
  })
})

describe('the service master key', () => {
  it('restored from its file with FORCE opens the secrets that are under it', async () => {
    let client = await encrypted()
    const file = `FILE = 'C:\\Keys\\smk.key'`
    await client.ok(`BACKUP SERVICE MASTER KEY TO ${file} ENCRYPTION BY PASSWORD = '${P}'`)
    loseServiceMasterKey()
    const restored = await client.ok(
      `RESTORE SERVICE MASTER KEY FROM ${file} DECRYPTION BY PASSWORD = '${P}' FORCE`,
    )
    expect(restored.infos.map(({ number }) => number)).toEqual([15585])
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('takes the secrets along when it is regenerated; without it they are 33047', async () => {
    let client = await encrypted()
    await client.ok('ALTER SERVICE MASTER KEY REGENERATE')
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    loseServiceMasterKey()
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33047, 5181, 5069])
    expect(await client.errors('ALTER SERVICE MASTER KEY REGENERATE')).not.toEqual([])
    const forced = await client.ok('ALTER SERVICE MASTER KEY FORCE REGENERATE')
    expect(forced.infos.map(({ message }) => message).join()).toContain(
      "decrypting credential 'tde_cred' that",
    )
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${concatenation()}'`)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('what is on disk holds no secret', async () => {
    await encrypted()
    const state = readFileSync(join(server.folder, 'state.db'), 'latin1')
    const wal = readFileSync(join(server.folder, 'state.db-wal'), 'latin1')
    expect(`${state}${wal}`).toContain('setup_cred')
    expect(`${state}${wal}`).not.toContain(SECRET)
    expect(`${state}${wal}`).not.toContain(concatenation().slice(0, 32))
  })
})
