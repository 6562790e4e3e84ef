import { expect, test } from 'vitest'
import { createHsmTargets } from '../../../electron/targets/hsm/hsm-targets.ts'
import type { HsmToken, HsmTokenFacts, Hsms } from '../../../electron/ports/hsm.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { HsmIdentity, KeptProbe } from '../../../shared/model/hsm.ts'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { HsmConnection, TargetRef } from '../../../shared/model/target.ts'

const id = asTargetId('t-token')
const ref: TargetRef = { id, kind: 'hsm', name: 'ktr-token', environment: 'test' }
const source = { handle: asHandleId('h-pin'), generation: 1 }
const facts: HsmTokenFacts = {
  label: 'ktr-token',
  serial: 'abc',
  manufacturer: 'Maker',
  model: 'Model',
  hardware: '1',
  firmware: '2.6',
  initialised: true,
  pin: 'ok',
  officerPin: 'ok',
  loginRequired: true,
  pinPad: false,
  writeProtected: false,
  shortestPin: 4,
  longestPin: 255,
}

const noEnd = async (): Promise<void> => undefined

const stage = (
  identity: HsmIdentity | null,
  shown: HsmTokenFacts = facts,
  ends: (pin: string) => Promise<void> = noEnd,
) => {
  const connection: HsmConnection = {
    id,
    kind: 'hsm',
    name: 'ktr-token',
    environment: 'test',
    module: { path: '/usr/lib/m.so', sha256: 'a'.repeat(64), owner: 'root', configuration: {} },
    serial: 'abc',
    label: 'ktr-token',
    pin: source.handle,
    identity,
  }
  const seen = {
    tries: 0,
    closed: 0,
    remembered: [] as HsmIdentity[],
    refused: new Set<string>(),
    full: false,
  }
  const token = {
    facts: async () => shown,
    logIn: async (pin: SecretBytes) => {
      seen.tries += 1
      const typed = pin.use((bytes) => bytes.toString())
      await ends(typed)
      if (typed !== '1234')
        throw new KeyturnError('hsm-pin-wrong', { token: 'ktr-token', state: 'few-tries-left' })
    },
    close: async () => void (seen.closed += 1),
  } as Partial<HsmToken> as HsmToken
  const probes: KeptProbe[] = []
  const targets = createHsmTargets({
    hsms: { open: async () => token } as Partial<Hsms> as Hsms,
    connectionOf: () => connection,
    rememberIdentity: async (_, read) => void seen.remembered.push(read),
    notes: {
      probeOf: ({ firmware }) => probes.find((one) => one.firmware === firmware) ?? null,
      keepProbe: async (probe) => void probes.push(probe),
      wasRefused: (text) => seen.refused.has(text),
      keepRefused: async (text) => {
        if (seen.full) throw new KeyturnError('record-unavailable')
        seen.refused.add(text)
      },
      forgetRefused: async (text) => void seen.refused.delete(text),
    },
  })
  return { targets, seen, probes }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    return problemOf(thrown).code
  }
  return 'it was not refused'
}

test('the first opening remembers who answered', async () => {
  const { targets, seen } = stage(null)
  await targets.open(ref)
  expect(seen.remembered).toEqual([{ serial: 'abc', manufacturer: 'Maker', model: 'Model' }])
})

test('another device with the same serial number is refused before a PIN is tried, and closed', async () => {
  const { targets, seen } = stage({ serial: 'abc', manufacturer: 'Maker', model: 'Older model' })
  expect(await codeOf(targets.open(ref))).toBe('hsm-identity-changed')
  expect(seen).toMatchObject({ tries: 0, closed: 1 })
})

test('a PIN that was not taken is never tried again, not after another opening either', async () => {
  const { targets, seen } = stage(null)
  using wrong = SecretBytes.fromText('9999')
  expect(await codeOf((await targets.open(ref)).logIn(wrong, source))).toBe('hsm-pin-wrong')
  expect(await codeOf((await targets.open(ref)).logIn(wrong, source))).toBe('hsm-pin-refused-before')
  expect(seen.tries).toBe(1)
})

const vendor = { system: 'pkcs11', number: 0xa4, text: 'CKR_PIN_LOCKED' } as const

test.each([
  ['hangs', new KeyturnError('hsm-module-hangs', { what: 'logging in', seconds: '30' })],
  ['crashes', new KeyturnError('hsm-module-crashed', { what: 'logging in' })],
  ['is called off', new KeyturnError('hsm-cancelled', { what: 'logging in' })],
  ['fails for a reason of the vendor', new KeyturnError('hsm-failed', { what: 'logging in', token: 'T' })],
  ['locks on it', new KeyturnError('hsm-pin-locked', { token: 'T' }, { vendor })],
])('a PIN is not sent a second time where the token %s', async (_what, error) => {
  const { targets, seen } = stage(null, facts, () => Promise.reject(error))
  using pin = SecretBytes.fromText('1234')
  expect(await codeOf((await targets.open(ref)).logIn(pin, source))).toBe(error.code)
  expect(await codeOf((await targets.open(ref)).logIn(pin, source))).toBe('hsm-pin-refused-before')
  expect(seen.tries).toBe(1)
})

test('a PIN that was not sent, because the person had not seen the state, is sent later', async () => {
  let state: 'locked' | 'ok' = 'locked'
  const { targets, seen } = stage(null, facts, async () => {
    if (state === 'locked') throw new KeyturnError('hsm-pin-locked', { token: 'T' })
  })
  using pin = SecretBytes.fromText('1234')
  const open = await targets.open(ref)
  expect(await codeOf(open.logIn(pin, source))).toBe('hsm-pin-locked')
  state = 'ok'
  await open.logIn(pin, source)
  await open.logIn(pin, source)
  expect(seen).toMatchObject({ tries: 3, refused: new Set() })
})

test('no PIN is sent that can’t be noted before', async () => {
  const { targets, seen } = stage(null)
  using pin = SecretBytes.fromText('1234')
  const open = await targets.open(ref)
  seen.full = true
  expect(await codeOf(open.logIn(pin, source))).toBe('record-unavailable')
  expect(seen.tries).toBe(0)
})

test('of two logins at once with one PIN the second waits, and sees that the first was refused', async () => {
  const held = Promise.withResolvers<void>()
  const { targets, seen } = stage(null, facts, () => held.promise)
  using wrong = SecretBytes.fromText('9999')
  const [one, other] = [await targets.open(ref), await targets.open(ref)]
  const codes = Promise.all([codeOf(one.logIn(wrong, source)), codeOf(other.logIn(wrong, source))])
  held.resolve()
  expect(await codes).toEqual(['hsm-pin-wrong', 'hsm-pin-refused-before'])
  expect(seen.tries).toBe(1)
})

test('a PIN that was entered anew is tried', async () => {
  const { targets, seen } = stage(null)
  using wrong = SecretBytes.fromText('9999')
  using right = SecretBytes.fromText('1234')
  const open = await targets.open(ref)
  expect(await codeOf(open.logIn(wrong, source))).toBe('hsm-pin-wrong')
  await open.logIn(right, { ...source, generation: 2 })
  expect(seen.tries).toBe(2)
})

test('a verdict holds for its firmware only', async () => {
  const probe: KeptProbe = {
    moduleSha256: 'a'.repeat(64),
    manufacturer: 'Maker',
    model: 'Model',
    firmware: '2.6',
    use: { mechanism: 'CKM_AES_KEY_WRAP_PAD', verdict: 'exact' },
    oaep: { sha1: true, sha256: true },
    at: '2026-11-22T08:00:00.000Z',
  }
  const old = stage(null)
  old.probes.push(probe)
  expect((await old.targets.open(ref)).probe).toEqual(probe)
  const updated = stage(null, { ...facts, firmware: '2.7' })
  updated.probes.push(probe)
  expect((await updated.targets.open(ref)).probe).toBeNull()
})
