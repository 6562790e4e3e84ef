import { randomBytes } from 'node:crypto'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRig, certificate, until } from './client.ts'
import type { Rig } from './client.ts'
import {
  batchPayload,
  login7Payload,
  packet,
  preloginPayload,
  rawConnect,
  rawLogin,
  stillUp,
} from './raw-client.ts'

let rig: Rig

beforeEach(async () => {
  rig = await startRig({ encryption: 'unsupported' })
})

afterEach(() => rig.server.close())

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
    await stillUp(rig)
  })

  it('a packet that never ends is dropped with its client', async () => {
    const client = await rawConnect(rig.server.port)
    client.send(packet(PRELOGIN, Buffer.alloc(10), 1, 4096))
    await until(() => rig.server.connections().length === 1)
    client.socket.end()
    await client.closed
    await until(() => rig.server.connections().length === 0)
    await stillUp(rig)
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
