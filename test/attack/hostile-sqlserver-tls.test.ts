import { X509Certificate } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import { asHandleId, asTargetId } from '../../shared/model/ids.ts'
import type { SqlConnection, SqlEncryption, SqlTrust } from '../../shared/model/target.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { probeCertificate } from '../../electron/targets/sqlserver/connect.ts'
import { createSqlServers } from '../../electron/targets/sqlserver/servers.ts'
import { makeServerCertificate } from '../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer, type TdsServer } from '../../sandbox/sqlserver/tds/server.ts'
import { ContractEngine, toyPassword, toyUser } from '../contract/sqlserver-port-toy.ts'
import { patientWaits, startHostilePeer, type HostilePeer } from './hostile-sqlserver-peer.ts'

type Certificate = ReturnType<typeof makeServerCertificate>
let certificate: Certificate
let otherCertificate: Certificate
let namedCertificate: Certificate
const sha256Of = ({ cert }: Certificate): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '')

beforeAll(() => {
  certificate = makeServerCertificate(['127.0.0.1'])
  otherCertificate = makeServerCertificate(['127.0.0.1'])
  namedCertificate = makeServerCertificate(['sql.example.test'])
})

let running: (TdsServer | HostilePeer)[] = []
afterEach(async () => {
  await Promise.all(running.map((server) => server.close()))
  running = []
})

const connectionTo = (port: number, encryption: SqlEncryption): SqlConnection => ({
  id: asTargetId('t-tlsattacks22'),
  kind: 'sqlserver',
  name: 'prod',
  environment: 'test',
  host: '127.0.0.1',
  port,
  instanceName: null,
  certificateName: null,
  encryption,
  authentication: { kind: 'sql-login', user: toyUser, password: asHandleId('h-tls') },
  identity: null,
})

const serve = async (shown: Certificate, encryption: 'required' | 'off' | 'unsupported' = 'required') => {
  const engine = new ContractEngine()
  const server = await startTdsServer(engine, { ...shown, encryption })
  running.push(server)
  return { engine, port: server.port }
}

const open = async (connection: SqlConnection) => {
  const servers = createSqlServers({
    connectionOf: () => connection,
    secretOf: async () => SecretBytes.fromText(toyPassword),
    rememberIdentity: () => undefined,
    limits: patientWaits,
  })
  try {
    return (await servers.open({ id: connection.id, kind: 'sqlserver', name: 'prod', environment: 'test' }))
      .identity
  } finally {
    await servers.closeAll()
  }
}

const refusalOf = (connection: SqlConnection) =>
  open(connection).then(
    () => {
      throw new Error('it was let in')
    },
    (error: unknown) => problemOf(error),
  )

describe('clear text can’t be forced', () => {
  for (const answer of [2, 0, 4, 255]) {
    it(`by a server that answers ${answer} to the wish for encryption`, async () => {
      const peer = await startHostilePeer({ encryption: answer })
      running.push(peer)
      const problem = await refusalOf(
        connectionTo(peer.port, { mode: 'mandatory', trust: { kind: 'system' } }),
      )
      expect(problem.code).toBe('sql-no-encryption')
      expect(peer.heard).toEqual([18])
    })
  }

  it('nor with a pin, which replaces the chain and not the encryption', async () => {
    const peer = await startHostilePeer({ encryption: 2 })
    running.push(peer)
    const trust: SqlTrust = { kind: 'pin', sha256: sha256Of(certificate) }
    expect((await refusalOf(connectionTo(peer.port, { mode: 'mandatory', trust }))).code).toBe(
      'sql-no-encryption',
    )
    expect(peer.heard).toEqual([18])
  })

  it('by a server that speaks no TLS where TLS comes first', async () => {
    const peer = await startHostilePeer({})
    running.push(peer)
    const problem = await refusalOf(connectionTo(peer.port, { mode: 'strict', trust: { kind: 'system' } }))
    expect(['sql-timeout', 'sql-protocol', 'sql-unreachable']).toContain(problem.code)
    expect(peer.heard.filter((type) => type === 18 || type === 16)).toEqual([])
  })

  it('by a connection that says "off" without the sentence', async () => {
    const { port, engine } = await serve(certificate, 'unsupported')
    expect((await refusalOf(connectionTo(port, { mode: 'off', acceptedInWords: ' ' }))).code).toBe('internal')
    expect(engine.logins).toEqual([])
  })

  it('and with the sentence it is what was accepted', async () => {
    const { port, engine } = await serve(certificate, 'unsupported')
    const identity = await open(connectionTo(port, { mode: 'off', acceptedInWords: 'all is readable' }))
    expect(identity.certificateSha256).toBeNull()
    expect(engine.logins[0]?.encrypted).toBe(false)
  })
})

for (const mode of ['mandatory', 'strict'] as const) {
  describe(`${mode} encryption: no login packet leaves for a server that is not trusted`, () => {
    const refused = async (shown: Certificate, trust: SqlTrust, change: Partial<SqlConnection> = {}) => {
      const { port, engine } = await serve(shown)
      const problem = await refusalOf({ ...connectionTo(port, { mode, trust }), ...change })
      expect(engine.logins).toEqual([])
      return problem
    }

    it('signed by a CA that is not known', async () => {
      expect((await refused(certificate, { kind: 'system' })).code).toBe('sql-certificate-not-trusted')
      const problem = await refused(certificate, { kind: 'ca', pem: otherCertificate.ca })
      expect(problem.code).toBe('sql-certificate-not-trusted')
    })

    it('with another name', async () => {
      const problem = await refused(namedCertificate, { kind: 'ca', pem: namedCertificate.ca })
      expect(problem).toMatchObject({ code: 'sql-certificate-not-trusted' })
      expect(problem.title).toContain('another name')
    })

    it('with another certificate than the pinned one', async () => {
      const problem = await refused(otherCertificate, { kind: 'pin', sha256: sha256Of(certificate) })
      expect(problem.code).toBe('sql-certificate-not-trusted')
      expect(problem.title).toContain(sha256Of(otherCertificate))
    })

    it('with another certificate than last time, though its CA is trusted', async () => {
      const identity = {
        serverName: 'KTR-CONTRACT',
        machineName: 'KTR-HOST',
        instanceName: '',
        certificateSha256: sha256Of(otherCertificate),
      }
      const problem = await refused(certificate, { kind: 'ca', pem: certificate.ca }, { identity })
      expect(problem.code).toBe('sql-identity-changed')
      expect(problem.title).toContain(sha256Of(otherCertificate))
      expect(problem.title).toContain(sha256Of(certificate))
    })

    it('even where the environment turns verification off', async () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      try {
        expect((await refused(certificate, { kind: 'system' })).code).toBe('sql-certificate-not-trusted')
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
      }
    })
  })

  describe(`${mode} encryption: who is trusted gets in`, () => {
    it('by pin, whatever its name and CA, and encrypted', async () => {
      const { port, engine } = await serve(namedCertificate)
      const trust: SqlTrust = { kind: 'pin', sha256: sha256Of(namedCertificate).toLowerCase() }
      const identity = await open(connectionTo(port, { mode, trust }))
      expect(identity.certificateSha256).toBe(sha256Of(namedCertificate))
      expect(engine.logins.map(({ encrypted }) => encrypted)).toEqual([true])
    })

    it('by CA under the name that the connection expects', async () => {
      const { port } = await serve(namedCertificate)
      const trust: SqlTrust = { kind: 'ca', pem: namedCertificate.ca }
      const connection = { ...connectionTo(port, { mode, trust }), certificateName: 'sql.example.test' }
      expect((await open(connection)).serverName).toBe('KTR-CONTRACT')
    })

    it('and a probe shows the certificate without a login', async () => {
      const { port, engine } = await serve(certificate)
      const facts = await probeCertificate(
        connectionTo(port, { mode, trust: { kind: 'system' } }),
        patientWaits,
      )
      expect(facts).toMatchObject({
        sha256: sha256Of(certificate),
        subject: 'CN=ktr rehearsal server',
        issuer: 'CN=ktr rehearsal CA',
        names: ['127.0.0.1'],
        trusted: false,
      })
      expect(facts.reason).not.toBe('')
      const ca: SqlTrust = { kind: 'ca', pem: certificate.ca }
      expect((await probeCertificate(connectionTo(port, { mode, trust: ca }), patientWaits)).trusted).toBe(
        true,
      )
      expect(engine.logins).toEqual([])
    })
  })

  it(`${mode} encryption: a certificate that is swapped between two connections stops the second`, async () => {
    const first = await serve(certificate)
    const trust: SqlTrust = { kind: 'ca', pem: `${certificate.ca}\n${otherCertificate.ca}` }
    let connection = connectionTo(first.port, { mode, trust })
    connection = { ...connection, identity: await open(connection) }
    const second = await serve(otherCertificate)
    const problem = await refusalOf({ ...connection, port: second.port })
    expect(problem.code).toBe('sql-identity-changed')
    expect(second.engine.logins).toEqual([])
  })
}

it('a server that takes only encrypted connections is told apart from one that is gone', async () => {
  const { port } = await serve(certificate, 'required')
  const problem = await refusalOf(connectionTo(port, { mode: 'off', acceptedInWords: 'all is readable' }))
  expect(problem.code).toBe('sql-refused')
})
