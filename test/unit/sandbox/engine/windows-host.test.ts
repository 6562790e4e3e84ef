import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HostOrder, HostReplies, hostAnswers } from '../../../../shared/model/host-calls.ts'
import type { HostAnswer, HostCall, HostCallName, HostReply } from '../../../../shared/model/host-calls.ts'
import { installConnector } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import {
  placeSetupPackages,
  productCode,
  setupPath,
  SETUP_VERSIONS,
} from '../../../../sandbox/sqlserver/windows/packages.ts'
import { runHostCalls } from '../../../../sandbox/sqlserver/windows/windows-host.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import {
  NEWEST,
  OLD,
  SECRET,
  concatenation,
  ekmServer,
  encryptedServer,
  openKey,
  providerCode,
  stateOf,
  thumbprintOf,
  withCredential,
  withServerKey,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'

const KEY = 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider'
const SERVICE = 'MSSQLSERVER'
const ACCOUNT = 'KTR\\svc-sql'

let vault: FakeVault
let server: EkmServer
let restarts: number
beforeAll(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
})
beforeEach(() => {
  vault.repair()
  vault.secrets.add(SECRET)
  restarts = 0
})
afterEach(() => server.dispose())
afterAll(() => vault.stop())

/** As the control channel takes them: what is no call is refused before anybody acts. */
async function run(...calls: HostCall[]): Promise<HostReply[]> {
  const order = HostOrder.parse({ command: 'host', instance: 'any', calls })
  const replies = await runHostCalls(
    {
      instance: () => server.instance,
      restart: async () => {
        restarts += 1
        await server.restart()
      },
    },
    order.calls,
  )
  return HostReplies.parse(JSON.parse(JSON.stringify(replies)))
}

async function ask<Name extends HostCallName>(
  call: Extract<HostCall, { call: Name }>,
): Promise<HostAnswer<Name>> {
  const [reply] = await run(call)
  if (reply?.ok !== true) throw new Error(JSON.stringify(reply))
  return hostAnswers[call.call].parse(reply.answer) as HostAnswer<Name>
}

const refusalOf = async (call: HostCall): Promise<string> => {
  const [reply] = await run(call)
  return reply?.ok === false ? reply.refusal : 'not refused'
}

const install = (version: string): Promise<HostAnswer<'install-package'>> =>
  ask({ call: 'install-package', path: setupPath(version), mode: 'silent' })
const uninstall = (version: string): Promise<HostAnswer<'uninstall-package'>> =>
  ask({ call: 'uninstall-package', productCode: productCode(version), mode: 'silent' })

describe('the computer and its service', () => {
  it('says who it is, what the service runs as and since when; another service is not there', async () => {
    server = await ekmServer(vault.reach, NEWEST, { serviceAccount: ACCOUNT })
    expect(await ask({ call: 'read-system' })).toMatchObject({
      computer: 'KTR-TEST-01',
      is64Bit: true,
      administrator: true,
    })
    expect(await ask({ call: 'read-service', service: SERVICE })).toMatchObject({
      account: ACCOUNT,
      sid: expect.stringMatching(/^S-1-5-21-\d+-\d+-\d+-\d+$/) as string,
      state: 'running',
      startedAt: server.instance.startedAt.toISOString(),
    })
    expect(await ask({ call: 'read-service', service: 'MSSQL$OTHER' })).toBeNull()
    const clock = await ask({ call: 'read-clock' })
    expect(Math.abs(Date.parse(clock.at) - server.instance.now().getTime())).toBeLessThan(60_000)
    expect(await ask({ call: 'read-proxy', service: SERVICE })).toMatchObject({ enabled: false })
  })

  it('restarts the service for real, and nothing is run after a call that is refused', async () => {
    server = await ekmServer(vault.reach)
    const old = server.client
    const startTime = async (): Promise<number> =>
      ((await server.client.scalar('SELECT sqlserver_start_time FROM sys.dm_os_sys_info')) as Date).getTime()
    const before = await startTime()
    while (Date.now() - before < 10) await new Promise((resolve) => setImmediate(resolve))
    const answer = await ask({ call: 'restart-service', service: SERVICE })
    expect(restarts).toBe(1)
    expect(answer.startedAt).toBe(server.instance.startedAt.toISOString())
    expect(server.client).not.toBe(old)
    expect(await startTime()).toBeGreaterThan(before)
    const replies = await run(
      { call: 'restart-service', service: 'MSSQL$OTHER' },
      { call: 'restart-service', service: SERVICE },
    )
    expect(replies).toMatchObject([{ ok: false, refusal: 'not-there' }])
    expect(restarts).toBe(1)
  })

  it('is in no cluster', async () => {
    server = await ekmServer(vault.reach)
    expect(await ask({ call: 'list-cluster-resources' })).toBeNull()
    for (const call of [
      { call: 'read-cluster-checkpoints', resource: 'SQL Server' },
      { call: 'add-cluster-checkpoint', resource: 'SQL Server', key: KEY },
      { call: 'restart-cluster-resource', resource: 'SQL Server' },
    ] as const)
      expect(await refusalOf(call)).toBe('no-command')
  })

  it('dies where a fault was ordered: before a call has an effect, or after it', async () => {
    let killed = 0
    server = await ekmServer(vault.reach, NEWEST, {
      kill: () => {
        killed += 1
        throw new Error('killed')
      },
    })
    server.instance.faults.add({ kind: 'kill', match: 'host restart-service', nth: 1, when: 'before' })
    await run({ call: 'read-clock' })
    await expect(run({ call: 'restart-service', service: SERVICE })).rejects.toThrow('killed')
    expect([killed, restarts]).toEqual([1, 0])
    server.instance.faults.clear()
    server.instance.faults.add({ kind: 'kill', match: 'host restart-service', nth: 1, when: 'after' })
    await expect(run({ call: 'restart-service', service: SERVICE })).rejects.toThrow('killed')
    expect([killed, restarts]).toEqual([2, 1])
  })
})

describe('a fault that Windows would name', () => {
  it('refuses the call, and the next one goes', async () => {
    server = await ekmServer(vault.reach)
    const { faults } = server.instance
    for (const [number, refusal] of [
      [5, 'access-denied'],
      [2, 'not-there'],
      [1053, 'failed'],
    ] as const) {
      faults.add({ kind: 'fail', match: 'host restart-service', nth: 1, number, message: 'It was ordered.' })
      const [reply] = await run({ call: 'restart-service', service: SERVICE })
      expect(reply).toMatchObject({ ok: false, refusal, message: `${number}(It was ordered.)` })
      faults.clear()
    }
    expect(restarts).toBe(0)
    await ask({ call: 'restart-service', service: SERVICE })
    expect(restarts).toBe(1)
  })
})

describe('the connector’s part of the registry', () => {
  it('is not there, is made with Full Control for the account, and counts from the restart', async () => {
    server = await ekmServer(vault.reach, NEWEST, { serviceAccount: ACCOUNT })
    const { store } = server.instance
    store.change(undefined, () => {
      for (const { id } of store.registryKeys.all()) store.registryKeys.delete(id)
    })
    await withCredential(server)
    await server.restart()
    expect(await ask({ call: 'read-registry', key: KEY })).toBeNull()
    expect(await providerCode(server.client, openKey('k', 'ContosoRSAKey0'))).toBe('33049/2058')
    expect(await refusalOf({ call: 'create-registry-key', key: KEY, account: 'nobody' })).toBe('not-there')
    const made = await ask({ call: 'create-registry-key', key: KEY, account: ACCOUNT })
    expect(made.created).toBe(true)
    expect(made.access[0]).toMatchObject({
      account: ACCOUNT,
      rights: 'FullControl',
      kind: 'Allow',
      inherited: false,
    })
    const again = await ask({ call: 'create-registry-key', key: KEY, account: ACCOUNT.toUpperCase() })
    expect(again.created).toBe(false)
    expect(again.access).toHaveLength(made.access.length)
    expect(await providerCode(server.client, openKey('k', 'ContosoRSAKey0'))).toBe('33049/2058')
    await ask({ call: 'restart-service', service: SERVICE })
    await server.client.ok(openKey('k', 'ContosoRSAKey0'))
    const thumbprint = await thumbprintOf(server.client, 'k')
    const read = await ask({ call: 'read-registry', key: KEY })
    const leaf = `${KEY}\\Azure Key Vault\\https://${VAULT}.vault.azure.net\\${thumbprint}`
    expect(read?.keys.map(({ key }) => key)).toEqual([
      KEY,
      `${KEY}\\Azure Key Vault`,
      `${KEY}\\Azure Key Vault\\https://${VAULT}.vault.azure.net`,
      leaf,
    ])
    expect(read?.keys.at(-1)?.values).toEqual([
      { name: 'KeyUri', data: expect.stringContaining('/keys/ContosoRSAKey0/') as string },
    ])
    expect((await ask({ call: 'read-registry', key: leaf }))?.access[0]).toMatchObject({
      account: ACCOUNT,
      inherited: true,
    })
  })

  it('is exported into a file of the server’s disk, never over one that is there', async () => {
    server = await encryptedServer(vault.reach)
    const call = { call: 'export-registry', key: KEY, path: 'D:\\Backup\\ekm.reg' } as const
    const answer = await ask(call)
    const { instance } = server
    const bytes = instance.disk.readFile('D:\\Backup\\ekm.reg', 'C:\\', 100_000)
    expect(answer).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex').toUpperCase(),
    })
    const text = bytes.toString('utf16le')
    expect(text.startsWith('\uFEFFWindows Registry Editor Version 5.00\r\n')).toBe(true)
    expect(text).toContain(`[HKEY_LOCAL_MACHINE\\${KEY}]`)
    expect(text).toContain(`"KeyUri"="https://${VAULT}.vault.azure.net/keys/ContosoRSAKey0/`)
    vault.addVersion('Another')
    await withServerKey(server, 'another', 'Another')
    expect(await ask(call), 'a file that is there stays as it is').toEqual(answer)
    expect(await refusalOf({ ...call, path: 'D:\\nowhere\\ekm.reg' })).toBe('not-there')
    instance.disk.readOnlyFolders.add('d:\\backup')
    expect(await refusalOf({ ...call, path: 'D:\\Backup\\other.reg' })).toBe('access-denied')
    expect(await ask({ ...call, key: `${KEY}\\Nothing`, path: 'D:\\Backup\\none.reg' })).toBeNull()
    expect(instance.disk.kindOf('D:\\Backup\\none.reg')).toBeUndefined()
  })

  it('and nothing else of the registry, and no other path, is a call', async () => {
    server = await ekmServer(vault.reach)
    for (const call of [
      { call: 'read-registry', key: 'SOFTWARE\\Microsoft\\Windows' },
      { call: 'export-registry', key: KEY, path: 'ekm.reg' },
      { call: 'run', text: 'whoami' },
    ])
      expect(HostOrder.safeParse({ command: 'host', instance: 'any', calls: [call] }).success).toBe(false)
  })
})

describe('library and setup', () => {
  it('reads the version, the digest and the signature of a library', async () => {
    server = await ekmServer(vault.reach)
    expect(await ask({ call: 'read-library', path: CONNECTOR_PATH })).toMatchObject({
      version: NEWEST,
      signature: { state: 'valid' },
    })
    installConnector(server.instance, { version: NEWEST, signed: false, runtime: false })
    expect(await ask({ call: 'read-library', path: CONNECTOR_PATH })).toMatchObject({
      signature: { state: 'not-signed', signer: null },
    })
    expect(await ask({ call: 'read-installed', what: 'runtime' })).toEqual([])
    installConnector(server.instance, null)
    expect(await ask({ call: 'read-library', path: CONNECTOR_PATH })).toBeNull()
    expect(await ask({ call: 'read-installed', what: 'connector' })).toEqual([])
    expect(await ask({ call: 'read-installed', what: 'runtime' })).toHaveLength(1)
  })

  it('installs each version, refuses one over another, and takes it away', async () => {
    server = await ekmServer(vault.reach)
    const { disk } = server.instance
    const refused = async (call: HostCall): Promise<string> => {
      const [reply] = await run(call)
      return reply?.ok === false ? `${reply.refusal}: ${reply.message}` : 'not refused'
    }
    const setup = (path: string): HostCall => ({ call: 'install-package', path, mode: 'silent' })
    expect(await refused(setup(setupPath(NEWEST)))).toBe('failed: msiexec ended with 1619')
    placeSetupPackages(disk)
    placeSetupPackages(disk)
    expect(disk.list('C:\\ktr-setup')).toHaveLength(SETUP_VERSIONS.length)
    expect(await uninstall(OLD)).toEqual({ exitCode: 1605, restartNeeded: false })
    expect(await refused(setup(setupPath(OLD)))).toBe('failed: msiexec ended with 1638')
    expect(await uninstall(NEWEST)).toEqual({ exitCode: 0, restartNeeded: false })
    for (const version of SETUP_VERSIONS) {
      expect(await install(version)).toEqual({ exitCode: 0, restartNeeded: false })
      expect(await install(version), 'a repair').toEqual({ exitCode: 0, restartNeeded: false })
      expect(await ask({ call: 'read-installed', what: 'connector' })).toMatchObject([
        { version, productCode: productCode(version) },
      ])
      expect((await ask({ call: 'read-library', path: CONNECTOR_PATH }))?.version).toBe(version)
      await uninstall(version)
    }
    // A setup and a package that a kill left half written.
    const half = disk.resolve(CONNECTOR_PATH, 'C:\\')
    if (half.exists) disk.remove(half)
    disk.placeFile(
      CONNECTOR_PATH,
      Buffer.from('Keyturn rehearsal connector. Not a library of Microsoft, no code in it.\n{"ver'),
    )
    expect(await ask({ call: 'read-installed', what: 'connector' })).toEqual([])
    disk.remove(disk.resolve(setupPath(NEWEST), 'C:\\'))
    disk.placeFile(setupPath(NEWEST), Buffer.from('Keyturn'))
    placeSetupPackages(disk)
    expect(await install(NEWEST)).toEqual({ exitCode: 0, restartNeeded: false })
    disk.placeFile('C:\\Keys\\other.msi', Buffer.from('MZ'))
    expect(await refused(setup('C:\\Keys\\other.msi'))).toBe('failed: msiexec ended with 1620')
  })

  it('across 1.0.5.0 while the library is loaded: 3010, pending after the restart, and the way back', async () => {
    server = await encryptedServer(vault.reach, OLD)
    placeSetupPackages(server.instance.disk)
    expect(await uninstall(OLD)).toEqual({ exitCode: 3010, restartNeeded: true })
    await install(NEWEST)
    // What is loaded goes on until the restart.
    await server.client.ok('ALTER DATABASE Sales SET OFFLINE; ALTER DATABASE Sales SET ONLINE')
    await ask({ call: 'restart-service', service: SERVICE })
    expect(await stateOf(server.client)).toBe('RECOVERY_PENDING')
    expect(await server.client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33030, 5181, 5069])
    expect(await uninstall(NEWEST)).toEqual({ exitCode: 0, restartNeeded: false })
    await install(OLD)
    await ask({ call: 'restart-service', service: SERVICE })
    expect(await stateOf(server.client)).toBe('ONLINE')
  })
})

describe('the event log', () => {
  const since = '2020-01-01T00:00:00Z'
  const read = (source: 'connector' | 'sql-server', most = 50): Promise<HostAnswer<'read-events'>> =>
    ask({ call: 'read-events', source, service: SERVICE, since, most })

  it('has an entry for each failure of the connector, with its code and what Azure answered', async () => {
    server = await encryptedServer(vault.reach)
    vault.version('ContosoRSAKey0').enabled = false
    await server.restart()
    vault.secrets.clear()
    await server.restart()
    const [newest, before] = await read('connector')
    expect(newest).toMatchObject({
      id: 3303,
      level: 'error',
      source: 'SQL Server Connector for Microsoft Azure Key Vault',
    })
    expect(newest?.message).toContain('/oauth2/v2.0/token answered 401: invalid_client, AADSTS7000222')
    expect(newest?.message).toContain('not of Microsoft')
    expect(before).toMatchObject({ id: 3113 })
    expect(before?.message).toMatch(/unwrapkey answered 403: Forbidden, KeyDisabled/)
    expect(JSON.stringify(await read('connector'))).not.toContain(SECRET)
    expect(JSON.stringify(await read('connector'))).not.toContain(concatenation().slice(0, 32))
    expect((await read('connector', 1)).map(({ id }) => id)).toEqual([3303])
    expect(
      await ask({
        call: 'read-events',
        source: 'connector',
        service: SERVICE,
        since: new Date(Date.now() + 60_000).toISOString(),
        most: 5,
      }),
    ).toEqual([])
    const own = await read('sql-server')
    expect(own.map(({ id }) => id)).toEqual(expect.arrayContaining([17162, 33028, 33112, 33113]))
    expect(
      await ask({ call: 'read-events', source: 'sql-server', service: 'MSSQL$OTHER', since, most: 5 }),
    ).toEqual([])
  })
})

describe('connections', () => {
  it('to a vault that is there, to one that is not, to any other name, and to nobody', async () => {
    server = await ekmServer(vault.reach)
    const hosts = ['login.microsoftonline.com', `${VAULT}.vault.azure.net`, 'ktr-nowhere.vault.azure.net']
    const test = (): Promise<HostAnswer<'test-connection'>> => ask({ call: 'test-connection', hosts })
    expect((await test()).map(({ reached }) => reached)).toEqual([true, true, false])
    expect((await test())[2]).toMatchObject({ address: null })
    const { port } = vault
    vault.port = 1
    expect((await test())[1]).toMatchObject({ address: expect.any(String) as string, reached: false })
    vault.port = port
  })
})
