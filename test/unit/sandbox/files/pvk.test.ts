import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readPvk, writePvk } from '../../../../sandbox/sqlserver/files/index.ts'
import { rc4 } from '../../../../sandbox/sqlserver/files/rc4.ts'
import { flips, refusal, rsaKey, truncations } from './samples.ts'

const password = Buffer.from('Pa$$word for the file', 'utf8')
let key: KeyObject
beforeAll(async () => {
  key = await rsaKey(512)
})

describe('RC4', () => {
  it.each([
    ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
    ['Wiki', 'pedia', '1021bf0420'],
    ['Secret', 'Attack at dawn', '45a01f645fc35b383552544b9bf5'],
  ])('fits the known answer for %s', (secret, clear, expected) => {
    expect(rc4(Buffer.from(secret), Buffer.from(clear)).toString('hex')).toBe(expected)
  })
})

describe('private key files', () => {
  it.each(['strong', 'weak'] as const)('reads its own %s form', (strength) => {
    expect(readPvk(writePvk(key, password, strength), password).equals(key)).toBe(true)
  })

  it('reads the unencrypted form, with or without a password', () => {
    const file = writePvk(key, null)
    expect(readPvk(file, null).equals(key)).toBe(true)
    expect(readPvk(file, password).equals(key)).toBe(true)
  })

  it('has the documented sizes for a key of 2048 bits', async () => {
    const large = await rsaKey(2048)
    expect([writePvk(large, password).length, writePvk(large, null).length]).toEqual([1212, 1196])
  })

  it('uses a new salt each time and shows no key bytes', () => {
    const [one, two] = [writePvk(key, password), writePvk(key, password)]
    expect(one.subarray(24, 40)).not.toEqual(two.subarray(24, 40))
    expect(one.includes('RSA2')).toBe(false)
    expect(writePvk(key, null).includes('RSA2')).toBe(true)
  })

  it('names a wrong or absent password as the reason', () => {
    const file = writePvk(key, password)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (other) => {
        fc.pre(!password.equals(other))
        expect(refusal(() => readPvk(file, Buffer.from(other)))).toBe('password')
      }),
    )
    expect(refusal(() => readPvk(file, null))).toBe('password')
  })

  it('finds every flipped bit of both forms', () => {
    const encrypted = writePvk(key, password)
    const clear = writePvk(key, null)
    for (const changed of flips(encrypted)) refusal(() => readPvk(changed, password))
    for (const changed of flips(clear)) refusal(() => readPvk(changed, null))
  })

  it('calls a flipped bit in the numbers damage', () => {
    const file = writePvk(key, password)
    const numbersAt = 24 + 16 + 8 + 12
    for (const changed of flips(file.subarray(numbersAt), (at) => [at % 8])) {
      const whole = Buffer.concat([file.subarray(0, numbersAt), changed])
      expect(refusal(() => readPvk(whole, password))).toBe('damaged')
    }
  })

  it('refuses every truncation, and bytes at the end', () => {
    const file = writePvk(key, password)
    for (const cut of truncations(file)) refusal(() => readPvk(cut, password))
    expect(refusal(() => readPvk(Buffer.concat([file, Buffer.alloc(1)]), password))).toBe('damaged')
  })

  it('refuses random numbers behind a well-formed header', () => {
    const file = writePvk(key, null)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(file.length - 1), (noise, at) => {
        const changed = Buffer.from(file)
        changed.set(noise.subarray(0, file.length - at), at)
        if (!changed.equals(file)) refusal(() => readPvk(changed, null))
        refusal(() => readPvk(Buffer.from(noise), password))
      }),
      { numRuns: 500 },
    )
  })
})
