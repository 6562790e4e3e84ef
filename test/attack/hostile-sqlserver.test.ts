import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { openSession } from '../../electron/targets/sqlserver/session.ts'
import {
  clearConnection,
  columns,
  done,
  environment,
  forever,
  loginAnswer,
  longTextType,
  message,
  packet,
  patientWaits,
  shortWaits,
  startHostilePeer,
  textType,
  u16,
  u32,
  type HostilePeer,
  type PeerScript,
} from './hostile-sqlserver-peer.ts'

const password = 'canary-7h1s-must-stay-inside'

let peer: HostilePeer | null = null
afterEach(async () => {
  await peer?.close()
  peer = null
})

const sessionWith = async (script: PeerScript, limits = patientWaits) => {
  peer = await startHostilePeer(script)
  return openSession(
    clearConnection(peer.port),
    async () => SecretBytes.fromText(password),
    'Keyturn attack test',
    limits,
  )
}

/** The code of the typed error; anything else thrown fails the test. `fine` if the peer was believed. */
const outcomeOf = async (script: PeerScript, timeoutMs = 20_000, limits = patientWaits): Promise<string> => {
  try {
    const session = await sessionWith(script, limits)
    try {
      await session.execute({ language: 'tsql', parts: ['SELECT 1;'] }, { timeoutMs })
      return 'fine'
    } finally {
      await session.close()
    }
  } catch (error) {
    expect(JSON.stringify(problemOf(error))).not.toContain(password)
    return problemOf(error).code
  }
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('no garbage collector to call')
  return () => void collect()
})()

const liveBytes = (): number => {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The most that stayed alive while the work ran, above what was there before. */
const growthDuring = async <Result>(work: () => Promise<Result>): Promise<[Result, number]> => {
  const before = liveBytes()
  let most = before
  const sampler = setInterval(() => {
    most = Math.max(most, liveBytes())
  }, 50)
  try {
    const result = await work()
    return [result, Math.max(most, liveBytes()) - before]
  } finally {
    clearInterval(sampler)
  }
}

const sends =
  (...parts: Buffer[]) =>
  (socket: Socket): void =>
    void socket.write(packet(Buffer.concat(parts)))

const sendsAndCuts = (bytes: Buffer) => (socket: Socket) => void socket.end(bytes)

const numberRow = Buffer.concat([Buffer.from([0xd1, 4]), u32(7)])
const repeated = (part: Buffer, total = 30_000): Buffer =>
  Buffer.concat(Array.from({ length: Math.floor(total / part.length) }, () => part))

/** A first packet, then the same packet for ever, none of them the last. */
const endless =
  (unit: Buffer, first: Buffer = Buffer.alloc(0)) =>
  (socket: Socket): void => {
    if (first.length > 0) socket.write(packet(first, 0))
    forever(socket, packet(repeated(unit), 0))
  }

describe('a SQL Server that floods', () => {
  const wideNames = Array.from({ length: 4_000 }, (_, at) => String(at))
  const nullRow = Buffer.concat([Buffer.from([0xd2]), Buffer.alloc(500, 0xff)])
  const floods: Record<string, (socket: Socket) => void> = {
    rows: endless(numberRow, columns(['a'])),
    'rows of 4,000 nulls': endless(nullRow, columns(wideNames)),
    'progress messages': endless(message(0xab, 3211, 0, '10 percent processed.')),
    errors: endless(message(0xaa, 50000, 16, 'again')),
    'ends of statements': endless(done(0x11, 0xffffffff)),
    'result sets': endless(columns(['a'])),
    'column descriptions': endless(columns(wideNames.slice(0, 900))),
    'begun transactions': endless(environment(8, Buffer.alloc(8, 1), Buffer.alloc(0))),
    'one value of 4 GB': endless(
      Buffer.alloc(16, 0x41),
      Buffer.concat([
        columns(['a'], longTextType),
        Buffer.from([0xd1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        u32(0xfffffff0),
      ]),
    ),
  }

  for (const [name, onBatch] of Object.entries(floods)) {
    it(`with ${name} is cut off`, { timeout: 90_000 }, async () => {
      const [code, growth] = await growthDuring(() => outcomeOf({ onBatch }, 80_000))
      expect(code).toBe(name === 'begun transactions' ? 'sql-protocol' : 'sql-too-much')
      expect(growth).toBeLessThan(64 * 1_048_576)
    })
  }

  it('in the login answer is cut off', { timeout: 60_000 }, async () => {
    const onLogin = endless(message(0xab, 5701, 0, 'Changed database context.'))
    const [code, growth] = await growthDuring(() => outcomeOf({ onLogin }, 50_000))
    expect(code).toBe('sql-protocol')
    expect(growth).toBeLessThan(64 * 1_048_576)
  })

  it('in the PRELOGIN answer is cut off', { timeout: 60_000 }, async () => {
    const [code, growth] = await growthDuring(() =>
      outcomeOf({ onPrelogin: endless(Buffer.alloc(64)) }, 50_000),
    )
    expect(code).toBe('sql-protocol')
    expect(growth).toBeLessThan(64 * 1_048_576)
  })

  it('keeps the first 8,000 characters of a message', async () => {
    const session = await sessionWith({
      onBatch: sends(message(0xab, 0, 0, 'x'.repeat(30_000)), done()),
    })
    const { messages } = await session.execute({ language: 'tsql', parts: ['PRINT'] })
    expect(messages[0]?.text).toHaveLength(8_001)
    await session.close()
  })
})

describe('a SQL Server that lies', () => {
  const lies: Record<string, [(socket: Socket) => void, string]> = {
    'a row without columns': [sends(numberRow, done()), 'sql-protocol'],
    'a token that does not exist': [sends(Buffer.from([0x00, 1, 2, 3])), 'sql-protocol'],
    'a type that does not exist': [sends(columns(['a'], [0x99]), done()), 'sql-protocol'],
    'an integer of three bytes': [
      sends(columns(['a']), Buffer.from([0xd1, 3, 1, 2, 3]), done()),
      'sql-protocol',
    ],
    'a number that is none': [
      sends(columns(['a'], [0x6d, 8]), Buffer.from([0xd1, 8, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]), done()),
      'sql-protocol',
    ],
    'a message cut off in a token': [sends(columns(['a']), Buffer.from([0xd1, 4, 1])), 'sql-protocol'],
    'a value longer than its packet': [
      sends(columns(['a'], textType), Buffer.from([0xd1, 0xfe, 0xff, 65])),
      'sql-protocol',
    ],
    'a value of 16 exabytes': [
      sends(
        columns(['a'], longTextType),
        Buffer.from([0xd1, 0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        u32(2),
        u16(65),
        u32(0),
        done(),
      ),
      'sql-protocol',
    ],
    'an error flag without an error': [sends(done(2)), 'sql-protocol'],
    'a packet shorter than its header': [
      (socket) => void socket.write(Buffer.from([4, 1, 0, 3, 0, 0, 1, 0])),
      'sql-protocol',
    ],
    'a bad packet in the middle of an answer': [
      (socket) =>
        void socket.write(Buffer.concat([packet(columns(['a']), 0), Buffer.from([4, 1, 0, 3, 0, 0, 1, 0])])),
      'sql-protocol',
    ],
    'a web page': [(socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n<html></html>'), 'sql-protocol'],
    'more columns than SQL Server has': [
      sends(columns(Array.from({ length: 4_097 }, (_, at) => String(at))), done()),
      'sql-too-much',
    ],
  }
  for (const [name, [onBatch, code]] of Object.entries(lies)) {
    // No time limit: what is wrong must be seen, not waited for.
    it(`with ${name} is not believed`, { timeout: 60_000 }, async () => {
      expect(await outcomeOf({ onBatch }, 0)).toBe(code)
    })
  }

  it('about counts changes nothing', async () => {
    const session = await sessionWith({
      onBatch: sends(columns(['a']), numberRow, done(0x10, 0xffffffff)),
    })
    const { resultSets } = await session.execute({ language: 'tsql', parts: ['SELECT 1;'] })
    expect(resultSets.map((rows) => rows.map((row) => ({ ...row })))).toEqual([[{ a: 7 }]])
    await session.close()
  })

  it('with a column named __proto__ gives a value and nothing else', async () => {
    const session = await sessionWith({ onBatch: sends(columns(['__proto__']), numberRow, done(0x10, 1)) })
    const { resultSets } = await session.execute({ language: 'tsql', parts: ['SELECT 1;'] })
    expect(Object.entries(resultSets[0]?.[0] ?? {})).toEqual([['__proto__', 7]])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    await session.close()
  })

  it('by repeating the password in an error does not bring it into ours', async () => {
    const onLogin = sends(message(0xaa, 18456, 14, `Login failed for '${password}'.`), done(2))
    expect(await outcomeOf({ onLogin })).toBe('sql-login-refused')
  })

  it('by leading to another address again and again is left', async () => {
    const onLogin = (socket: Socket): void => {
      const here = Buffer.concat([
        Buffer.from([0]),
        u16(peer?.port ?? 0),
        u16(9),
        Buffer.from('127.0.0.1', 'utf16le'),
      ])
      const body = Buffer.concat([Buffer.from([20]), u16(here.length), here, u16(0)])
      const routing = Buffer.concat([Buffer.from([0xe3]), u16(body.length), body])
      const answer = loginAnswer.subarray(8, -13)
      socket.write(packet(Buffer.concat([answer, routing, done()])))
    }
    expect(await outcomeOf({ onLogin })).toBe('sql-protocol')
    expect(peer?.heard.filter((type) => type === 16).length).toBe(2)
  })
})

describe('a SQL Server that stops', () => {
  const silent = (): void => undefined
  it('before PRELOGIN, in the login, in a batch: each has a time limit', async () => {
    expect(await outcomeOf({ onPrelogin: silent }, 50, shortWaits)).toBe('sql-timeout')
    await peer?.close()
    expect(await outcomeOf({ onLogin: silent }, 50, shortWaits)).toBe('sql-timeout')
    await peer?.close()
    expect(await outcomeOf({ onBatch: silent }, 50)).toBe('sql-timeout')
  })

  it('and does not confirm the end either: the connection is closed', async () => {
    const stop = new AbortController()
    // Stopped when the statement is there, not when it may still be on its way.
    const session = await sessionWith({ onBatch: () => stop.abort(), onAttention: silent })
    const running = session.execute(
      { language: 'tsql', parts: ['WAIT'] },
      { signal: stop.signal, timeoutMs: 0 },
    )
    // Whether the statement took effect is not known: that is "lost", not "stopped".
    await expect(running).rejects.toMatchObject({ code: 'sql-lost' })
    expect(session.alive).toBe(false)
  })

  it('in the middle of a trickle: the clock does not stop at the first byte', async () => {
    const trickle = (socket: Socket): void => {
      socket.write(packet(columns(['a']), 0))
      const drip = setInterval(() => void socket.write(packet(numberRow, 0)), 10)
      socket.on('close', () => clearInterval(drip))
    }
    expect(await outcomeOf({ onBatch: trickle }, 100)).toBe('sql-timeout')
  })

  it('in a row', async () => {
    const half = Buffer.concat([columns(['a']), numberRow, Buffer.from([0xd1, 4])])
    expect(await outcomeOf({ onBatch: sendsAndCuts(packet(half, 0)) })).toBe('sql-lost')
  })

  it('with the answer and the end of the connection in one breath', async () => {
    const rows = Buffer.concat(Array.from({ length: 4_000 }, () => numberRow))
    const whole = packet(Buffer.concat([columns(['a']), rows, done(0x10, 4_000)]))
    expect(['fine', 'sql-lost']).toContain(await outcomeOf({ onBatch: sendsAndCuts(whole) }))
  })

  it('after more rows than were asked for, all of them already here', async () => {
    const rows = Buffer.concat(Array.from({ length: 4_000 }, () => numberRow))
    const session = await sessionWith({ onBatch: sends(columns(['a']), rows, done(0x10, 4_000)) })
    const read = session.execute({ language: 'tsql', parts: ['SELECT 1;'] }, { maxRows: 5 })
    await expect(read).rejects.toMatchObject({ code: 'sql-too-much' })
    // The driver reaches the end of what it holds only after this: it must find somebody to tell.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(session.alive).toBe(false)
  })

  it('at each byte of the login answer', { timeout: 60_000 }, async () => {
    for (let length = 0; length < loginAnswer.length; length += 1) {
      const code = await outcomeOf({ onLogin: sendsAndCuts(loginAnswer.subarray(0, length)) })
      expect(['sql-unreachable', 'sql-protocol'], `cut at ${length}`).toContain(code)
      await peer?.close()
    }
  })

  it('at each byte of an answer', { timeout: 60_000 }, async () => {
    const whole = packet(Buffer.concat([columns(['a', 'b']), message(0xaa, 50000, 16, 'no'), done(2)]))
    for (let length = 0; length < whole.length; length += 1) {
      const code = await outcomeOf({ onBatch: sendsAndCuts(whole.subarray(0, length)) })
      expect(['sql-lost', 'sql-protocol'], `cut at ${length}`).toContain(code)
      await peer?.close()
    }
  })
})

describe('a SQL Server whose bytes are damaged', () => {
  /** Repeatable noise (a linear congruential generator). */
  const noise = (seed: number) => () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return seed
  }
  const damaged = (bytes: Buffer, next: () => number): Buffer => {
    const copy = Buffer.from(bytes)
    for (let change = 0; change < 3; change += 1) copy[next() % copy.length] = (next() >> 8) & 255
    return copy
  }

  it('is answered with a typed error or believed, 400 times', { timeout: 90_000 }, async () => {
    const next = noise(20_261_122)
    const whole = packet(
      Buffer.concat([
        columns(['a', 'b'], textType),
        Buffer.from([0xd1]),
        u16(2),
        u16(65),
        u16(0xffff),
        message(0xab, 3211, 0, '10 percent'),
        environment(1, Buffer.alloc(0), Buffer.alloc(0)),
        done(0x10, 1),
      ]),
    )
    const known = [
      'fine',
      'sql-protocol',
      'sql-lost',
      'sql-too-much',
      'sql-unreachable',
      'sql-login-refused',
      'sql-refused',
      'sql-timeout',
    ]
    for (let round = 0; round < 200; round += 1) {
      expect(known).toContain(
        await outcomeOf({ onBatch: sendsAndCuts(damaged(whole, next)) }, 300, shortWaits),
      )
      await peer?.close()
      expect(known).toContain(
        await outcomeOf({ onLogin: sendsAndCuts(damaged(loginAnswer, next)) }, 300, shortWaits),
      )
      await peer?.close()
    }
  })
})
