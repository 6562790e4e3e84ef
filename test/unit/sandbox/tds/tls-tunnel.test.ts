import { createServer, connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../sandbox/sqlserver/tds/bytes.ts'
import { TlsTunnel } from '../../../../sandbox/sqlserver/tds/tls-tunnel.ts'
import { startRig, until } from './client.ts'
import { login7Payload, packet, preloginPayload, rawConnect } from './raw-client.ts'

const PRELOGIN = 0x12

describe('TlsTunnel', () => {
  let near: Socket
  let far: Socket
  let received: Buffer[]
  let tunnel: TlsTunnel

  beforeEach(async () => {
    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const accepted = new Promise<Socket>((resolve) => listener.once('connection', resolve))
    far = connect((listener.address() as AddressInfo).port, '127.0.0.1')
    near = await accepted
    listener.close()
    received = []
    far.on('data', (chunk) => received.push(chunk))
    tunnel = new TlsTunnel(near)
  })

  afterEach(() => {
    near.destroy()
    far.destroy()
  })

  const arrived = async (bytes: number): Promise<Buffer> => {
    await until(() => Buffer.concat(received).length >= bytes)
    return Buffer.concat(received)
  }

  it('sends everything written in one turn as one message', async () => {
    tunnel.write(Buffer.alloc(6000, 1))
    tunnel.write(Buffer.alloc(3000, 2))
    const bytes = await arrived(9000 + 3 * 8)
    const packets: number[][] = []
    for (let at = 0; at < bytes.length; at += bytes.readUInt16BE(at + 2)) {
      packets.push([bytes.readUInt8(at), bytes.readUInt8(at + 1), bytes.readUInt16BE(at + 2)])
    }
    expect(packets).toEqual([
      [PRELOGIN, 0, 4096],
      [PRELOGIN, 0, 4096],
      [PRELOGIN, 1, 832],
    ])
  })

  it('stops wrapping at the first bare TLS record, in both directions', async () => {
    const read: Buffer[] = []
    tunnel.on('data', (chunk: Buffer) => read.push(chunk))
    tunnel.receive(Buffer.concat([packet(PRELOGIN, Buffer.from([1, 2])), Buffer.from([0x17, 9])]))
    expect(tunnel.handshaking).toBe(false)
    await until(() => Buffer.concat(read).length === 4)
    expect([...Buffer.concat(read)]).toEqual([1, 2, 0x17, 9])
    tunnel.write(Buffer.from([0x17, 5]))
    expect([...(await arrived(2))]).toEqual([0x17, 5])
  })

  it('sends a flight that waits before the first bare record', async () => {
    tunnel.write(Buffer.from([7]))
    tunnel.receive(Buffer.from([0x14]))
    tunnel.write(Buffer.from([8]))
    expect([...(await arrived(10))].slice(8)).toEqual([7, 8])
  })

  it.each([
    ['while wrapping', []],
    ['with bare records', [0x17]],
  ])('writes nothing after it let go of the socket, and leaves it open: %s', async (_name, first) => {
    tunnel.resume()
    tunnel.receive(Buffer.from(first))
    if (first.length === 0) tunnel.write(Buffer.from([7]))
    tunnel.detach()
    tunnel.write(Buffer.from([8]))
    await new Promise((resume) => setImmediate(() => setImmediate(resume)))
    tunnel.destroy()
    await until(() => tunnel.closed)
    near.write(Buffer.from([99]))
    expect([...(await arrived(1))]).toEqual([99])
  })

  it('ends with its handshake when that never ends', () => {
    tunnel.resume()
    const part = packet(PRELOGIN, Buffer.alloc(30_000))
    expect(() => {
      for (let i = 0; i < 20; i++) tunnel.receive(part)
    }).toThrow(ProtocolError)
  })

  it('takes no clear text', () => {
    expect(() => tunnel.receive(packet(0x10, login7Payload()))).toThrow(ProtocolError)
  })
})

it('a client that goes on wrapping after the handshake is dropped', async () => {
  const rig = await startRig()
  const client = await rawConnect(rig.server.port)
  client.send(packet(PRELOGIN, preloginPayload(1)))
  await until(() => client.received().length > 0)
  let consumed = client.received().length
  const wrapping = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      client.socket.write(packet(PRELOGIN, chunk), done)
    },
  })
  client.socket.on('data', () => {
    const bytes = client.received()
    for (;;) {
      if (bytes.length < consumed + 8 || bytes.length < consumed + bytes.readUInt16BE(consumed + 2)) return
      const end = consumed + bytes.readUInt16BE(consumed + 2)
      wrapping.push(bytes.subarray(consumed + 8, end))
      consumed = end
    }
  })
  const tls = tlsConnect({ socket: wrapping as Socket, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
  tls.on('error', () => {})
  await new Promise((resolve) => tls.once('secureConnect', resolve))
  tls.write(packet(0x10, login7Payload()))
  await client.closed
  expect(rig.engine.logins).toEqual([])
  expect(rig.log.join('\n')).toContain('data inside the TLS handshake')
  tls.destroy()
  await rig.server.close()
})
