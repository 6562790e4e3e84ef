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
