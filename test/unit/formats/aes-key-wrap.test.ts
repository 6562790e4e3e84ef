import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unwrapKey, unwrapKeyPadded, wrapKey, wrapKeyPadded } from '../../../electron/formats/aes-key-wrap.ts'
import { secret } from './cms-kit.ts'
import { answersToEveryFlip, answersToEveryTruncation, codeOf } from './damage.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const bytesOf = (key: ReturnType<typeof unwrapKey>): Buffer => key.use((bytes) => Buffer.from(bytes))

/** RFC 3394, section 4: key-encryption key, key, wrapped. */
const rfc3394: [string, string, string, string][] = [
  [
    '4.1',
    '000102030405060708090A0B0C0D0E0F',
    '00112233445566778899AABBCCDDEEFF',
    '1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5',
  ],
  [
    '4.2',
    '000102030405060708090A0B0C0D0E0F1011121314151617',
    '00112233445566778899AABBCCDDEEFF',
    '96778B25AE6CA435 F92B5B97C050AED2 468AB8A17AD84E5D',
  ],
  [
    '4.3',
    '000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',
    '00112233445566778899AABBCCDDEEFF',
    '64E8C3F9CE0F5BA2 63E9777905818A2A 93C8191E7D6E8AE7',
  ],
  [
    '4.4',
    '000102030405060708090A0B0C0D0E0F1011121314151617',
    '00112233445566778899AABBCCDDEEFF0001020304050607',
    '031D33264E15D332 68F24EC260743EDC E1C6C7DDEE725A93 6BA814915C6762D2',
  ],
  [
    '4.5',
    '000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',
    '00112233445566778899AABBCCDDEEFF0001020304050607',
    'A8F9BC1612C68B3F F6E6F4FBE30E71E4 769C8B80A32CB895 8CD5D17D6B254DA1',
  ],
  [
    '4.6',
    '000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',
    '00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F',
    '28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21',
  ],
]

/** RFC 5649, section 6. */
const kek5649 = '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8'
const rfc5649: [string, string, string][] = [
  [
    '20 bytes',
    'c37b7e6492584340bed12207808941155068f738',
    '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  ],
  ['7 bytes', '466f7250617369', 'afbeb0f07dfbf5419200f2ccb50bb24f'],
]

describe('vectors of the standards', () => {
  test.each(rfc3394)('RFC 3394, %s', (_section, kek, key, wrapped) => {
    expect(wrapKey(secret(hex(kek)), secret(hex(key)))).toEqual(hex(wrapped))
    expect(bytesOf(unwrapKey(secret(hex(kek)), hex(wrapped)))).toEqual(hex(key))
  })

  test.each(rfc5649)('RFC 5649, a key of %s', (_what, key, wrapped) => {
    expect(wrapKeyPadded(secret(hex(kek5649)), secret(hex(key)))).toEqual(hex(wrapped))
    expect(bytesOf(unwrapKeyPadded(secret(hex(kek5649)), hex(wrapped)))).toEqual(hex(key))
  })
})

describe('against the key wrap of OpenSSL inside Node', () => {
  /** Chosen by a name that is not a literal: the program itself may not use these, tests run on Node only. */
  const native = (name: string, iv: string, kek: Buffer, key: Buffer): Buffer => {
    const cipher = createCipheriv(name, kek, hex(iv))
    return Buffer.concat([cipher.update(key), cipher.final()])
  }

  test('the same bytes for any key', () => {
    const kek = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(kek, fc.uint8Array({ minLength: 1, maxLength: 3_000 }), (kekBytes, keyBytes) => {
        const [kekOf, key] = [Buffer.from(kekBytes), Buffer.from(keyBytes)]
        const padded = wrapKeyPadded(secret(kekOf), secret(key))
        const same = padded.equals(native('id-aes256-wrap-pad', 'A65959A6', kekOf, key))
        const back = bytesOf(unwrapKeyPadded(secret(kekOf), padded)).equals(key)
        const whole = Buffer.concat([key, Buffer.alloc(16)]).subarray(0, 16 + (key.length & ~7))
        const plain = wrapKey(secret(kekOf), secret(whole))
        const samePlain = plain.equals(native('id-aes256-wrap', 'A6A6A6A6A6A6A6A6', kekOf, whole))
        return same && back && samePlain && bytesOf(unwrapKey(secret(kekOf), plain)).equals(whole)
      }),
      { numRuns: 60 },
    )
  })
})

describe('what is refused', () => {
  const kek = randomBytes(32)
  test('lengths that the standards do not know', () => {
    const wrapOf =
      (key: Buffer, by = kek) =>
      () =>
        wrapKey(secret(by), secret(key))
    for (const length of [0, 8, 15, 17, 16 * 1024 + 8])
      expect(wrapOf(Buffer.alloc(length))).toThrow(RangeError)
    expect(wrapOf(Buffer.alloc(16), randomBytes(31))).toThrow(RangeError)
    expect(() => wrapKeyPadded(secret(kek), secret(Buffer.alloc(0)))).toThrow(RangeError)
    for (const length of [0, 8, 16, 25, 32 * 1024])
      expect(codeOf(() => unwrapKey(secret(kek), Buffer.alloc(length)))).toBe('cms-key-not-unwrapped')
    for (const length of [0, 8, 17, 32 * 1024])
      expect(codeOf(() => unwrapKeyPadded(secret(kek), Buffer.alloc(length)))).toBe('cms-key-not-unwrapped')
  })

  test('every changed bit, every cut, another key', () => {
    const key = randomBytes(29)
    const padded = wrapKeyPadded(secret(kek), secret(key))
    const plain = wrapKey(secret(kek), secret(randomBytes(32)))
    const answers = [
      answersToEveryFlip(padded, (bytes) => unwrapKeyPadded(secret(kek), bytes)),
      answersToEveryTruncation(padded, (bytes) => unwrapKeyPadded(secret(kek), bytes)),
      answersToEveryFlip(plain, (bytes) => unwrapKey(secret(kek), bytes)),
      answersToEveryTruncation(plain, (bytes) => unwrapKey(secret(kek), bytes)),
    ]
    for (const answer of answers) expect([...answer.keys()]).toEqual(['cms-key-not-unwrapped'])
    expect(codeOf(() => unwrapKeyPadded(secret(randomBytes(32)), padded))).toBe('cms-key-not-unwrapped')
    expect(codeOf(() => unwrapKey(secret(kek), padded))).toBe('cms-key-not-unwrapped')
    expect(codeOf(() => unwrapKeyPadded(secret(kek), plain))).toBe('cms-key-not-unwrapped')
  })
})
