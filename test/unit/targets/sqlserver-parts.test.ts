import { describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { SqlConnection } from '../../../shared/model/target.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { driverConfig, forgetLogin } from '../../../electron/targets/sqlserver/config.ts'
import { refuseStranger } from '../../../electron/targets/sqlserver/identity.ts'
import { defaultLimits } from '../../../electron/targets/sqlserver/limits.ts'
import { PacketWatch } from '../../../electron/targets/sqlserver/packet-watch.ts'
import { rowOf } from '../../../electron/targets/sqlserver/values.ts'

const base: SqlConnection = {
  id: asTargetId('t-unitunitunit'),
  kind: 'sqlserver',
  name: 'prod',
  environment: 'test',
  host: 'sql.example.test',
  port: 1433,
  instanceName: null,
  certificateName: null,
  encryption: { mode: 'mandatory', trust: { kind: 'system' } },
  authentication: { kind: 'sql-login', user: 'sa', password: asHandleId('h-unit') },
  identity: null,
}
const options = { programName: 'Keyturn', limits: defaultLimits, purpose: 'login' } as const
const configOf = (change: Partial<SqlConnection>, secret: string | null = 'pw') =>
  driverConfig({ ...base, ...change }, secret === null ? null : SecretBytes.fromText(secret), options)

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return problemOf(error).code
  }
  return 'none'
}

describe('the driver’s configuration', () => {
  it('verifies unless a pin stands in', () => {
    expect(configOf({}).options).toMatchObject({ encrypt: true, trustServerCertificate: false })
    const ca = configOf({ encryption: { mode: 'strict', trust: { kind: 'ca', pem: 'PEM' } } }).options
    expect(ca).toMatchObject({ encrypt: 'strict', trustServerCertificate: false, tdsVersion: '8_0' })
    expect(ca?.cryptoCredentialsDetails).toMatchObject({ ca: 'PEM', minVersion: 'TLSv1.2' })
    const pin = configOf({ encryption: { mode: 'mandatory', trust: { kind: 'pin', sha256: 'AB' } } }).options
    expect(pin).toMatchObject({ encrypt: true, trustServerCertificate: true })
  })

  it('turns encryption off only with the person’s sentence', () => {
    expect(codeOf(() => configOf({ encryption: { mode: 'off', acceptedInWords: '  ' } }))).toBe('internal')
    expect(configOf({ encryption: { mode: 'off', acceptedInWords: 'yes' } }).options?.encrypt).toBe(false)
  })

  it('tries once, in UTC, without a proxy or a second clock', () => {
    expect(configOf({}).options).toMatchObject({
      maxRetriesOnTransientErrors: 0,
      multiSubnetFailover: false,
      useUTC: true,
      requestTimeout: 0,
      connectTimeout: 15_000,
    })
  })

  it('takes a port or an instance name, never both or none', () => {
    const named = configOf({ port: null, instanceName: 'DRILL' }).options
    expect([named?.port, named?.instanceName]).toEqual([undefined, 'DRILL'])
    expect(codeOf(() => configOf({ port: null }))).toBe('internal')
    expect(codeOf(() => configOf({ instanceName: 'X' }))).toBe('internal')
  })

  it('knows each kind of login', () => {
    const typeOf = (authentication: SqlConnection['authentication']) =>
      configOf({ authentication }).authentication?.type
    expect(typeOf(base.authentication)).toBe('default')
    expect(typeOf({ kind: 'ntlm', domain: 'D', user: 'u', password: null })).toBe('ntlm')
    expect(typeOf({ kind: 'entra-service-principal', tenantId: 't', clientId: 'c', secret: null })).toBe(
      'azure-active-directory-service-principal-secret',
    )
    expect(typeOf({ kind: 'entra-default' })).toBe('azure-active-directory-default')
  })

  it('never logs in with an empty password in place of a missing one', () => {
    expect(codeOf(() => configOf({}, null))).toBe('not-found')
  })

  it('forgets the secret, and never has it when only looking', () => {
    const config = configOf({}, 'canary-5531')
    expect(JSON.stringify(config)).toContain('canary-5531')
    forgetLogin({ authentication: config.authentication ?? {} })
    expect(JSON.stringify(config)).not.toContain('canary-5531')
    const secret = SecretBytes.fromText('canary-5531')
    expect(JSON.stringify(driverConfig(base, secret, { ...options, purpose: 'look' }))).not.toContain(
      'canary-5531',
    )
  })
})

describe('identity', () => {
  const identity = { serverName: 'A', machineName: 'M', instanceName: '', certificateSha256: 'AA' }
  it('is compared fact by fact, with old and new', () => {
    const changed = () =>
      refuseStranger({ ...base, identity }, { ...identity, serverName: 'B', instanceName: 'I' })
    expect(codeOf(changed)).toBe('sql-identity-changed')
    try {
      changed()
    } catch (error) {
      expect(problemOf(error).title).toContain(
        'server name was A, now it is B; its instance name was none, now it is I',
      )
    }
  })
  it('says nothing about a certificate that one side does not have', () => {
    expect(
      codeOf(() => refuseStranger({ ...base, identity }, { ...identity, certificateSha256: null })),
    ).toBe('none')
    expect(codeOf(() => refuseStranger(base, identity))).toBe('none')
  })
})

describe('packets', () => {
  const header = (type: number, length: number) => [type, 1, length >> 8, length & 255, 0, 0, 1, 0]
  it('are followed in any cut', () => {
    const stream = Buffer.from([...header(4, 11), 1, 2, 3, ...header(4, 8), ...header(18, 9), 7])
    for (let size = 1; size <= stream.length; size += 1) {
      const watch = new PacketWatch()
      for (let at = 0; at < stream.length; at += size)
        expect(watch.fault(stream.subarray(at, at + size))).toBeNull()
    }
  })
  it('of another type or too short are faults', () => {
    expect(new PacketWatch().fault(Buffer.from(header(1, 9)))).toBe('packet type 1')
    expect(new PacketWatch().fault(Buffer.from(header(4, 7)))).toBe('packet length 7')
  })
})

describe('rows', () => {
  const columns = [{ name: 'a', isBigInt: false }]
  const big = [{ name: 'a', isBigInt: true }]
  it('hold only what the port names', () => {
    expect(rowOf(columns, ['x'])?.['a']).toBe('x')
    expect(rowOf(big, ['-9223372036854775808'])?.['a']).toBe(-9223372036854775808n)
    expect(rowOf(columns, [undefined])).toBeNull()
    expect(rowOf(columns, [{}])).toBeNull()
    expect(rowOf(columns, [Number.NaN])).toBeNull()
    expect(rowOf(columns, [new Date(Number.NaN)])).toBeNull()
    expect(rowOf(big, ['12a'])).toBeNull()
    expect(rowOf(columns, ['x', 'y'])).toBeNull()
  })
  it('copy bytes', () => {
    const bytes = Buffer.from([1, 2])
    const row = rowOf(columns, [bytes])
    bytes.fill(0)
    expect(row?.['a']).toEqual(Uint8Array.of(1, 2))
  })
  it('let the last of several columns with one name win', () => {
    expect(rowOf([...columns, ...columns], [1, 2])?.['a']).toBe(2)
  })
})
