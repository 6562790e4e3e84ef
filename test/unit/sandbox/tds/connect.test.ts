import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeServerCertificate } from '../../../../sandbox/sqlserver/tds/certificate.ts'
import type { Encryption } from '../../../../sandbox/sqlserver/tds/server.ts'
import { ask, certificate, connect, startRig, until } from './client.ts'
import type { ConnectionOptions, Rig } from './client.ts'
import { PASSWORD } from './toy-engine.ts'

let rig: Rig
afterEach(() => rig.server.close())

const start = async (encryption: Encryption): Promise<void> => {
  rig = await startRig({ encryption })
}

const clear: ConnectionOptions = { encrypt: false }
const strict: ConnectionOptions = { encrypt: 'strict' }

describe('logging in', () => {
  it.each([
    ['required', 'mandatory', {}, true],
    ['required', 'strict', strict, true],
    ['required', 'strict with TDS 8.0', { ...strict, tdsVersion: '8_0' }, true],
    ['off', 'mandatory', {}, true],
    ['off', 'no encryption', clear, false],
    ['unsupported', 'no encryption', clear, false],
    ['unsupported', 'strict', strict, true],
  ] as const)('server %s, client %s', async (encryption, _client, options, encrypted) => {
    await start(encryption)
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.columns([{ name: 'n', type: { t: 'int' } }])
      await sink.row([7])
      await sink.done(1)
    }
    const connection = await connect(rig, { ...options, database: 'sales', appName: 'app ü' })
    expect((await ask(connection, 'select 7')).sets).toEqual([{ columns: ['n'], rows: [[7]] }])
    expect(rig.engine.logins).toMatchObject([
      { userName: 'sa', password: PASSWORD, database: 'sales', appName: 'app ü', encrypted },
    ])
    connection.close()
    await until(() => rig.engine.closed === 1 && rig.server.connections().length === 0)
  })

  it('says TDS 8.0 only when the client does', async () => {
    await start('required')
    ;(await connect(rig, strict)).close()
    ;(await connect(rig, { ...strict, tdsVersion: '8_0' })).close()
    expect(rig.engine.logins.map((login) => login.tdsVersion)).toEqual(['7.4', '8.0'])
  })

  it('sends the engine errors of a refused login, then closes', async () => {
    await start('required')
    await expect(connect(rig, {}, { password: 'wrong' })).rejects.toMatchObject({
      code: 'ELOGIN',
      message: "Login failed for user 'sa'.",
    })
    await until(() => rig.server.connections().length === 0)
    expect(rig.engine.closed).toBe(0)
  })

  it('drops the client when the engine itself fails at login', async () => {
    await start('required')
    rig.engine.onLogin = () => {
      throw new Error(`quoting ${PASSWORD}`)
    }
    await expect(connect(rig)).rejects.toThrow()
    expect(rig.log.join('\n')).toContain('the engine failed')
  })

  it('logs neither passwords nor statements', async () => {
    await start('required')
    const connection = await connect(rig)
    await ask(connection, "create login x with password = 'canary-in-sql'")
    connection.close()
    await connect(rig, {}, { password: 'canary-wrong' }).catch(() => {})
    const log = rig.log.join('\n')
    expect(log).toContain('login: TDS 7.4')
    for (const secret of [PASSWORD, 'canary-in-sql', 'canary-wrong']) expect(log).not.toContain(secret)
  })

  it('follows the database of the session', async () => {
    await start('required')
    const changes: string[] = []
    const messages: string[] = []
    rig.engine.onBatch = async (_sql, sink) => {
      await sink.database('ledger')
      await sink.done(null)
    }
    const connection = await connect(rig, { database: 'sales' })
    connection.on('databaseChange', (name) => changes.push(name))
    connection.on('infoMessage', (message) => messages.push(`${message.number} ${message.message}`))
    await ask(connection, 'use ledger')
    expect(changes).toEqual(['ledger'])
    expect(messages).toEqual(["5701 Changed database context to 'ledger'."])
    connection.close()
  })

  it('keeps ten connections apart', async () => {
    await start('required')
    rig.engine.onBatch = async (sql, sink) => {
      await sink.columns([{ name: 'sql', type: { t: 'nvarchar', max: 50 } }])
      for (let i = 0; i < 200; i++) await sink.row([sql])
      await sink.done(200)
    }
    const connections = await Promise.all(Array.from({ length: 10 }, () => connect(rig)))
    const answers = await Promise.all(connections.map((connection, i) => ask(connection, `batch ${i}`)))
    answers.forEach((answer, i) => {
      expect(answer.sets[0]?.rows).toEqual(Array.from({ length: 200 }, () => [`batch ${i}`]))
    })
    expect(new Set(rig.server.connections().map((connection) => connection.spid)).size).toBe(10)
    connections.forEach((connection) => connection.close())
    await until(() => rig.engine.closed === 10)
  })
})

describe('refusals', () => {
  it.each([
    ['mandatory', {}],
    ['strict', strict],
  ] as const)('%s: an unknown authority', async (_name, options) => {
    await start('required')
    const { ca } = makeServerCertificate(['localhost'])
    const refused = connect(rig, { ...options, cryptoCredentialsDetails: { ca } })
    await expect(refused).rejects.toMatchObject({ code: 'ESOCKET' })
    expect(rig.engine.logins).toEqual([])
  })

  it.each([
    ['mandatory', {}],
    ['strict', strict],
  ] as const)('%s: another name', async (_name, options) => {
    await start('required')
    const refused = connect(rig, { ...options, serverName: 'other.ktr.test' })
    await expect(refused).rejects.toThrow(/altnames/)
    expect(rig.engine.logins).toEqual([])
  })

  it('the client refuses a server without encryption before it sends the password', async () => {
    await start('unsupported')
    await expect(connect(rig)).rejects.toMatchObject({ code: 'EENCRYPT' })
    expect(rig.engine.logins).toEqual([])
  })

  it('the server refuses a client without encryption', async () => {
    await start('required')
    await expect(connect(rig, clear)).rejects.toMatchObject({ code: 'EENCRYPT' })
    expect(rig.engine.logins).toEqual([])
  })

  it('a key that does not belong to the certificate stops the start', async () => {
    await start('required')
    const { key } = makeServerCertificate(['localhost'])
    await expect(startRig({ key, cert: certificate().cert })).rejects.toThrow(/key/)
  })
})

describe('makeServerCertificate', () => {
  it('signs names and addresses with an authority of its own', async () => {
    await start('required')
    const pem = certificate()
    const server = new X509Certificate(pem.cert)
    const authority = new X509Certificate(pem.ca)
    expect(server.verify(authority.publicKey)).toBe(true)
    expect(authority.ca).toBe(true)
    expect(server.ca).toBe(false)
    expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, DNS:sql.ktr.test')
    expect(server.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it('names all hosts of a domain where the first label is a star', () => {
    const server = new X509Certificate(makeServerCertificate(['*.ktr.test']).cert)
    expect(server.checkHost('one.ktr.test')).toBe('*.ktr.test')
    expect(server.checkHost('one.two.ktr.test')).toBeUndefined()
  })

  it('leaves no key behind', async () => {
    await start('required')
    const folder = mkdtempSync(join(tmpdir(), 'ktr-test-'))
    vi.stubEnv('TMPDIR', folder)
    try {
      makeServerCertificate(['localhost'])
      expect(readdirSync(folder)).toEqual([])
    } finally {
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true })
    }
  })

  it.each([['a b'], ['x\nbasicConstraints=CA:TRUE'], ['a.*.test'], ['*'], ['*a.test'], ['']])(
    'refuses the host %j',
    async (host) => {
      await start('required')
      expect(() => makeServerCertificate([host])).toThrow(TypeError)
    },
  )
})
