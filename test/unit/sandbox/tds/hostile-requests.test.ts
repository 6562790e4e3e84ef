import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRig, until } from './client.ts'
import type { Rig } from './client.ts'
import { allHeaders, batchPayload, login7Payload, packet, rawLogin, stillUp } from './raw-client.ts'

let rig: Rig

beforeEach(async () => {
  rig = await startRig({ encryption: 'unsupported' })
})

afterEach(() => rig.server.close())

const LOGIN7 = 0x10

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
    await stillUp(rig)
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
    await stillUp(rig)
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
