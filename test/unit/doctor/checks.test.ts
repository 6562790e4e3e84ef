/** Each test of the doctor over facts that were read once and changed here: no server is asked. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { DoctorReport, DoctorTestId } from '../../../shared/model/ekm-doctor.ts'
import { diagnose } from '../../../electron/doctor/diagnose.ts'
import type {
  DoctorFacts,
  HostParts,
  KeyApplication,
  PlacedKey,
  VaultSide,
} from '../../../electron/doctor/facts-model.ts'
import { hostReading } from '../../../electron/doctor/host-reading.ts'
import { reportColumns, reportRows, reportText } from '../../../electron/doctor/report-text.ts'
import { csvText } from '../../../electron/ipc/csv.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { VaultKey } from '../../../electron/ports/key-vault.ts'
import type { ProviderFact, ProviderKeyFact } from '../../../electron/wizards/sqlserver/ekm-facts.ts'
import type { Read } from '../../../electron/wizards/sqlserver/facts-model.ts'
import { doctorStage, found, states } from './doctor-stage.ts'

let facts: DoctorFacts
let secret: string
beforeAll(async () => {
  const stage = await doctorStage()
  await stage.setUp()
  facts = await stage.facts()
  secret = stage.place.application.secret
  await stage.end()
})

const is = <Value>(read: Read<Value>, value: Value): Read<Value> =>
  ({ ...read, read: true, value }) as Read<Value>
const valueOf = <Value>(read: Read<Value>): Value => {
  if (!read.read) throw new Error(read.because)
  return read.value
}
const of = (changed: DoctorFacts, test: DoctorTestId) => found(diagnose(changed), test)[0]
const withEkm = (changes: Partial<DoctorFacts['ekm']>): DoctorFacts => ({
  ...facts,
  ekm: { ...facts.ekm, ...changes },
})
const withHost = (changes: (parts: HostParts) => Partial<HostParts>): DoctorFacts => {
  const { host } = facts
  if (host.parts === null) throw new Error('no host')
  return { ...facts, host: { ...host, parts: { ...host.parts, ...changes(host.parts) } } }
}
const withSide = (changes: (side: VaultSide) => Partial<VaultSide>): DoctorFacts => ({
  ...facts,
  vaults: facts.vaults.map((side) => ({ ...side, ...changes(side) })),
})
const withKey = (changes: Partial<VaultKey>): DoctorFacts =>
  withSide(({ keys }) => ({
    keys: keys.map((one): PlacedKey => {
      const key = valueOf(one.key)
      return { ...one, key: is(one.key, key === null ? null : { ...key, ...changes }) }
    }),
  }))
const withApplications = (all: readonly KeyApplication[]): DoctorFacts =>
  withSide(({ keys }) => ({ keys: keys.map((one) => ({ ...one, applications: is(one.applications, all) })) }))
const oneKey = (changes: Partial<ProviderKeyFact>): DoctorFacts =>
  withEkm({
    keys: is(
      facts.ekm.keys,
      valueOf(facts.ekm.keys).map((key) => ({ ...key, ...changes })),
    ),
  })
const oneProvider = (changes: Partial<ProviderFact>): DoctorFacts =>
  withEkm({
    providers: is(
      facts.ekm.providers,
      valueOf(facts.ekm.providers).map((one) => ({ ...one, ...changes })),
    ),
  })
const placed = (uri: string): DoctorFacts => {
  const [key] = valueOf(facts.ekm.keys)
  if (key === undefined) throw new Error('no key')
  return oneKey({ place: is(key.place, uri) })
}
const application = (changes: Partial<KeyApplication>): KeyApplication => ({
  clientId: '00000000-0000-4000-8000-000000000001',
  name: 'ktr-app',
  objectId: 'o',
  enabled: true,
  rights: ['a role that may use the key, at vault'],
  missing: [],
  secrets: [],
  wrap: { state: 'no-secret' },
  ...changes,
})
const inDays = (days: number): string => new Date(Date.parse(facts.readAt) + days * 86_400_000).toISOString()

describe('the server', () => {
  it.each([
    ['Express Edition (64-bit)', 4, 16, 'attention'],
    ['Web Edition (64-bit)', 2, 15, 'attention'],
    ['Standard Edition (64-bit)', 2, 14, 'attention'],
    ['Standard Edition (64-bit)', 2, 15, 'in-order'],
    ['Enterprise Edition', 3, 13, 'in-order'],
  ])('%s, engine edition %i, major %i: %s', (edition, engineEdition, major, state) => {
    const server = is(facts.server, { ...valueOf(facts.server), edition, engineEdition, major })
    expect(of({ ...facts, server }, 'edition')?.state).toBe(state)
  })

  it('a clock that is 300 s off is as far as it may be', () => {
    expect(of({ ...facts, clock: is(facts.clock, -300) }, 'server-clock')?.state).toBe('in-order')
    expect(of({ ...facts, clock: is(facts.clock, 301) }, 'server-clock')?.state).toBe('attention')
  })

  it('an option that was set and not brought into use says RECONFIGURE', () => {
    const option = is(facts.ekm.option, { set: true, inUse: false, advancedShown: true })
    expect(of(withEkm({ option }), 'option')?.remedy?.cause).toContain('RECONFIGURE')
  })
})

describe('provider, credential and key', () => {
  it('a disabled provider, one of another maker, a path of 257 characters', () => {
    expect(of(oneProvider({ enabled: false }), 'provider')?.state).toBe('attention')
    const other = oneProvider({ dllPath: 'C:\\Other\\hsm.dll' })
    expect(of(other, 'provider-path')?.state).toBe('not-applicable')
    const long = `C:\\${'a'.repeat(257 - 39)}\\Microsoft.AzureKeyVaultService.EKM.dll`
    expect(of(oneProvider({ dllPath: long }), 'provider-path')?.state).toBe('attention')
  })

  it.each([
    ['https://ktr-vault-weu.vault.azure.net', 'attention'],
    ['two words', 'attention'],
    ['ktr-vault-weu', 'in-order'],
    ['ktr-vault-weu.vault.usgovcloudapi.net', 'in-order'],
    ['ktr-hsm-weu.managedhsm.azure.net', 'in-order'],
    ['Managed Identity', 'in-order'],
  ])('IDENTITY %s: %s', (identity, state) => {
    const credentials = valueOf(facts.ekm.credentials).map((one) => ({ ...one, identity }))
    expect(of(withEkm({ credentials: is(facts.ekm.credentials, credentials) }), 'credential')?.state).toBe(
      state,
    )
  })

  it('a key without any login is 33121', () => {
    const changed = withEkm({ keyLogins: is(facts.ekm.keyLogins, []) })
    expect(of(changed, 'key-login')?.remedy?.cause).toContain('33121')
  })

  it.each([
    [`https://v-1.vault.azure.net/keys/${'k'.repeat(26)}/${'a'.repeat(32)}`, 'in-order'],
    [`https://v-1.vault.azure.net/keys/${'k'.repeat(27)}/${'a'.repeat(32)}`, 'attention'],
    [`https://v-1.vault.azure.net/keys/key/${'a'.repeat(31)}`, 'attention'],
    ['https://v-1.vault.azure.net/keys/a_b', 'attention'],
    ['https://v-1.vault.azure.net/keys/key', 'in-order'],
    ['https://elsewhere.example/keys/key', 'attention'],
    ['ftp://v-1.vault.azure.net/keys/key', 'attention'],
  ])('KeyUri %s: %s', (uri, state) => {
    expect(of(placed(uri), 'key-name')?.state).toBe(state)
  })

  it('thumbprints of the other generation, and those of which it can’t be told', () => {
    const old = oneKey({ thumbprint: '2C5677D76F76D77F80' })
    expect(of(old, 'thumbprint-generation')).toMatchObject({
      state: 'attention',
      remedy: { job: 'connector-upgrade' },
    })
    expect(of(old, 'database-key')?.remedy?.cause).toContain('33111')
    const downgraded = oneProvider({
      version: '13.0.811.168',
      properties: { version: '13.0.811.168', name: '' },
    })
    expect(of(downgraded, 'thumbprint-generation')?.state).toBe('attention')
    const ambiguous = placed(`https://v-1.vault.azure.net/keys/${'k'.repeat(26)}`)
    expect(of(ambiguous, 'thumbprint-generation')?.state).toBe('not-read')
  })
})

describe('the Windows host', () => {
  const library = (changes: object): DoctorFacts =>
    withHost(({ libraries }) => ({
      libraries: libraries.map((one) => {
        const value = valueOf(one.dll)
        return { ...one, dll: is(one.dll, value === null ? null : { ...value, ...changes }) }
      }),
    }))

  it.each([
    ['1.0.0.440', 'attention'],
    ['15.0.2000.367', 'attention'],
    ['15.0.2000.440', 'in-order'],
  ])('a library of version %s beside a registered 15.0.2000.440: %s', (version, state) => {
    expect(of(library({ version }), 'library-file')?.state).toBe(state)
  })

  it('runtime of another year or for 32-bit, rights that are denied, no service', () => {
    const entry = { version: '12', publisher: '', productCode: '{0}', is64Bit: false }
    const runtime = (name: string) =>
      of(
        withHost((parts) => ({ runtime: is(parts.runtime, [{ ...entry, name }]) })),
        'runtime',
      )?.state
    expect(runtime('Microsoft Visual C++ 2013 Redistributable (x64) - 12.0')).toBe('attention')
    expect(runtime('Microsoft Visual C++ 2015-2022 Redistributable (x86)')).toBe('attention')
    expect(runtime('Microsoft Visual C++ 2017 Redistributable (x64)')).toBe('in-order')
    const denied = withHost((parts) => {
      const registry = valueOf(parts.registry)
      return {
        registry: is(
          parts.registry,
          registry === null
            ? null
            : {
                ...registry,
                access: [
                  ...registry.access,
                  ...registry.access.map((one) => ({ ...one, kind: 'Deny' as const })),
                ],
              },
        ),
      }
    })
    expect(of(denied, 'registry-rights')?.state).toBe('attention')
    expect(
      of(
        withHost((parts) => ({ service: is(parts.service, null) })),
        'service',
      )?.state,
    ).toBe('attention')
    expect(
      of(
        withHost((parts) => ({ registry: is(parts.registry, null) })),
        'registry-key',
      )?.remedy?.cause,
    ).toContain('2058')
    expect(
      of(
        withHost((parts) => ({ proxy: is(parts.proxy, null) })),
        'proxy',
      )?.state,
    ).toBe('not-read')
  })

  it('a host that does not resolve and one that does not answer have different causes', () => {
    const reach = (address: string | null) =>
      of(
        withHost((parts) => ({
          network: is(parts.network, [
            { host: 'ktr-vault-weu.vault.azure.net', address, reached: false, problem: null },
          ]),
        })),
        'network',
      )?.remedy?.cause
    expect(reach(null)).toContain('3900')
    expect(reach('203.0.113.4')).toContain('3003')
  })

  it('the event log names the code of its newest error', () => {
    const event = {
      at: facts.readAt,
      id: 2058,
      level: 'error' as const,
      source: 'x',
      message: 'line one\r\nline two',
    }
    const finding = of(
      withHost((parts) => ({ events: is(parts.events, [event]) })),
      'events',
    )
    expect(finding?.measured).toContain('2058 (the registry key could not be made or written)')
    expect(finding?.measured).toContain('line one line two')
  })
})

describe('the vault and the application', () => {
  it.each([
    [{ type: 'EC', bits: null, curve: 'P-256' }, 'key-type'],
    [{ bits: 4096 }, 'key-type'],
    [{ enabled: false }, 'key-usable'],
    [{ notBefore: '2099-01-01T00:00:00Z' }, 'key-usable'],
    [{ expires: '2001-01-01T00:00:00Z' }, 'key-usable'],
    [{ uses: ['sign', 'verify'] }, 'key-usable'],
  ] as const)('%o: %s', (changes, test) => {
    expect(of(withKey(changes as Partial<VaultKey>), test)?.state).toBe('attention')
    expect(of(facts, test)?.state).toBe('in-order')
  })

  it('a key that ends within 60 days, and one that is gone', () => {
    expect(of(withKey({ expires: inDays(59) }), 'key-usable')?.remedy?.cause).toContain('59 days')
    expect(of(withKey({ expires: inDays(61) }), 'key-usable')?.state).toBe('in-order')
    const gone = withSide(({ keys }) => ({ keys: keys.map((one) => ({ ...one, key: is(one.key, null) })) }))
    expect(of(gone, 'vault-key')?.state).toBe('attention')
    expect(of(gone, 'key-type')?.state).toBe('not-applicable')
  })

  it('a firewall that lets nobody in', () => {
    const closed = withSide(({ settings }) => {
      const value = valueOf(settings)
      return {
        settings: is(
          settings,
          value === null
            ? null
            : {
                ...value,
                network: { ...value.network, publicAccess: false },
              },
        ),
      }
    })
    expect(of(closed, 'vault-network')?.state).toBe('attention')
  })

  it('policy that lacks a right, a disabled application, nobody', () => {
    expect(
      of(withApplications([application({ missing: ['unwrapkey'] })]), 'application-rights'),
    ).toMatchObject({
      state: 'attention',
      measured: 'ktr-app lacks unwrapkey',
    })
    expect(of(withApplications([application({ enabled: false })]), 'application-rights')?.state).toBe(
      'attention',
    )
    expect(of(withApplications([]), 'application-rights')?.state).toBe('attention')
  })

  it('secrets: one that is valid long enough, one that ends soon beside it, none', () => {
    const end = (...days: number[]) =>
      of(
        withApplications([
          application({
            secrets: days.map((day) => ({
              keyId: `${day}`,
              name: `s${day}`,
              hint: 'abc',
              starts: null,
              expires: inDays(day),
            })),
          }),
        ]),
        'secret-expiry',
      )?.state
    expect(end(200)).toBe('in-order')
    expect(end(200, -3)).toBe('in-order')
    expect(end(200, 29)).toBe('attention')
    expect(end(-1)).toBe('attention')
    expect(end()).toBe('attention')
  })
})

describe('what is written', () => {
  let report: DoctorReport
  beforeAll(() => {
    report = diagnose(
      withHost((parts) => ({
        proxy: is(parts.proxy, {
          enabled: true,
          server: '=cmd|calc',
          bypass: 'a\r\n[In order] forged',
          script: null,
        }),
      })),
    )
  })

  it('text: a line of a server can’t look like one of ours; no secret', () => {
    const text = reportText(report, { rehearsal: true })
    expect(text.startsWith('REHEARSAL: EKM doctor')).toBe(true)
    expect(text.split('\r\n').filter((line) => line.startsWith('[In order] forged'))).toEqual([])
    expect(text).not.toContain(secret)
    expect(text).toContain('Held against:')
  })

  it('CSV: a row for each finding, and no cell that a spreadsheet takes for a formula', () => {
    const rows = reportRows(report)
    expect(rows).toHaveLength(report.findings.length)
    const text = csvText({ head: [], columns: reportColumns, rows })
    expect(text).not.toMatch(/(^|,)"=cmd/m)
    expect(text).not.toContain(secret)
  })

  it('the script for the host only reads, belongs on that computer, and asks all that the doctor asks', () => {
    const text = displayScript(hostReading(facts))
    expect(text.startsWith('#Requires -Version 5.1')).toBe(true)
    expect(text).toContain('KTR-DOCTOR')
    for (const change of ['Restart-Service', 'msiexec', 'SetAccessControl', 'reg.exe', 'Add-Cluster'])
      expect(text).not.toContain(change)
    for (const host of ['login.microsoftonline.com', 'ktr-vault-weu.vault.azure.net'])
      expect(text).toContain(host)
  })

  it('a path from the catalog that is none does not enter a script', () => {
    const evil = "C:\\x'; Remove-Item C:\\ -Recurse #\\Microsoft.AzureKeyVaultService.EKM.dll"
    expect(displayScript(hostReading(oneProvider({ dllPath: evil })))).not.toContain("x'; Remove-Item")
    expect(
      displayScript(hostReading(oneProvider({ dllPath: 'Microsoft.AzureKeyVaultService.EKM.dll' }))),
    ).toContain('SQL Server Connector for Microsoft Azure Key Vault')
  })

  it('reading again changes no state', () => {
    expect(states(diagnose(facts), 'option')).toEqual(['in-order'])
    expect(diagnose(facts)).toEqual(diagnose(facts))
  })
})
