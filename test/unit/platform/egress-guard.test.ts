import { createSocket } from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { guardEgress, type EgressGuard } from '../../../electron/platform/egress-guard.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'

describe('egress guard of a rehearsal', () => {
  let guard: EgressGuard | null = null
  afterEach(() => guard?.lift())

  it.each(['192.0.2.1', 'example.invalid', '2001:db8::1', '0.0.0.0', '127.evil.invalid'])(
    'refuses %s before anything is sent, and counts it',
    (host) => {
      guard = guardEgress()
      expect(() => connect({ host, port: 1433 })).toThrow(KeyturnError)
      expect(() => connect(1433, host)).toThrow(/rehearsal/)
      expect(guard.attempts).toBe(2)
    },
  )

  it('counts what was refused before it came to a connection', () => {
    guard = guardEgress()
    expect(guard.refuse('example.invalid').code).toBe('not-in-rehearsal')
    expect(guard.attempts).toBe(1)
  })

  it.each(['192.0.2.1', 'example.invalid', '2001:db8::1', '255.255.255.255', '224.0.0.1'])(
    'refuses datagrams to %s, however they are sent, and counts them',
    (host) => {
      guard = guardEgress()
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      const bytes = Buffer.from([2])
      try {
        expect(() => socket.send(bytes, 1434, host)).toThrow(KeyturnError)
        expect(() => socket.send(bytes, 0, 1, 1434, host)).toThrow(/rehearsal/)
        expect(() => socket.send([bytes], 1434, host, () => undefined)).toThrow(KeyturnError)
        expect(() => socket.connect(1434, host)).toThrow(KeyturnError)
        expect(guard.attempts).toBe(4)
      } finally {
        socket.close()
      }
    },
  )

  it('lets a datagram to this machine through, with its host and without', async () => {
    const server = createSocket('udp4')
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address()
    guard = guardEgress()
    const client = createSocket('udp4')
    for (const send of [
      () => client.send('example.invalid', port, '127.0.0.1'),
      () => client.send('by default', port),
    ]) {
      const heard = once(server, 'message')
      send()
      await heard
    }
    expect(guard.attempts).toBe(0)
    client.close()
    server.close()
  })

  it('refuses to look a name up, and lets this machine and addresses through', async () => {
    guard = guardEgress()
    expect(() => dns.lookup('example.invalid', () => undefined)).toThrow(KeyturnError)
    expect(guard.attempts).toBe(1)
    for (const name of ['localhost', '127.0.0.1', '192.0.2.1'])
      await new Promise((resolve) => dns.lookup(name, resolve))
    expect(guard.attempts).toBe(1)
  })

  it('lets loopback through, by name and by number', async () => {
    const server = createServer((socket) => socket.end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    guard = guardEgress()
    for (const host of ['127.0.0.1', 'localhost']) {
      const socket = connect({ host, port })
      socket.resume()
      await once(socket, 'close')
    }
    expect(guard.attempts).toBe(0)
    server.close()
  })

  it('is gone when it is lifted', async () => {
    guard = guardEgress()
    guard.lift()
    const socket = connect({ host: '127.0.0.1', port: 1, family: 4 })
    await once(socket, 'error')
    expect(guard.attempts).toBe(0)
  })
})
