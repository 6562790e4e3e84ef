import { afterEach, expect, test, vi } from 'vitest'
import type { ChildExit } from '../../../electron/platform/child-process.ts'
import { packMessage, unpackMessage } from '../../../electron/platform/frames.ts'
import { longestEndMs, openLink, type Link } from '../../../electron/targets/hsm/link.ts'
import { codeFrom, problemFrom } from '../../support/hsm-stage.ts'

interface Stage {
  link: Link
  /** What was sent, as it was then. */
  requests: { id: number; op: string; takes: Record<string, unknown> }[]
  /** The very buffers that were sent. */
  sent: Uint8Array[]
  answer(reply: object): void
  raw(payload: Buffer): void
  exit(exit: ChildExit): void
  events: string[]
}

/** `stuck`: killing does not end the process, as while a driver holds it. */
const stage = async ({ stuck = false } = {}): Promise<Stage> => {
  const exited = Promise.withResolvers<ChildExit>()
  const requests: Stage['requests'] = []
  const sent: Uint8Array[] = []
  const events: string[] = []
  let deliver: (payload: Buffer) => void = () => undefined
  const link = await openLink({
    entry: 'none',
    environment: {},
    named: { token: 'T', serial: '1', path: '/m.so' },
    onLost: () => events.push('lost'),
    onCrash: () => events.push('crash'),
    start: ({ onFrame }) => {
      deliver = onFrame
      return Promise.resolve({
        pid: 1,
        exited: exited.promise,
        send: (payload) => {
          requests.push(structuredClone(unpackMessage(Buffer.from(payload))) as Stage['requests'][number])
          sent.push(payload)
        },
        kill: () => {
          events.push('kill')
          if (!stuck) exited.resolve({ code: null, signal: 'SIGKILL' })
          return exited.promise
        },
      })
    },
  })
  return {
    link,
    requests,
    sent,
    events,
    answer: (reply) => deliver(packMessage(reply)),
    raw: (payload) => deliver(payload),
    exit: exited.resolve,
  }
}
afterEach(() => void vi.useRealTimers())

const sign = { key: '0500000000000000', scheme: 'rsa-pkcs1-sha256', data: new Uint8Array(1) } as const

test('answers go to the requests in their order', async () => {
  const { link, answer } = await stage()
  const first = link.ask('sign', sign)
  const second = link.ask('verify', { ...sign, signature: new Uint8Array(2) })
  answer({ id: 1, gives: Buffer.from('one') })
  answer({ id: 2, gives: true })
  expect(Buffer.from(await first).toString()).toBe('one')
  expect(await second).toBe(true)
})

test('a few requests are under way at once, the rest waits here', async () => {
  const { link, requests, answer } = await stage()
  const all = Array.from({ length: 20 }, () => link.ask('sign', sign))
  expect(requests.length).toBe(8)
  for (let id = 1; id <= 20; id += 1) answer({ id, gives: new Uint8Array(1) })
  await Promise.all(all)
  expect(requests.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
})

test('the process ends: the first had perhaps begun, the others had not', async () => {
  const { link, exit, events } = await stage()
  const first = problemFrom(link.ask('sign', sign))
  const others = Array.from({ length: 12 }, () => codeFrom(link.ask('sign', sign)))
  exit({ code: null, signal: 'SIGSEGV' })
  expect(await first).toMatchObject({
    code: 'hsm-module-crashed',
    vendor: { number: 'SIGSEGV' },
    retrySafe: false,
  })
  expect(new Set(await Promise.all(others))).toEqual(new Set(['hsm-not-begun']))
  expect(events).toEqual(['crash', 'lost'])
  expect(await codeFrom(link.ask('sign', sign))).toBe('hsm-not-begun')
})

test('no answer in time: the process is ended, and that is no crash', async () => {
  vi.useFakeTimers()
  const { link, events } = await stage()
  const first = codeFrom(link.ask('sign', sign, { timeoutMs: 20 }))
  const second = codeFrom(link.ask('sign', sign, { timeoutMs: 20 }))
  vi.advanceTimersByTime(19)
  expect(events).toEqual([])
  vi.advanceTimersByTime(1)
  expect(await first).toBe('hsm-module-hangs')
  expect(await second).toBe('hsm-not-begun')
  expect(events).toEqual(['kill', 'lost'])
})

test('a process that does not end after it was killed holds up neither its callers nor the closing', async () => {
  vi.useFakeTimers()
  const { link, events, exit, answer } = await stage({ stuck: true })
  const codes = [1, 2].map(() => codeFrom(link.ask('sign', sign, { timeoutMs: 20 })))
  vi.advanceTimersByTime(20)
  expect(events).toEqual(['kill'])
  answer({ id: 1, gives: new Uint8Array(1) })
  vi.advanceTimersByTime(longestEndMs)
  expect(await Promise.all(codes)).toEqual(['hsm-module-hangs', 'hsm-not-begun'])
  await link.ended
  expect(await codeFrom(link.ask('sign', sign))).toBe('hsm-not-begun')
  await link.end()
  exit({ code: null, signal: 'SIGKILL' })
  await vi.runAllTimersAsync()
  expect(events).toEqual(['kill', 'lost'])
})

test('closing does not wait for a process that does not end, and refuses what is under way in it', async () => {
  vi.useFakeTimers()
  const { link } = await stage({ stuck: true })
  const asked = codeFrom(link.ask('sign', sign))
  const closing = link.end()
  vi.advanceTimersByTime(longestEndMs)
  await closing
  expect(await asked).toBe('hsm-closed')
})

test('the limit of a request begins with its turn, not while it waits', async () => {
  vi.useFakeTimers()
  const { link, answer, events } = await stage()
  const first = link.ask('sign', sign, { timeoutMs: 10_000 })
  const second = link.ask('sign', sign, { timeoutMs: 1 })
  vi.advanceTimersByTime(9_999)
  expect(events).toEqual([])
  answer({ id: 1, gives: new Uint8Array(1) })
  await first
  vi.advanceTimersByTime(1)
  expect(await codeFrom(second)).toBe('hsm-module-hangs')
})

test.each([
  ['of another form', { id: 1, gives: 'text' }],
  ['to another request', { id: 2, gives: new Uint8Array(1) }],
  ['with more in it', { id: 1, gives: new Uint8Array(1), more: true }],
  [
    'with an error that is not ours',
    { id: 1, failure: { code: 'sql-failed', params: {}, vendor: null, lost: false } },
  ],
])('an answer %s ends the process', async (_, reply) => {
  const { link, answer, events } = await stage()
  const asked = codeFrom(link.ask('sign', sign))
  answer(reply)
  expect(await asked).toBe('hsm-module-lies')
  expect(events).toContain('kill')
})

test('bytes that are no message end the process', async () => {
  const { link, raw, events } = await stage()
  const asked = codeFrom(link.ask('sign', sign))
  raw(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2]))
  expect(await asked).toBe('hsm-module-lies')
  expect(events).toContain('kill')
})

test('what is called off before its turn never goes out; under way it ends the process', async () => {
  const { link, requests, events } = await stage()
  const held = Array.from({ length: 8 }, () => codeFrom(link.ask('sign', sign)))
  const waiting = new AbortController()
  const called = codeFrom(link.ask('sign', sign, { signal: waiting.signal }))
  waiting.abort()
  expect(await called).toBe('hsm-cancelled')
  expect([requests.length, events]).toEqual([8, []])
  expect(await codeFrom(link.ask('sign', sign, { signal: waiting.signal }))).toBe('hsm-cancelled')
  await link.end()
  expect((await Promise.all(held))[0]).toBe('hsm-closed')
  const other = await stage()
  const under = new AbortController()
  const asked = codeFrom(other.link.ask('sign', sign, { signal: under.signal }))
  under.abort()
  expect(await asked).toBe('hsm-cancelled')
  expect(other.events).toContain('kill')
})

test('a PIN is wiped here once it was sent, and when it never is', async () => {
  const { link, requests, exit } = await stage()
  const pin = Buffer.from('1234')
  const asked = codeFrom(link.ask('logIn', { pin, seen: null }))
  expect(Buffer.from(requests[0]?.takes['pin'] as Uint8Array).toString()).toBe('1234')
  expect(pin).toEqual(Buffer.alloc(4))
  for (let at = 0; at < 7; at += 1) void codeFrom(link.ask('sign', sign))
  const late = Buffer.from('5678')
  const never = codeFrom(link.ask('logIn', { pin: late, seen: null }))
  exit({ code: 1, signal: null })
  expect(await asked).toBe('hsm-module-crashed')
  expect(await never).toBe('hsm-not-begun')
  expect(late).toEqual(Buffer.alloc(4))
})

test('a PIN is wiped where it is refused at once: called off before, or the process is gone', async () => {
  const { link } = await stage()
  const [called, gone] = [Buffer.from('1234'), Buffer.from('5678')]
  const signal = AbortSignal.abort()
  expect(await codeFrom(link.ask('logIn', { pin: called, seen: null }, { signal }))).toBe('hsm-cancelled')
  expect(called).toEqual(Buffer.alloc(4))
  await link.end()
  expect(await codeFrom(link.ask('logIn', { pin: gone, seen: null }))).toBe('hsm-not-begun')
  expect(gone).toEqual(Buffer.alloc(4))
})

test('the vendor’s answer is kept, and a lost session is told', async () => {
  const { link, answer, events } = await stage()
  const asked = problemFrom(link.ask('sign', sign))
  const vendor = { name: 'CKR_DEVICE_REMOVED', number: 0x32 }
  answer({ id: 1, failure: { code: 'hsm-token-gone', params: {}, vendor, lost: true } })
  expect(await asked).toMatchObject({
    code: 'hsm-token-gone',
    title: expect.stringContaining('T') as string,
    vendor: { system: 'pkcs11', number: 0x32, text: 'CKR_DEVICE_REMOVED' },
  })
  expect(events).toEqual(['lost'])
})
