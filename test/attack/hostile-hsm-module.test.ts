import {
  copyFileSync,
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { HsmHandle, HsmToken } from '../../electron/ports/hsm.ts'
import { expectHelpful } from '../support/refusal.ts'
import {
  codeFrom,
  fakeModule,
  hsmStage,
  isRunning,
  problemFrom,
  type FakeModule,
  type HsmStage,
} from '../support/hsm-stage.ts'

let stage: HsmStage
let fake: FakeModule
beforeAll(() => {
  stage = hsmStage()
  fake = fakeModule(stage.folder)
})
afterEach(() => fake.behave())
afterAll(() => stage.stop())

const pinOf = (text = '1234'): SecretBytes => SecretBytes.fromText(text)
const opened = async (): Promise<HsmToken> => {
  const token = await stage.hsms.open(fake.ref)
  using pin = pinOf()
  await token.logIn(pin)
  return token
}
const keyOf = async (token: HsmToken): Promise<HsmHandle> => {
  const [key] = await token.find({ class: 'private' })
  if (key === undefined) throw new Error('the fake module has a key')
  return key.handle
}
const signed = async (token: HsmToken): Promise<Uint8Array> =>
  token.sign(await keyOf(token), 'rsa-pkcs1-sha256', Buffer.from('x'))

describe('a file that is no module', () => {
  const refusedAs = async (path: string): Promise<string> => {
    const before = stage.pids.length
    const problem = await problemFrom(stage.hsms.inspect(path))
    expectHelpful(problem)
    // Nothing was started to find that out.
    expect(stage.pids.length).toBe(before)
    return problem.code
  }
  const write = (name: string, bytes: Buffer | string): string => {
    const path = join(stage.folder, name)
    writeFileSync(path, bytes)
    return path
  }

  it('is refused by its path, before it is loaded', async () => {
    expect(await refusedAs('fake.so')).toBe('hsm-module-path')
    expect(await refusedAs('./fake.so')).toBe('hsm-module-path')
    expect(await refusedAs('')).toBe('hsm-module-path')
    expect(await refusedAs('/tmp/a\0b')).toBe('hsm-module-path')
    expect(await refusedAs(join(stage.folder, 'not-there.so'))).toBe('hsm-module-missing')
    expect(await refusedAs(stage.folder)).toBe('hsm-module-missing')
  })

  it('is refused by its header: text, empty, 32 bits, a program, another processor, Windows', async () => {
    const good = readFileSync(fake.path)
    const changed = (at: number, ...bytes: number[]): Buffer => {
      const copy = Buffer.from(good)
      copy.set(bytes, at)
      return copy
    }
    const pe = Buffer.alloc(512)
    pe.write('MZ')
    pe.writeUInt32LE(0x80, 0x3c)
    pe.write('PE\0\0', 0x80, 'latin1')
    pe.writeUInt16LE(0x8664, 0x84)
    pe.writeUInt16LE(0x2000, 0x96)
    pe.writeUInt16LE(0x20b, 0x98)
    for (const [name, bytes] of [
      ['text.so', 'not a library, only its name says so. '.repeat(10)],
      ['empty.so', ''],
      ['bits.so', changed(4, 1)],
      ['program.so', changed(16, 2, 0)],
      ['processor.so', changed(18, 0xf3, 0)],
      ['windows.dll', pe],
    ] as const)
      expect([name, await refusedAs(write(name, bytes))]).toEqual([name, 'hsm-module-not-one'])
  })

  it('is refused when others may change it, or its folder', async () => {
    const path = write('writable.so', readFileSync(fake.path))
    chmodSync(path, 0o666)
    expect(await refusedAs(path)).toBe('hsm-module-writable')
    chmodSync(path, 0o664)
    expect(await refusedAs(path)).toBe('hsm-module-writable')
    const folder = join(stage.folder, 'open')
    mkdirSync(folder)
    copyFileSync(fake.path, join(folder, 'm.so'))
    chmodSync(folder, 0o777)
    expect(await refusedAs(join(folder, 'm.so'))).toBe('hsm-module-writable')
    // By a link that looks harmless: where it leads counts.
    symlinkSync(join(folder, 'm.so'), join(stage.folder, 'link.so'))
    expect(await refusedAs(join(stage.folder, 'link.so'))).toBe('hsm-module-writable')
  })

  it('is refused when it is not the file that was chosen', async () => {
    const path = write('other.so', readFileSync(fake.path))
    const ref = { ...fake.ref, module: { ...fake.ref.module, path } }
    const token = await stage.hsms.open(ref)
    await token.close()
    appendFileSync(path, 'x')
    expect(await codeFrom(stage.hsms.open(ref))).toBe('hsm-module-changed')
    expect(await codeFrom(stage.hsms.slots(ref.module))).toBe('hsm-module-changed')
    expect(await codeFrom(stage.hsms.capabilities(ref))).toBe('hsm-module-changed')
  })

  it('says that a library which is no PKCS#11 module could not be started', async () => {
    const { sha256, realPath } = await stage.hsms.inspect('/usr/lib/x86_64-linux-gnu/libz.so.1')
    expect(await codeFrom(stage.hsms.slots({ path: realPath, sha256 }))).toBe('hsm-module-not-loaded')
  })
})

describe('a module that misbehaves', () => {
  it('works when it does not', async () => {
    const token = await opened()
    expect((await signed(token)).length).toBe(256)
    await token.close()
  })

  it('crashes in C_Initialize: a clear answer, each time a new process, until it is too often', async () => {
    const few = hsmStage({ crashes: { times: 3, minutes: 10 } })
    fake.behave('crash-C_Initialize 1')
    for (let time = 0; time < 3; time += 1)
      expect(await codeFrom(few.hsms.open(fake.ref))).toBe('hsm-module-crashed')
    const problem = await problemFrom(few.hsms.open(fake.ref))
    expect(problem.code).toBe('hsm-module-keeps-crashing')
    expectHelpful(problem)
    expect(few.pids.length).toBe(3)
    expect(few.pids.filter(isRunning)).toEqual([])
    await few.stop()
  })

  it('crashes in C_Sign: that call fails, the next says that the PIN is needed, then all works', async () => {
    const token = await opened()
    const handle = await keyOf(token)
    fake.behave('crash-C_Sign 1')
    const problem = await problemFrom(token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x')))
    expect(problem).toMatchObject({ code: 'hsm-module-crashed', vendor: { system: 'os', number: 'SIGABRT' } })
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    using pin = pinOf()
    await token.logIn(pin)
    expect(await codeFrom(token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x')))).toBe('hsm-handle-old')
    expect((await signed(token)).length).toBe(256)
    await token.close()
  })

  it('hangs in C_Sign: the process is ended after the limit; what waited behind it was not begun', async () => {
    const token = await opened()
    const handle = await keyOf(token)
    const pid = stage.pids.at(-1) ?? -1
    fake.behave('hang-C_Sign 1')
    const hanging = problemFrom(token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x'), { timeoutMs: 100 }))
    const behind = codeFrom(token.facts())
    const problem = await hanging
    expect(problem.code).toBe('hsm-module-hangs')
    expectHelpful(problem)
    expect(await behind).toBe('hsm-not-begun')
    expect(isRunning(pid)).toBe(false)
    fake.behave()
    expect((await token.facts()).serial).toBe('1111')
    await token.close()
  })

  it('hangs while it is called off: the process is ended at once', async () => {
    const token = await opened()
    const handle = await keyOf(token)
    const pid = stage.pids.at(-1) ?? -1
    fake.behave('hang-C_Sign 1')
    const stop = new AbortController()
    const hanging = codeFrom(
      token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x'), { signal: stop.signal }),
    )
    await expect.poll(() => fake.hangs()).toBe(true)
    stop.abort()
    expect(await hanging).toBe('hsm-cancelled')
    expect(isRunning(pid)).toBe(false)
    await token.close()
  })

  it.each([
    ['a signature shorter than the key', 'sign-length 4'],
    ['a signature of no bytes', 'sign-length 0'],
    ['a signature longer than its room', 'sign-length 4294967296000'],
  ])('lies about lengths: %s', async (_, line) => {
    const token = await opened()
    fake.behave(line)
    expect(await codeFrom(signed(token))).toMatch(/^hsm-module-(lies|crashed)$/)
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    await token.close()
  })

  it.each([
    ['an attribute of 5,000 bytes', 'attribute-length 5000'],
    ['an attribute of more than there is', 'attribute-second-length 400000000000'],
    ['more objects than it was asked for', 'find-count 3'],
    ['objects without end', 'endless-find 1'],
  ])('lies about lengths: %s', async (_, line) => {
    const token = await opened()
    fake.behave(line)
    const problem = await problemFrom(token.find({ class: 'private' }))
    expect(problem.code).toMatch(/^hsm-(module-lies|module-crashed|too-many)$/)
    expectHelpful(problem)
    fake.behave()
    expect((await token.facts()).serial).toBe('1111')
    await token.close()
  })

  it('shows a million slots', async () => {
    fake.behave('slots 1000000')
    expect(await codeFrom(stage.hsms.slots(fake.ref.module))).toBe('hsm-module-lies')
  })

  it('shows one serial number twice: neither is opened', async () => {
    fake.behave('slots 2')
    expect(await codeFrom(stage.hsms.open(fake.ref))).toBe('hsm-token-twice')
  })

  it('prints into its standard output: what it prints reaches nobody', async () => {
    fake.behave('print-C_Sign 1')
    const token = await opened()
    expect((await signed(token)).length).toBe(256)
    await token.close()
  })

  it('names itself with control characters: they are taken out', async () => {
    fake.behave('evil-label 1')
    const { slots } = await stage.hsms.slots(fake.ref.module)
    expect(slots[0]?.token?.label).toBe('a[2Jb�')
  })

  it('becomes another token: nothing of it is used', async () => {
    const token = await opened()
    fake.behave('other-serial 1')
    expect(await codeFrom(token.find())).toBe('hsm-token-gone')
    expect(await codeFrom(token.find())).toBe('hsm-token-not-found')
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    await token.close()
  })

  it('keeps the vendor’s answer, name and number', async () => {
    const token = await opened()
    const handle = await keyOf(token)
    fake.behave('refuse-C_Sign 6')
    const problem = await problemFrom(token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x')))
    expect(problem).toMatchObject({ code: 'hsm-failed', vendor: { number: 6, text: 'CKR_FUNCTION_FAILED' } })
    fake.behave('refuse-C_SignInit 50')
    expect(await codeFrom(token.sign(handle, 'rsa-pkcs1-sha256', Buffer.from('x')))).toBe('hsm-token-gone')
    fake.behave()
    expect(await codeFrom(token.find())).toBe('hsm-log-in-again')
    await token.close()
  })
})

describe('the PIN', () => {
  const initialised = 0x40d
  const flags = { low: 0x10000, last: 0x20000, locked: 0x40000, pad: 0x100 }
  const tried = async (work: () => Promise<unknown>): Promise<{ code: string; times: number }> => {
    const before = fake.attempts()
    const code = await codeFrom(work())
    return { code, times: fake.attempts() - before }
  }

  it('is in no argument and no variable of the process that gets it', async () => {
    const token = await stage.hsms.open(fake.ref)
    const pid = stage.pids.at(-1) ?? -1
    using canary = pinOf('canary-8264-pin')
    await problemFrom(token.logIn(canary))
    for (const place of ['cmdline', 'environ']) {
      const text = readFileSync(`/proc/${pid}/${place}`, 'utf8')
      expect(text.length).toBeGreaterThan(10)
      expect(text).not.toContain('8264')
    }
    await token.close()
  })

  it('is in no word of an error', async () => {
    const token = await stage.hsms.open(fake.ref)
    using canary = pinOf('canary-8264-pin')
    const thrown: unknown = await token.logIn(canary).catch((error: unknown) => error)
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('8264')
    await token.close()
  })

  it('is tried once when it is wrong, and never again by itself', async () => {
    const token = await stage.hsms.open(fake.ref)
    using wrong = pinOf('0000')
    fake.behave(`flags ${initialised + flags.low}`)
    const before = fake.attempts()
    const problem = await problemFrom(token.logIn(wrong))
    expect(problem).toMatchObject({
      code: 'hsm-pin-wrong',
      vendor: { text: 'CKR_PIN_INCORRECT', number: 0xa0 },
    })
    expect(problem.title).toContain('few tries are left')
    expect(fake.attempts() - before).toBe(1)
    expect(await codeFrom(token.find())).toBe('hsm-not-logged-in')
    expect(fake.attempts() - before).toBe(1)
    await token.close()
  })

  it('is not tried at the last try or when locked, unless the person saw that state', async () => {
    const token = await stage.hsms.open(fake.ref)
    using pin = pinOf()
    fake.behave(`flags ${initialised + flags.last}`)
    expect((await token.facts()).pin).toBe('last-try')
    expect(await tried(() => token.logIn(pin))).toEqual({ code: 'hsm-pin-last-try', times: 0 })
    expect(await tried(() => token.logIn(pin, { seen: 'locked' }))).toEqual({
      code: 'hsm-pin-last-try',
      times: 0,
    })
    fake.behave(`flags ${initialised + flags.locked}`)
    expect(await tried(() => token.logIn(pin))).toEqual({ code: 'hsm-pin-locked', times: 0 })
    expect(await tried(() => token.logIn(pin, { seen: 'last-try' }))).toEqual({
      code: 'hsm-pin-locked',
      times: 0,
    })
    fake.behave(`flags ${initialised + flags.last}`)
    await token.logIn(pin, { seen: 'last-try' })
    await token.close()
  })

  it('is not tried at a PIN pad, on a token without one, or when it is empty', async () => {
    const token = await stage.hsms.open(fake.ref)
    using pin = pinOf()
    using empty = pinOf('')
    fake.behave(`flags ${initialised + flags.pad}`)
    expect(await tried(() => token.logIn(pin))).toEqual({ code: 'hsm-pin-pad', times: 0 })
    fake.behave(`flags ${0x405}`)
    expect(await tried(() => token.logIn(pin))).toEqual({ code: 'hsm-pin-not-set', times: 0 })
    fake.behave()
    expect(await tried(() => token.logIn(empty))).toEqual({ code: 'hsm-pin-length', times: 0 })
    await token.close()
  })

  it('is tried once even when the module crashes or hangs on it', async () => {
    const token = await stage.hsms.open(fake.ref)
    using pin = pinOf()
    fake.behave('crash-C_Login 1')
    expect(await tried(() => token.logIn(pin))).toEqual({ code: 'hsm-module-crashed', times: 1 })
    // The process is started anew before the limit of the next attempt begins.
    await token.facts()
    fake.behave('hang-C_Login 1')
    expect(await tried(() => token.logIn(pin, { timeoutMs: 1_000 }))).toEqual({
      code: 'hsm-module-hangs',
      times: 1,
    })
    fake.behave()
    await token.logIn(pin)
    await token.close()
  })
})
