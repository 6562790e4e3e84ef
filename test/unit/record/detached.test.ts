import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { signDetached, verifyDetached } from '../../../electron/record/signing/detached.ts'
import { newSigningKey, signedBytes } from '../../../electron/record/signing/signature.ts'

const key = newSigningKey()
const spki = Buffer.from(key.publicKey, 'hex')
const file = Buffer.from('{"format":1}')
const signature = signDetached(key.privateKey, file)

test('a signature fits its file and its key', () => {
  expect(verifyDetached(spki, file, signature)).toBe(true)
  expect(verifyDetached(spki, Buffer.from('{"format":2}'), signature)).toBe(false)
  expect(verifyDetached(Buffer.from(newSigningKey().publicKey, 'hex'), file, signature)).toBe(false)
})

test('no bit of it can be turned, nothing be cut off or put behind it', () => {
  for (let bit = 0; bit < signature.length * 8; bit += 1) {
    const changed = Buffer.from(signature)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(verifyDetached(spki, file, changed)).toBe(false)
  }
  for (let length = 0; length < signature.length; length += 1)
    expect(verifyDetached(spki, file, signature.subarray(0, length))).toBe(false)
  for (const more of [1, 8, 100_000])
    expect(verifyDetached(spki, file, Buffer.concat([signature, Buffer.alloc(more)]))).toBe(false)
})

test('keys of another kind and bytes that are no key verify nothing', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  const theirs = sign('sha256', file, { key: other.privateKey, dsaEncoding: 'der' })
  const spkiOf = other.publicKey.export({ format: 'der', type: 'spki' })
  expect(verifyDetached(spkiOf, file, theirs)).toBe(false)
  expect(verifyDetached(Buffer.concat([spki, Buffer.alloc(1)]), file, signature)).toBe(false)
  expect(verifyDetached(Buffer.from('no key'), file, signature)).toBe(false)
})

test('what the record signs is not signed as a file, nor taken for one', () => {
  const entry = signedBytes({ epoch: 1, first: 1, last: 2, hash: '0'.repeat(64) })
  expect(() => signDetached(key.privateKey, entry)).toThrow(RangeError)
  const ofRecord = sign('sha256', entry, { key: key.privateKey, dsaEncoding: 'der' })
  expect(verifyDetached(spki, entry, ofRecord)).toBe(false)
})
