import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'

describe('SecretBytes', () => {
  test('takes ownership: the input is zeros afterwards', () => {
    const input = Buffer.from('canary')
    const secret = SecretBytes.take(input)
    expect([...input]).toEqual([0, 0, 0, 0, 0, 0])
    expect(secret.use((bytes) => bytes.toString())).toBe('canary')
    expect(secret.length).toBe(6)
  })

  test('takes only the part of a larger buffer that it was given', () => {
    const whole = Buffer.from('keep canary')
    expect(SecretBytes.take(whole.subarray(5)).use(String)).toBe('canary')
    expect(whole.toString()).toBe('keep \0\0\0\0\0\0')
  })

  test('every reading after a wipe throws', async () => {
    const secret = SecretBytes.fromText('canary')
    let lent: Buffer | null = null
    secret.use((bytes) => (lent = bytes))
    secret.wipe()
    secret.wipe()
    expect(lent).toEqual(Buffer.alloc(6))
    expect(secret.wiped).toBe(true)
    expect(() => secret.use(String)).toThrow('secret-wiped')
    expect(() => secret.copy()).toThrow('secret-wiped')
    expect(() => secret.length).toThrow('secret-wiped')
    await expect(secret.useAsync(async () => 1)).rejects.toThrow('secret-wiped')
  })

  test('a copy lives on its own', () => {
    const secret = SecretBytes.fromText('canary')
    const copy = secret.copy()
    secret.wipe()
    expect(copy.use(String)).toBe('canary')
  })

  test('what useAsync lends is whole while it works and zeros afterwards, also after a failure', async () => {
    const secret = SecretBytes.fromText('canary')
    const lent: Buffer[] = []
    const reading = secret.useAsync(async (bytes) => {
      lent.push(bytes)
      await Promise.resolve()
      return bytes.toString()
    })
    secret.wipe()
    expect(await reading).toBe('canary')
    const other = SecretBytes.fromText('canary')
    await expect(
      other.useAsync(async (bytes) => {
        lent.push(bytes)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(lent.map((bytes) => [...bytes].every((byte) => byte === 0))).toEqual([true, true])
  })

  test('using wipes at the end of the block', () => {
    const secret = SecretBytes.fromText('canary')
    {
      using held = secret
      expect(held.wiped).toBe(false)
    }
    expect(secret.wiped).toBe(true)
  })

  test('nothing that prints shows it', () => {
    const secret = SecretBytes.fromText('canary')
    const printed = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { showHidden: true, depth: 9 }),
    ]
    for (const text of printed) expect(text).toContain('«secret»')
    expect(printed.join()).not.toContain('canary')
    expect(Object.keys(secret)).toEqual([])
    expect(structuredClone({ ...secret })).toEqual({})
  })
})
