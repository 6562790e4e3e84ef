import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installConnector, prepareRegistry } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { HostGroups } from '../../../../sandbox/sqlserver/host/groups.ts'
import { twoNodes, type TwoNodes } from './availability-support.ts'
import {
  NEWEST,
  PROVIDER,
  SECRET,
  concatenation,
  credential,
  encryptedServer,
  hex,
  openKey,
  stateOf,
  thumbprintOf,
} from './ekm-support.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import { testServer, type Client } from './harness.ts'
import { dmv, encryptionState } from './tde-support.ts'

/** Each node has a client secret of its own. */
const SECRETS = [SECRET, 'Nd2~second-secret.000000000000000000000'] as const
const SECOND = 'ktr-ag-02'

let vault: FakeVault
let both: TwoNodes
let lines: string[]
beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
  for (const secret of SECRETS) vault.secrets.add(secret)
  lines = []
  both = await twoNodes({ ekm: { reach: vault.reach, pause: 0 }, log: (line) => lines.push(line) })
  for (const { instance } of both.nodes) {
    installConnector(instance, { version: NEWEST, signed: true, runtime: true })
    prepareRegistry(instance, true)
    instance.restart()
  }
  both.first = await both.nodes[0].connect()
  both.second = await both.nodes[1].connect()
})
afterEach(async () => {
  both.dispose()
  await vault.stop()
})

const OPTION =
  "EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE"

/** Provider, key object, its login and credential on one node: nothing of it travels in a group. */
async function prepareNode(client: Client, secret: string, name = 'tde'): Promise<void> {
  await client.ok(`${OPTION}; ${PROVIDER}`)
  await addKey(client, secret, name)
}

async function addKey(client: Client, secret: string, name: string): Promise<void> {
  await client.ok(
    `${credential(`${name}_cred`, VAULT, concatenation(secret))}; ALTER LOGIN sa ADD CREDENTIAL ${name}_cred; ${openKey(name, 'ContosoRSAKey0')}; CREATE LOGIN ${name}_login FROM ASYMMETRIC KEY ${name}; ALTER LOGIN sa DROP CREDENTIAL ${name}_cred; ALTER LOGIN ${name}_login ADD CREDENTIAL ${name}_cred`,
  )
}

const prepareBoth = async (): Promise<void> => {
  await prepareNode(both.first, SECRETS[0])
  await prepareNode(both.second, SECRETS[1])
}

const encrypt = async (): Promise<void> => {
  await both.first.ok(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await both.group.settled()
}

const protectorBecomes = (name: string): Promise<number[]> =>
  both.first.errors(
    `USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY ${name}; USE master`,
  )

const movement = async (client: Client): Promise<unknown> =>
  (
    await client.rows(
      'SELECT s.synchronization_state_desc AS state, s.suspend_reason_desc AS reason FROM sys.dm_hadr_database_replica_states AS s WHERE s.is_local = 1',
    )
  )[0]
const SUSPENDED = { state: 'NOT SYNCHRONIZING', reason: 'SUSPEND_FROM_REDO' }
const FOLLOWS = { state: 'SYNCHRONIZED', reason: null }

const resume = async (): Promise<unknown> => {
  await both.second.ok('ALTER DATABASE Sales SET HADR RESUME')
  await both.group.settled()
  return movement(both.second)
}

async function restartNode(node: 0 | 1): Promise<void> {
  const { instance } = both.nodes[node]
  instance.restart()
  await instance.recovered
  const client = await both.nodes[node].connect()
  if (node === 0) both.first = client
  else both.second = client
}

const filesOfSecond = (): string => {
  const { disk, dataFolder } = both.nodes[1].instance
  return readFileSync(disk.resolve(`${dataFolder}\\Sales.mdf`, dataFolder).real, 'latin1')
}

describe('a key of a vault in an availability group', () => {
  it('is opened by each replica as its own login, and the secondary’s own files are encrypted', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    expect(await movement(both.second)).toEqual(FOLLOWS)
    expect(filesOfSecond()).not.toContain('customer Aurelia Lindqvist')
    expect(hex((await dmv(both.second, 'Sales'))?.['encryptor_thumbprint'])).toBe(
      await thumbprintOf(both.second, 'tde'),
    )
    // One wrap by the primary, one unwrap by the secondary: a scan's other states ask nothing.
    expect(
      vault.log.filter((line) => /\/(un)?wrapkey$/.test(line)).map((line) => line.split('/').at(-1)),
    ).toEqual(['wrapkey', 'unwrapkey'])
  })

  const missing: [
    string,
    RegExp,
    (client: Client) => Promise<unknown>,
    (client: Client) => Promise<unknown>,
  ][] = [
    [
      'the key object',
      /^33111 data movement/,
      (client) => client.ok('DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde'),
      (client) =>
        client.ok(
          `ALTER LOGIN sa ADD CREDENTIAL tde_cred; ${openKey('tde', 'ContosoRSAKey0')}; ALTER LOGIN sa DROP CREDENTIAL tde_cred; CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred`,
        ),
    ],
    [
      'the login',
      /^33121 data movement/,
      (client) => client.ok('DROP LOGIN tde_login'),
      (client) =>
        client.ok(
          'CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred',
        ),
    ],
    [
      'the credential',
      /^33046 data movement/,
      (client) => client.ok('ALTER LOGIN tde_login DROP CREDENTIAL tde_cred'),
      (client) => client.ok('ALTER LOGIN tde_login ADD CREDENTIAL tde_cred'),
    ],
    [
      'the option',
      /^33053 data movement/,
      (client) => client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE"),
      (client) => client.ok("EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE"),
    ],
  ]
  it('suspends a secondary that lacks a part of the chain, which goes on once it is resumed with it', async () => {
    await prepareBoth()
    for (const [what, line, take, give] of missing) {
      await take(both.second)
      lines.length = 0
      await both.first.ok(
        'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; USE master',
      )
      await both.group.settled()
      expect(await movement(both.second), what).toEqual(SUSPENDED)
      expect(
        lines.some((each) => line.test(each)),
        what,
      ).toBe(true)
      expect(await resume(), `${what}, not mended`).toEqual(SUSPENDED)
      await give(both.second)
      expect(await resume(), `${what}, mended`).toEqual(FOLLOWS)
      expect((await dmv(both.second, 'Sales'))?.['encryption_state'], what).toBe(1)
      await both.first.ok('USE Sales; DROP DATABASE ENCRYPTION KEY; USE master')
    }
  })

  it('while the vault is silent the secondary lags: 33123; a restart of its service asks anew', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    both.group.hold(SECOND, true)
    await both.first.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await encryptionState(both.first, 'Sales', 3)
    expect(await protectorBecomes('tde')).toEqual([33123])
    vault.held = []
    both.group.hold(SECOND, false)
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await protectorBecomes('tde')).toEqual([33123])
    const silent = vault.held
    vault.held = undefined
    await restartNode(1)
    silent.forEach((release) => release())
    await both.group.settled()
    expect(await movement(both.second)).toEqual(FOLLOWS)
    expect((await dmv(both.second, 'Sales'))?.['key_length']).toBe(128)
  })

  it('asks the vault once for a new key, however many steps the scan has', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    both.nodes[0].instance.scans.setPace({ pagesPerTick: 2, holdAtPercent: 50 })
    vault.log.length = 0
    await both.first.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await encryptionState(both.second, 'Sales', 4)
    both.nodes[0].instance.scans.setPace({ holdAtPercent: null })
    await encryptionState(both.second, 'Sales', 3)
    // The primary wraps the new key; the secondary opens it and the one before.
    expect(vault.log.filter((line) => line.endsWith('wrapkey'))).toHaveLength(3)
    expect((await dmv(both.second, 'Sales'))?.['key_length']).toBe(128)
  })

  it('a change of the protector reaches the secondary, which needs the new key object first', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    vault.addVersion('ContosoRSAKey0')
    await addKey(both.first, SECRETS[0], 'tde2')
    expect(await protectorBecomes('tde2')).toEqual([])
    await encryptionState(both.first, 'Sales', 3)
    await both.group.settled()
    expect(await movement(both.second)).toEqual(SUSPENDED)
    await addKey(both.second, SECRETS[1], 'tde2')
    expect(await resume()).toEqual(FOLLOWS)
    expect(hex((await dmv(both.second, 'Sales'))?.['encryptor_thumbprint'])).toBe(
      await thumbprintOf(both.first, 'tde2'),
    )
  })
})

describe('an expired secret on a secondary', () => {
  it('shows at the restart of its own service and not before, and is renewed there', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    vault.secrets.delete(SECRETS[1])
    expect(await movement(both.second)).toEqual(FOLLOWS)
    await restartNode(0)
    await both.group.settled()
    expect(await movement(both.second)).toEqual(FOLLOWS)
    await restartNode(1)
    expect(await movement(both.second)).toEqual(SUSPENDED)
    expect(lines.at(-1)).toMatch(/^33028 .*Provider error code: 3303\./)
    // The renewed secret counts from the next restart: the connector has used the old one since this one.
    const renewed = 'Nd2~renewed-secret.11111111111111111111'
    vault.secrets.add(renewed)
    await both.second.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${concatenation(renewed)}'`,
    )
    expect(await resume()).toEqual(SUSPENDED)
    await restartNode(1)
    expect(await resume()).toEqual(FOLLOWS)
    expect(lines.join('\n')).not.toContain(renewed)
  })
})

describe('failover', () => {
  const insert = "INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'kept')"
  const notes = 'SELECT note FROM Sales.dbo.RehearsalRows'

  it('goes to a secondary that opens the key, and back', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    await both.first.ok(insert)
    await both.group.failOver(SECOND)
    expect(await stateOf(both.second)).toBe('ONLINE')
    expect(await both.second.rows(notes)).toEqual([{ note: 'kept' }])
    await restartNode(1)
    expect(await both.second.rows(notes)).toEqual([{ note: 'kept' }])
    await both.group.failOver('ktr-ag-01')
    expect(await both.first.rows(notes)).toEqual([{ note: 'kept' }])
  })

  it('comes up after a kill of both: each opens its key anew, and one that lagged catches up', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    both.group.hold(SECOND, true)
    await both.first.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master',
    )
    await encryptionState(both.first, 'Sales', 3)
    await both.first.ok(insert)
    await both.comeUpAgain()
    for (const { instance } of both.nodes) await instance.recovered
    await both.group.settled()
    expect(await both.first.rows(notes)).toEqual([{ note: 'kept' }])
    expect(await movement(both.second)).toEqual(FOLLOWS)
    expect((await dmv(both.second, 'Sales'))?.['key_length']).toBe(128)
    await both.group.failOver(SECOND)
    expect(await both.second.rows(notes)).toEqual([{ note: 'kept' }])
  })

  it('is refused while the secondary is suspended, and takes what it lags behind', async () => {
    await prepareNode(both.first, SECRETS[0])
    await encrypt()
    await both.group.settled()
    await expect(both.group.failOver(SECOND)).rejects.toThrow('suspended')
    await prepareNode(both.second, SECRETS[1])
    both.group.hold(SECOND, true)
    await both.second.ok('ALTER DATABASE Sales SET HADR RESUME')
    expect(await dmv(both.second, 'Sales')).toBeUndefined()
    await both.group.failOver(SECOND)
    await encryptionState(both.second, 'Sales', 3)
  })

  it('to a node whose vault went silent leaves the database RECOVERY_PENDING there, and it comes back', async () => {
    await prepareBoth()
    await encrypt()
    await encryptionState(both.second, 'Sales', 3)
    await both.first.ok(insert)
    vault.secrets.delete(SECRETS[1])
    vault.revokeTokens()
    await both.group.failOver(SECOND)
    expect(await stateOf(both.second)).toBe('RECOVERY_PENDING')
    expect(await both.first.errors('USE Sales')).toEqual([976])
    await both.group.failOver('ktr-ag-01')
    expect(await both.first.rows(notes)).toEqual([{ note: 'kept' }])
    vault.secrets.add(SECRETS[1])
    await restartNode(1)
    expect(await movement(both.second)).toEqual(FOLLOWS)
  })
})

it('a group is formed with a database that is under a key of a vault already', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-ag-'))
  const primary = await encryptedServer(vault.reach)
  const other = await testServer({ name: 'ktr-test-02', ekm: { reach: vault.reach, pause: 0 } }, [])
  try {
    const groups = new HostGroups(folder, [], (name) => ({
      running: name === 'one' ? primary.instance : other.instance,
    }))
    groups.form({ name: 'AG1', replicas: ['one', 'two'], databases: ['Sales'] })
    await groups.settled()
    const client = await other.connect()
    expect(await movement(client)).toEqual(SUSPENDED)
    expect(await stateOf(primary.client)).toBe('ONLINE')
    installConnector(other.instance, { version: NEWEST, signed: true, runtime: true })
    prepareRegistry(other.instance, true)
    other.instance.restart()
    const again = await other.connect()
    await prepareNode(again, SECRETS[1])
    await again.ok('ALTER DATABASE Sales SET HADR RESUME')
    await groups.settled()
    expect(await movement(again)).toEqual(FOLLOWS)
    expect((await dmv(again, 'Sales'))?.['encryption_state']).toBe(3)
  } finally {
    primary.dispose()
    other.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
})
