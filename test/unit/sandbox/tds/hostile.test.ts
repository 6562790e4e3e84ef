import { randomBytes } from 'node:crypto'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRig, certificate, until } from './client.ts'
import type { Rig } from './client.ts'
import {
  allHeaders,
  batchPayload,
  login7Payload,
  packet,
  preloginPayload,
  rawConnect,
  rawLogin,
} from './raw-client.ts'

let rig: Rig

beforeEach(async () => {
  rig = await startRig({ encryption: 'unsupported' })
})

afterEach(() => rig.server.close())

/** The server still takes a login and answers a batch. */
async function stillUp(): Promise<void> {
  rig.engine.onBatch = (_sql, sink) => sink.done(77)
  const client = await rawLogin(rig.server.port)
  const before = client.received().length
  client.send(packet(1, batchPayload('x')))
  await until(() => client.received().length > before)
  expect(client.received().subarray(before + 8)).toEqual(
    Buffer.from([0xfd, 0x10, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0]),
  )
  client.socket.destroy()
}

const PRELOGIN = 0x12
const LOGIN7 = 0x10

describe('before login', () => {
  const cases: [string, Buffer][] = [
    ['a first byte of no protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a packet length of 7', packet(PRELOGIN, Buffer.alloc(0), 1, 7)],
    ['a packet length of 0', packet(PRELOGIN, Buffer.alloc(0), 1, 0)],
    ['a packet length of 65535', packet(PRELOGIN, Buffer.alloc(0), 1, 65535)],
    ['an empty PRELOGIN', packet(PRELOGIN, Buffer.alloc(0))],
    ['PRELOGIN options without an end', packet(PRELOGIN, Buffer.from([1, 0, 6, 0, 1]))],
    [
      'a PRELOGIN option outside the message',
      packet(PRELOGIN, Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0xff])),
    ],
    [
      'a PRELOGIN option given twice',
      packet(PRELOGIN, Buffer.from([1, 0, 11, 0, 1, 1, 0, 11, 0, 1, 0xff, 0])),
    ],
    ['a PRELOGIN encryption option of two bytes', packet(PRELOGIN, Buffer.from([1, 0, 6, 0, 2, 0xff, 1, 1]))],
    ['PRELOGIN twice', Buffer.concat([0, 1].map(() => packet(PRELOGIN, preloginPayload(2))))],
    [
      'a batch instead of a login',
      Buffer.concat([packet(PRELOGIN, preloginPayload(2)), packet(1, batchPayload('x'))]),
    ],
    ['attention', Buffer.concat([packet(PRELOGIN, preloginPayload(2)), packet(6, Buffer.alloc(0))])],
    [
      'a message that changes its type',
      Buffer.concat([packet(PRELOGIN, Buffer.alloc(3), 0), packet(LOGIN7, login7Payload())]),
    ],
    ['a login message that states another length', packet(LOGIN7, login7Payload({ statedLength: 60_000 }))],
    ['a login message cut short', packet(LOGIN7, login7Payload().subarray(0, 50))],
    ['a user name outside the message', packet(LOGIN7, login7Payload({ userSlot: [60_000, 100] }))],
    ['a user name of 60 000 characters', packet(LOGIN7, login7Payload({ userSlot: [94, 60_000] }))],
    ['features outside the message', packet(LOGIN7, login7Payload({ extension: [94, 4] }))],
    ['TDS 7.1', packet(LOGIN7, login7Payload({ version: 0x71000001 }))],
    [
      'a login message without end',
      Buffer.concat(Array.from({ length: 40 }, () => packet(LOGIN7, Buffer.alloc(4000), 0))),
    ],
    [
      'a request before the login was answered',
      Buffer.concat([packet(LOGIN7, login7Payload()), packet(1, batchPayload('x'))]),
    ],
  ]
  it.each(cases)('%s closes the socket', async (_name, bytes) => {
    const client = await rawConnect(rig.server.port)
    client.send(bytes)
    await client.closed
    await until(() => rig.server.connections().length === 0)
    expect(rig.log.join('\n')).toMatch(/dropped: /)
    expect(rig.log.join('\n')).not.toContain('fault of our own')
    await stillUp()
  })

  it('a packet that never ends is dropped with its client', async () => {
    const client = await rawConnect(rig.server.port)
    client.send(packet(PRELOGIN, Buffer.alloc(10), 1, 4096))
    await until(() => rig.server.connections().length === 1)
    client.socket.end()
    await client.closed
    await until(() => rig.server.connections().length === 0)
    await stillUp()
  })

  it('one byte at a time is as good as all at once', async () => {
    const client = await rawConnect(rig.server.port)
    client.socket.setNoDelay(true)
    for (const byte of packet(LOGIN7, login7Payload())) {
      client.send(Uint8Array.of(byte))
      await new Promise((resume) => setImmediate(resume))
    }
    await until(() => rig.engine.logins.length === 1)
    client.socket.destroy()
    await until(() => rig.engine.closed === 1)
  })

  it('a Windows login is refused with 18452', async () => {
    const client = await rawConnect(rig.server.port)
    client.send(packet(LOGIN7, login7Payload({ flags2: 0x80 })))
    await client.closed
    expect(client.received().includes(Buffer.from([0x14, 0x48, 0, 0]))).toBe(true)
    expect(rig.engine.logins).toEqual([])
  })
})

describe('where encryption is required', () => {
  beforeEach(async () => {
    await rig.server.close()
    rig = await startRig({ encryption: 'required' })
  })

  const prelogin = packet(PRELOGIN, preloginPayload(2))
  const cases: [string, Buffer[]][] = [
    ['a login without PRELOGIN', [packet(LOGIN7, login7Payload())]],
    ['a login in clear after PRELOGIN', [prelogin, packet(LOGIN7, login7Payload())]],
    [
      'a login in clear in the same breath as PRELOGIN',
      [Buffer.concat([prelogin, packet(LOGIN7, login7Payload())])],
    ],
    ['garbage instead of a handshake', [prelogin, packet(PRELOGIN, randomBytes(300))]],
    [
      'garbage as bare TLS records',
      [prelogin, Buffer.concat([Buffer.from([0x16, 3, 3, 1, 0]), randomBytes(256)])],
    ],
    ['garbage as strict TLS', [Buffer.concat([Buffer.from([0x16, 3, 3, 1, 0]), randomBytes(256)])]],
    ['a handshake packet of length 3', [prelogin, packet(PRELOGIN, Buffer.alloc(0), 1, 3)]],
  ]
  it.each(cases)('%s closes the socket', async (_name, parts) => {
    const client = await rawConnect(rig.server.port)
    for (const part of parts) {
      const before = client.received().length
      client.send(part)
      if (part === prelogin) await until(() => client.received().length > before)
    }
    await client.closed
    await until(() => rig.server.connections().length === 0)
    expect(rig.engine.logins).toEqual([])
    expect(rig.log.join('\n')).not.toContain('fault of our own')
  })

  it.each([
    ['none', undefined],
    ['another', ['http/1.1']],
  ])('strict TLS with ALPN %s is refused', async (_name, ALPNProtocols) => {
    const socket = tlsConnect({
      port: rig.server.port,
      host: '127.0.0.1',
      ca: certificate().ca,
      servername: 'localhost',
      ...(ALPNProtocols ? { ALPNProtocols } : {}),
    })
    socket.on('error', () => {})
    socket.resume()
    await new Promise((resolve) => socket.on('close', resolve))
    await until(() => rig.server.connections().length === 0)
    expect(rig.log.join('\n')).toMatch(/ALPN|NO_APPLICATION_PROTOCOL/)
  })
})

describe('half-open logins', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a packet', packet(PRELOGIN, Buffer.alloc(10), 1, 4096)],
    ['PRELOGIN and no more', packet(PRELOGIN, preloginPayload(1))],
    ['half a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1])],
  ])('are dropped after the time for logging in: %s', async (_name, bytes) => {
    const own = await startRig({ loginTimeoutMs: 40 })
    const client = await rawConnect(own.server.port)
    client.send(bytes)
    await client.closed
    expect(own.log.join('\n')).toContain('no login in time')
    await own.server.close()
  })

  it('a login in time is not dropped later', async () => {
    const own = await startRig({ encryption: 'unsupported', loginTimeoutMs: 300 })
    const loggedIn = await rawLogin(own.server.port)
    const late = await rawConnect(own.server.port)
    await late.closed
    await until(() => own.server.connections().length < 2)
    expect(own.server.connections()).toHaveLength(1)
    loggedIn.socket.destroy()
    await own.server.close()
  })
})

describe('after login', () => {
  const headers = allHeaders()
  const rpc = (...bytes: number[]): Buffer => packet(3, Buffer.concat([headers, Buffer.from(bytes)]))
  const spExecutesql = [0xff, 0xff, 10, 0, 0, 0]
  const cases: [string, Buffer][] = [
    ['no headers', packet(1, Buffer.alloc(0))],
    ['headers longer than the message', packet(1, Buffer.from([0xff, 0xff, 0xff, 0x7f]))],
    ['headers shorter than themselves', packet(1, Buffer.from([0, 0, 0, 0]))],
    ['half a character', packet(1, Buffer.concat([headers, Buffer.from([65])]))],
    ['a packet over the agreed size', packet(1, Buffer.alloc(5000))],
    ['a message type that no client sends', packet(0x55, Buffer.alloc(10))],
    ['a second login', packet(LOGIN7, login7Payload())],
    ['an RPC without a name', rpc()],
    ['an RPC name outside the message', rpc(0xfe, 0xff)],
    ['a parameter cut short', rpc(...spExecutesql, 0, 0, 0x26)],
    ['an integer of three bytes', rpc(...spExecutesql, 0, 0, 0x26, 3, 3, 1, 2, 3)],
    [
      'an integer value longer than its type',
      rpc(...spExecutesql, 0, 0, 0x26, 4, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    ],
    [
      'text longer than its type',
      rpc(...spExecutesql, 0, 0, 0xe7, 2, 0, 9, 4, 0xd0, 0, 0x34, 4, 0, 65, 0, 65, 0),
    ],
    [
      'a chunk of 4 GB',
      rpc(
        ...spExecutesql,
        0,
        0,
        0xa5,
        0xff,
        0xff,
        0xfe,
        ...Array.from({ length: 7 }, () => 0xff),
        0xff,
        0xff,
        0xff,
        0xff,
      ),
    ],
    [
      'chunks that don’t add up',
      rpc(...spExecutesql, 0, 0, 0xa5, 0xff, 0xff, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 65, 0, 0, 0, 0),
    ],
    ['a date after the year 9999', rpc(...spExecutesql, 0, 0, 0x28, 3, 0xff, 0xff, 0xff)],
    ['a transaction request cut short', packet(0x0e, headers)],
    [
      'a hundred requests at once',
      Buffer.concat(Array.from({ length: 100 }, () => packet(1, batchPayload('x')))),
    ],
    [
      'a hundred attentions at once',
      Buffer.concat(Array.from({ length: 100 }, () => packet(6, Buffer.alloc(0)))),
    ],
  ]
  it.each(cases)('%s closes the socket', async (_name, bytes) => {
    rig.engine.onBatch = (_sql, _sink, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    const client = await rawLogin(rig.server.port)
    client.send(bytes)
    await client.closed
    await until(() => rig.engine.closed === 1)
    expect(rig.log.join('\n')).toMatch(/dropped: /)
    expect(rig.log.join('\n')).not.toContain('fault of our own')
    expect(rig.engine.calls).toEqual([])
    await stillUp()
  })

  it('a request over 16 MB is cut off before it is complete', async () => {
    const client = await rawLogin(rig.server.port)
    const part = packet(1, Buffer.alloc(4088), 0)
    let sent = 0
    while (!client.socket.destroyed && sent < 64 * 1024 * 1024) {
      sent += part.length
      if (!client.socket.write(part)) await new Promise((resume) => setImmediate(resume))
    }
    await client.closed
    expect(rig.log.join('\n')).toContain('message over 16777216 bytes')
    expect(rig.engine.batches).toEqual([])
    await stillUp()
  })

  it('a request in one-byte packets arrives whole', async () => {
    const client = await rawLogin(rig.server.port)
    const sql = 'x'.repeat(20_000)
    const bytes = batchPayload(sql)
    client.send(
      Buffer.concat(
        Array.from(bytes, (byte, i) => packet(1, Uint8Array.of(byte), i === bytes.length - 1 ? 1 : 0)),
      ),
    )
    await until(() => rig.engine.batches.length === 1)
    expect(rig.engine.batches[0] === sql).toBe(true)
    client.socket.destroy()
  })

  it('a client that does not read stops the engine, not the server', async () => {
    const row = 'x'.repeat(4000)
    let pushed = 0
    rig.engine.onBatch = async (_sql, sink, signal) => {
      await sink.columns([{ name: 't', type: { t: 'nvarchar', max: 4000 } }])
      while (!signal.aborted) {
        await sink.row([row])
        pushed += row.length * 2
      }
    }
    const client = await rawLogin(rig.server.port)
    client.socket.pause()
    client.send(packet(1, batchPayload('x')))
    await until(() => pushed > 0)
    let seen = -1
    while (seen !== pushed) {
      seen = pushed
      // Two round trips of other clients: time enough for the engine to go on if it could.
      await Promise.all(
        [rawLogin(rig.server.port), rawLogin(rig.server.port)].map(async (other) =>
          (await other).socket.destroy(),
        ),
      )
    }
    expect(pushed).toBeLessThan(32 * 1024 * 1024)
    client.socket.destroy()
    await until(() => rig.engine.closed >= 1)
  })

  it('attention while idle gets its acknowledgement', async () => {
    const client = await rawLogin(rig.server.port)
    const before = client.received().length
    client.send(packet(6, Buffer.alloc(0)))
    await until(() => client.received().length > before)
    expect(client.received().subarray(before + 8)).toEqual(
      Buffer.from([0xfd, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    )
    client.socket.destroy()
  })

  it('attention in the middle of a request drops that request', async () => {
    const client = await rawLogin(rig.server.port)
    const before = client.received().length
    client.send(packet(1, batchPayload('never run'), 0))
    client.send(packet(6, Buffer.alloc(0)))
    await until(() => client.received().length > before)
    client.send(packet(1, batchPayload('run')))
    await until(() => rig.engine.batches.length > 0)
    expect(rig.engine.batches).toEqual(['run'])
    client.socket.destroy()
  })

  it('attention ends the answer with one message and acknowledges with a second', async () => {
    rig.engine.onBatch = (_sql, _sink, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    const client = await rawLogin(rig.server.port)
    const before = client.received().length
    client.send(packet(1, batchPayload('x')))
    await until(() => rig.engine.batches.length === 1)
    client.send(packet(6, Buffer.alloc(0)))
    await until(() => client.received().length >= before + 42)
    const answer = client.received().subarray(before)
    const done = (status: number): number[] => [0xfd, status, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    expect([answer[1], [...answer.subarray(8, 21)]]).toEqual([1, done(0)])
    expect([answer[22], [...answer.subarray(29, 42)]]).toEqual([1, done(0x20)])
    client.socket.destroy()
  })

  it('two calls in one message: MORE between them, none after the last', async () => {
    rig.engine.onRpc = (_procedure, _params, sink) => sink.done(null)
    const client = await rawLogin(rig.server.port)
    const before = client.received().length
    client.send(rpc(...spExecutesql, 0xff, 0xff, 0xff, 15, 0, 0, 0))
    await until(() => rig.engine.calls.length === 2 && client.received().length > before)
    const rest = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    const status = [0x79, 0, 0, 0, 0]
    expect([...client.received().subarray(before + 8)]).toEqual([
      ...[0xff, 1, ...rest],
      ...status,
      ...[0xfe, 1, ...rest],
      ...[0xff, 1, ...rest],
      ...status,
      ...[0xfe, 0, ...rest],
    ])
    expect(rig.engine.calls.map((call) => call.procedure)).toEqual(['sp_executesql', 'sp_unprepare'])
    client.socket.destroy()
  })

  it('reset keeping the transaction is told apart', async () => {
    const client = await rawLogin(rig.server.port)
    client.send(packet(1, batchPayload('a'), 0x11))
    await until(() => rig.engine.batches.length === 1)
    expect(rig.engine.resets).toEqual([true])
    client.socket.destroy()
  })

  it('commit that begins the next transaction', async () => {
    const client = await rawLogin(rig.server.port)
    const request = (...bytes: number[]): Buffer => packet(0x0e, Buffer.concat([headers, Buffer.from(bytes)]))
    client.send(request(5, 0, 0, 0))
    await until(() => rig.engine.transactions.length === 1)
    client.send(request(7, 0, 0, 1, 2, 2, 65, 0))
    await until(() => rig.engine.transactions.length === 3)
    expect(rig.engine.transactions.slice(1)).toEqual([
      { kind: 'commit', name: '' },
      { kind: 'begin', name: 'A' },
    ])
    client.socket.destroy()
  })
})
