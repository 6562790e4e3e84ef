/** The doctor on a simulated server, its Windows host and simulated Azure: before set-up, after it, and with one thing wrong at a time. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { doctorTests, type DoctorReport, type DoctorTestId } from '../../../shared/model/ekm-doctor.ts'
import { changingCalls } from '../../../shared/model/host-calls.ts'
import { installConnector } from '../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import { diagnose } from '../../../electron/doctor/diagnose.ts'
import type { DoctorFacts } from '../../../electron/doctor/facts-model.ts'
import { vaultHostsOf } from '../../../electron/doctor/places.ts'
import type { DoctorPorts } from '../../../electron/doctor/ports.ts'
import { doctorStage, found, nobody, states, type DoctorStage } from './doctor-stage.ts'

let stage: DoctorStage
beforeAll(async () => {
  stage = await doctorStage()
})
afterAll(() => stage.end())

const needing = (report: DoctorReport): DoctorTestId[] => [
  ...new Set(report.findings.filter(({ state }) => state === 'attention').map(({ test }) => test)),
]
const remedyOf = (report: DoctorReport, test: DoctorTestId) =>
  found(report, test).find(({ state }) => state === 'attention')?.remedy

describe('before anything was set up', () => {
  let report: DoctorReport
  beforeAll(async () => {
    report = await stage.report()
  })

  it('each test says something, in the order of the list', () => {
    const order = report.findings.map(({ test }) => doctorTests.findIndex(({ id }) => id === test))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(new Set(report.findings.map(({ test }) => test)).size).toBe(doctorTests.length)
  })

  it('option and provider need attention, with the job that mends them; what stands on them does not apply', () => {
    expect(needing(report)).toEqual(['option', 'provider'])
    expect(remedyOf(report, 'option')?.job).toBe('tde-vault-key')
    expect(states(report, 'key-login')).toEqual(['not-applicable'])
    expect(states(report, 'vault-key')).toEqual(['not-applicable'])
  })

  it('every line that was read has its source and time, and every remedy a cause, a test and a fix', () => {
    for (const { source, at, state, remedy } of report.findings) {
      expect(source).not.toBe('')
      if (state === 'in-order' || state === 'attention') expect(at).toMatch(/^\d{4}-\d\d-\d\dT/)
      if (remedy !== null)
        expect([remedy.cause, remedy.byHand, remedy.fix].every((text) => text !== '')).toBe(true)
    }
  })
})

describe('after it was set up', () => {
  let facts: DoctorFacts
  beforeAll(async () => {
    await stage.setUp()
    facts = await stage.facts()
  })
  beforeEach(async () => {
    await stage.place.azure.order({ do: 'clearFaults' })
  })

  it('only the secret that ends soon needs attention; nothing on the host or server is changed by reading', async () => {
    const rows = () => stage.server.rows('SELECT modify_date FROM sys.credentials')
    const before = await rows()
    stage.calls.length = 0
    const report = await stage.report()
    expect(needing(report)).toEqual(['secret-expiry'])
    expect(remedyOf(report, 'secret-expiry')?.job).toBe('credential')
    expect(report.vaults).toEqual([stage.place.host])
    expect(stage.calls.filter(({ call }) => changingCalls.has(call))).toEqual([])
    expect(stage.calls.length).toBeGreaterThan(9)
    expect(await rows()).toEqual(before)
    expect(states(report, 'wrap').every((state) => state.startsWith('not-read'))).toBe(true)
    expect(report.wraps).toContainEqual({
      application: 'ktr-ekm-sql01',
      key: 'ktr-tde-sql01',
      vault: stage.place.host,
    })
  })

  it.each([
    ['RECOVERY_PENDING', 'its key did not open', 'credential'],
    ['SUSPECT', 'its key did not open', 'credential'],
    ['OFFLINE', 'It is OFFLINE: that alone says nothing of its key', null],
    ['RESTORING', 'It is RESTORING: that alone says nothing of its key', null],
  ])('a database that is %s: %s', (state, cause, job) => {
    const { databases } = facts.ekm
    if (!databases.read) throw new Error(databases.because)
    const value = databases.value.map((one) =>
      one.name === 'Sales' ? { ...one, name: "O'Sales", state, encrypted: true } : one,
    )
    const report = diagnose({ ...facts, ekm: { ...facts.ekm, databases: { ...databases, value } } })
    expect(found(report, 'database-open')[0]).toMatchObject({
      state: 'attention',
      about: "O'Sales",
      measured: state,
    })
    const remedy = remedyOf(report, 'database-open')
    expect(remedy?.cause).toContain(cause)
    expect(remedy?.job).toBe(job)
    expect(remedy?.byHand).toBe("SELECT name, state_desc FROM sys.databases WHERE name = N'O''Sales';")
    expect(remedy?.fix.includes('SET ONLINE')).toBe(job !== null)
  })

  it('the uninstall entry is held against the library only where both have a version', () => {
    const { host } = facts
    if (host.parts === null) throw new Error('no host')
    const { parts } = host
    const { connector } = parts
    if (!connector.read) throw new Error(connector.because)
    const judge = (version: string, libraries = parts.libraries) => {
      const value = connector.value.map((one) => ({ ...one, version }))
      const changed = { ...parts, libraries, connector: { ...connector, value } }
      const [finding] = found(diagnose({ ...facts, host: { ...host, parts: changed } }), 'installed')
      return [finding?.state, finding?.limit]
    }
    const both = 'one entry, of the library’s version'
    expect(judge('15.0.2000.440')).toEqual(['in-order', both])
    expect(judge('15.0.300.96')).toEqual(['attention', both])
    expect(judge('of long ago')).toEqual(['in-order', 'one entry'])
    const none = parts.libraries.map((one) => ({
      ...one,
      dll: { ...one.dll, read: true as const, value: null },
    }))
    expect(judge('15.0.300.96', none)).toEqual(['in-order', 'one entry'])
  })

  it('the event log is held against errors and warnings, as it is judged', () => {
    expect(found(diagnose(facts), 'events')[0]?.limit).toBe('no error or warning within 24 hours')
  })

  it('a key whose applications were not read stands beside the secrets of another’s', () => {
    const vaults = facts.vaults.map((side) => {
      const [key] = side.keys
      if (key === undefined) return side
      const applications = { read: false, because: 'refused', source: 'a vault', at: '' } as const
      return { ...side, keys: [...side.keys, { ...key, serverKey: 'other', applications }] }
    })
    const all = found(diagnose({ ...facts, vaults }), 'secret-expiry')
    expect(all.filter(({ state }) => state !== 'not-read').length).toBeGreaterThan(0)
    expect(all.filter(({ state }) => state === 'not-read')).toMatchObject([{ measured: 'refused' }])
    expect(all.find(({ state }) => state === 'not-read')?.about).toMatch(/^other /)
  })

  it('keys and credentials of another maker’s provider are none of this page’s', () => {
    const { providers, keys, keyLogins, credentials } = facts.ekm
    if (!providers.read || !keys.read || !keyLogins.read || !credentials.read) throw new Error('not read')
    const plus = <Item extends object>(items: readonly Item[], changes: Partial<Item>): readonly Item[] =>
      items.flatMap((one) => [one, { ...one, ...changes }])
    const elsewhere = { ...keys, read: true, value: 'https://other-hsm.vault.azure.net/keys/k' } as const
    const ekm = {
      ...facts.ekm,
      providers: {
        ...providers,
        value: plus(providers.value, { name: 'HSM', dllPath: 'C:\\Other\\hsm.dll' }),
      },
      keys: {
        ...keys,
        value: plus(keys.value, { name: 'theirs', provider: 'HSM', thumbprint: 'AB', place: elsewhere }),
      },
      credentials: {
        ...credentials,
        value: plus(
          credentials.value.filter(({ provider }) => provider !== null),
          { name: 'their_cred', provider: 'HSM', identity: 'https://not a vault', changed: facts.readAt },
        ),
      },
    }
    const report = diagnose({ ...facts, ekm })
    for (const { test, about } of report.findings)
      expect([test, about ?? '']).toEqual([test, expect.not.stringMatching(/theirs|their_cred/)])
    expect(vaultHostsOf({ ...facts, ekm })).toEqual([stage.place.host])
    // Told apart by its name now, as there are two keys: with theirs left out the only login would be taken for ours.
    const logins = { ...keyLogins, value: ['theirs_login'] }
    const foreign = diagnose({ ...facts, ekm: { ...ekm, keyLogins: logins } })
    expect(states(foreign, 'key-login')).toEqual(['not-read: tde'])
    // A database under a key of theirs is under a key of master.
    const { databases } = facts.ekm
    if (!databases.read) throw new Error(databases.because)
    const value = databases.value.map((one) =>
      one.name === 'Sales' && one.key !== null ? { ...one, key: { ...one.key, thumbprint: 'AB' } } : one,
    )
    const under = diagnose({ ...facts, ekm: { ...ekm, databases: { ...databases, value } } })
    expect(states(under, 'database-key')).toEqual(['in-order: Sales'])
  })

  it('a wrap is done only where it is asked for, as the application whose kept secret it is, and is told', async () => {
    expect(stage.asked).toEqual([])
    const report = await stage.report({ wrap: true })
    expect(found(report, 'wrap').filter(({ state }) => state === 'in-order')).toHaveLength(1)
    expect(stage.asked).toEqual([
      { application: 'ktr-ekm-sql01', key: 'ktr-tde-sql01', vault: stage.place.host, problem: null },
    ])
    expect(report.wraps).toEqual([])
  })

  it('an application that a person names is looked at, also without a right', async () => {
    const { applications } = stage.place.azure.facts()
    const reader = applications.find(({ name }) => name === 'ktr-reader')?.clientId ?? ''
    const report = await stage.report({ application: reader })
    expect(found(report, 'application-rights')[0]).toMatchObject({
      state: 'attention',
      measured: 'ktr-reader has no right on it',
    })
    const none = await stage.report({ application: '00000000-0000-4000-8000-000000000000' })
    expect(found(none, 'application-rights')[0]?.measured).toBe(
      '00000000-0000-4000-8000-000000000000 has no right on it',
    )
  })

  it('an application without a right: that is said, and it wraps nothing', async () => {
    await stage.place.azure.order({ do: 'revokeRole', principal: 'ktr-ekm-sql01' })
    stage.asked.length = 0
    const report = await stage.report({ application: stage.place.application.clientId, wrap: true })
    expect(states(report, 'application-rights')[0]).toMatch(/^attention/)
    expect(stage.asked).toEqual([])
    await stage.place.azure.order({
      do: 'grantRole',
      principal: 'ktr-ekm-sql01',
      role: 'Key Vault Crypto Service Encryption User',
      scope: `/subscriptions/${stage.place.azure.facts().subscriptionId}/resourceGroups/ktr-rg-weu/providers/Microsoft.KeyVault/vaults/ktr-vault-weu`,
    })
  })

  it('a disabled key', async () => {
    const vault = 'ktr-vault-weu'
    await stage.place.azure.order({ do: 'keyVersion', vault, key: 'ktr-tde-sql01', enabled: false })
    expect(needing(await stage.report())).toContain('key-usable')
    await stage.place.azure.order({ do: 'keyVersion', vault, key: 'ktr-tde-sql01', enabled: true })
    expect(needing(await stage.report())).not.toContain('key-usable')
  })

  it('a changed credential waits for the restart', async () => {
    const { clientId, secret } = stage.place.application
    await stage.server.run(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = 'ktr-vault-weu', SECRET = '${clientId.replaceAll('-', '')}${secret}'`,
    )
    expect(states(await stage.report(), 'restart-pending')).toEqual(['attention: tde_cred'])
    await stage.restart()
    expect(states(await stage.report(), 'restart-pending')).toEqual(['in-order: tde_cred'])
  })

  it('a login without its credential: the engine can’t use the key', async () => {
    await stage.server.run('ALTER LOGIN tde_login DROP CREDENTIAL tde_cred')
    const report = await stage.report()
    expect(found(report, 'key-login')[0]).toMatchObject({
      state: 'attention',
      measured: 'login tde_login holds no credential',
    })
    await stage.server.run('ALTER LOGIN tde_login ADD CREDENTIAL tde_cred')
  })

  it('no host, no subscription: those tests are not read, and say why; the others are as before', async () => {
    const report = await stage.report({}, { hosts: nobody, connections: () => [] })
    expect(report.host.reached).toBe(false)
    for (const test of ['service', 'library-file', 'runtime', 'registry-rights', 'events'] as const)
      expect(found(report, test)[0]).toMatchObject({ state: 'not-read', source: 'Keyturn', at: null })
    expect(found(report, 'vault-key')[0]?.measured).toContain('no connected subscription')
    expect(found(report, 'vault-network')[0]?.state).toBe('not-read')
    expect(states(report, 'key-place')).toEqual(['in-order: tde'])
  })

  it('a sign-in by code does not begin because the page is opened: only reading again begins it', async () => {
    const asked: string[] = []
    const { azure } = stage.side
    const noted = {
      signsInByCode: () => true,
      connections: () => [stage.side.connection, stage.side.vault],
      azure: {
        ...azure,
        controls: {
          open: (ref) => {
            asked.push('subscription')
            return azure.controls.open(ref)
          },
        },
        vaults: {
          ...azure.vaults,
          open: (ref, options) => {
            asked.push('vault')
            return azure.vaults.open(ref, options)
          },
          clockOf: (ref, host, options) => {
            asked.push('clock')
            return azure.vaults.clockOf(ref, host, options)
          },
        },
      },
    } satisfies Partial<DoctorPorts>
    const waiting = await stage.report({}, noted)
    expect(asked).toEqual([])
    for (const test of ['vault-network', 'azure-clock', 'vault-key', 'application-rights'] as const)
      expect(found(waiting, test)[0], test).toMatchObject({
        state: 'not-read',
        measured: expect.stringContaining('a person signs in there with a code') as string,
      })
    expect(found(waiting, 'library-file')[0]?.state).toBe('in-order')
    const read = await stage.report({ again: true }, noted)
    expect(asked).toContain('subscription')
    expect(states(read, 'vault-key')[0]).toMatch(/^in-order/)
  })

  it('Azure that does not answer takes nothing else away', async () => {
    await stage.place.azure.order({
      do: 'fault',
      fault: {
        kind: 'fail',
        host: 'management.azure.com',
        status: 500,
        code: 'InternalServerError',
        message: 'x',
        times: 100,
      },
    })
    const report = await stage.report()
    expect(found(report, 'vault-key')[0]?.state).toBe('not-read')
    expect(found(report, 'library-file')[0]?.state).toBe('in-order')
  })

  it('a login that sees little: not visible, never none', async () => {
    await stage.server.run("CREATE LOGIN blind WITH PASSWORD = 'Blind-Password-2026'")
    const blind = await stage.openAs('blind', 'Blind-Password-2026')
    const report = await stage.report({}, { sqlServer: async () => blind.server })
    await blind.close()
    for (const test of ['provider', 'credential', 'key-login', 'database-open'] as const)
      expect(found(report, test)[0]).toMatchObject({ state: 'not-read' })
    expect(found(report, 'provider')[0]?.measured).toContain('not visible with this login')
    expect(states(report, 'login-rights')).toEqual(['attention: blind'])
  })

  it('the secret has ended and the service was restarted: database, event log and application name it', async () => {
    await stage.place.azure.order({ do: 'expireSecret', application: 'ktr-ekm-sql01' })
    await stage.restart()
    const report = await stage.report()
    expect(found(report, 'database-open')[0]).toMatchObject({ state: 'attention', about: 'Sales' })
    expect(found(report, 'events')[0]?.measured).toContain('3303 (Entra refused the client id or its secret)')
    expect(found(report, 'secret-expiry').map(({ state }) => state)).toContain('attention')
  })

  it('no library, no runtime', async () => {
    installConnector(stage.server.instance, { version: '15.0.2000.440', signed: false, runtime: false })
    const report = await stage.report()
    expect(needing(report)).toEqual(expect.arrayContaining(['library-signature', 'runtime']))
    installConnector(stage.server.instance, null)
    const without = await stage.report()
    expect(found(without, 'library-file')[0]).toMatchObject({
      state: 'attention',
      about: CONNECTOR_PATH,
      measured: 'no file is there',
    })
    expect(needing(without)).toContain('installed')
  })
})
