import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPvk, writePvk } from '../../../electron/formats/pvk.ts'
import { rc4InPlace } from '../../../electron/formats/rc4.ts'
import { answersToEveryFlip, answersToEveryTruncation, codeOf } from './damage.ts'
import { makeKey } from './make-certificate.ts'

const key = makeKey()
const password = Buffer.from('a long escrow password 7')
const salt = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const strong = writePvk(key, password, salt)
const plain = writePvk(key, null, salt)

const spkiOf = (one: KeyObject): string =>
  createPublicKey(one).export({ format: 'pem', type: 'spki' }).toString()
const privateOf = (one: KeyObject): string => one.export({ format: 'pem', type: 'pkcs8' }).toString()

/** The 40-bit form: our writer does not make it, other programs did. */
const weakFile = (): Buffer => {
  const file = Buffer.from(plain)
  const weakKey = createHash('sha1').update(salt).update(password).digest().subarray(0, 16).fill(0, 5)
  const body = file.subarray(32)
  rc4InPlace(weakKey, body)
  file.writeUInt32LE(1, 12)
  file.writeUInt32LE(16, 16)
  return Buffer.concat([file.subarray(0, 24), salt, file.subarray(24)])
}

describe('RC4', () => {
  test.each([
    ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
    ['Wiki', 'pedia', '1021bf0420'],
    ['Secret', 'Attack at dawn', '45a01f645fc35b383552544b9bf5'],
  ])('gives the published stream for %s', (keyText, text, expected) => {
    const data = Buffer.from(text)
    rc4InPlace(Buffer.from(keyText), data)
    expect(data.toString('hex')).toBe(expected)
  })
})

describe('.pvk', () => {
  test('has the published size and header', () => {
    expect(strong.length).toBe(1212)
    expect(plain.length).toBe(1196)
    expect(strong.subarray(0, 24).toString('hex')).toBe(
      '1ef1b5b000000000010000000100000010000000' + '94040000',
    )
    expect(strong.subarray(40, 48).toString('hex')).toBe('0702000000a40000')
  })

  test.each([
    ['strong', strong, password],
    ['weak', weakFile(), password],
    ['unencrypted', plain, null],
    ['unencrypted with a password that is not needed', plain, password],
  ])('%s form gives the whole key back', (_form, file, given) => {
    expect(privateOf(readPvk(file, given))).toBe(privateOf(key))
  })

  test('does not change what it is given', () => {
    const copy = Buffer.from(strong)
    const given = Buffer.from(password)
    readPvk(copy, given)
    expect(copy.equals(strong)).toBe(true)
    expect(given.equals(password)).toBe(true)
  })

  test('no bytes of the key stand in an encrypted file', () => {
    const modulus = plain.subarray(44, 60)
    expect(plain.includes(modulus)).toBe(true)
    expect(strong.includes(modulus)).toBe(false)
  })

  test('tells its faults apart', () => {
    expect(codeOf(() => readPvk(strong, Buffer.from('another password')))).toBe('file-wrong-password')
    expect(codeOf(() => readPvk(strong, Buffer.alloc(0)))).toBe('file-wrong-password')
    expect(codeOf(() => readPvk(strong, null))).toBe('file-needs-password')
    expect(codeOf(() => readPvk(Buffer.from('MZ not a key'), password))).toBe('file-not-private-key')
    expect(codeOf(() => readPvk(Buffer.alloc(0), password))).toBe('file-not-private-key')
    expect(codeOf(() => readPvk(Buffer.concat([strong, Buffer.from([0])]), password))).toBe('file-damaged')
    expect(codeOf(() => readPvk(Buffer.alloc(40_000), password))).toBe('file-too-large')
  })

  test('a damaged password check is damage, not a wrong password', () => {
    const file = Buffer.from(strong)
    file.writeUInt8(file.readUInt8(48) ^ 1, 48)
    expect(codeOf(() => readPvk(file, password))).toBe('file-damaged')
  })

  test('errors do not carry the password', () => {
    try {
      readPvk(strong, Buffer.from('CANARY-password'))
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain('CANARY')
      return
    }
    throw new Error('accepted')
  })

  test.each([
    ['strong', strong],
    ['unencrypted', plain],
  ])('every changed bit of the %s form is found', (_form, file) => {
    const answers = answersToEveryFlip(file, (damaged) => readPvk(damaged, password))
    expect([...answers.keys()].sort()).toEqual(
      file === strong
        ? ['file-damaged', 'file-not-private-key', 'file-wrong-password']
        : ['file-damaged', 'file-not-private-key'],
    )
    expect(answers.get('file-not-private-key')).toBe(32)
    // Only a changed salt reads like another password.
    expect(answers.get('file-wrong-password')).toBe(file === strong ? 128 : undefined)
  })

  test('every truncation is found', () => {
    const answers = answersToEveryTruncation(strong, (damaged) => readPvk(damaged, password))
    expect(Object.fromEntries(answers)).toEqual({
      'file-not-private-key': 4,
      'file-damaged': strong.length - 4,
    })
  })

  test('random bytes, with and without a true beginning, give one of the catalogue answers', () => {
    const beginnings = fc.constantFrom(0, 4, 24, 40, 48)
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 1500 }), (kept, bytes) => {
        const file = Buffer.concat([strong.subarray(0, kept), bytes])
        expect(codeOf(() => readPvk(file, password))).toMatch(
          /^file-(damaged|not-private-key|wrong-password)$/,
        )
      }),
      { numRuns: 500 },
    )
  })

  test('every password opens what was written with it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 128 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (secret, bytes) => {
          const file = writePvk(key, secret, bytes)
          expect(spkiOf(readPvk(file, secret))).toBe(spkiOf(key))
        },
      ),
      { numRuns: 25 },
    )
  })
})
