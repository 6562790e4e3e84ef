import { createPublicKey, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256Of } from '../../../electron/escrow/digest.ts'
import {
  makeGroupKey,
  openGroupKey,
  sealGroupKey,
  type GroupKey,
} from '../../../electron/escrow/share-group.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { problemFrom } from '../../support/shares.ts'

let one: GroupKey
let other: GroupKey
beforeAll(async () => {
  one = await makeGroupKey()
  other = await makeGroupKey()
})
const secretOf = (bytes: Buffer): SecretBytes => SecretBytes.take(Buffer.from(bytes))

describe('the key pair of a group', () => {
  test('is RSA of 3,072 bits, named by the hash of its public half', () => {
    const key = createPublicKey({ key: one.spki, format: 'der', type: 'spki' })
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(3072)
    expect(one.spkiSha256).toBe(sha256Of(one.spki))
    expect(one.keyId).toBe(one.spkiSha256.slice(0, 16))
    expect(String(one.pkcs8)).toBe('«secret»')
  })

  test('comes back with the secret that it was sealed under, and with no other', () => {
    const bytes = randomBytes(32)
    const sealed = sealGroupKey(one.pkcs8, secretOf(bytes), one.keyId)
    using opened = openGroupKey(sealed, secretOf(bytes), one.spki)
    expect(opened.use((key) => key.equals(one.pkcs8.use((own) => Buffer.from(own))))).toBe(true)
    const wrong = Buffer.from(bytes)
    wrong[31] = (wrong[31] ?? 0) ^ 1
    for (const secret of [wrong, bytes.subarray(0, 16), Buffer.alloc(0)])
      expect(problemFrom(() => openGroupKey(sealed, secretOf(secret), one.spki)).code).toBe(
        'cms-key-not-unwrapped',
      )
  })

  test('is not sealed under a secret of another length', () => {
    for (const length of [0, 16, 31, 33])
      expect(
        problemFrom(() => sealGroupKey(one.pkcs8, secretOf(Buffer.alloc(length, 7)), one.keyId)).code,
      ).toBe('cms-recipients')
  })

  test('of another group, or bytes that are no key, are not given out', () => {
    const bytes = randomBytes(32)
    const foreign = sealGroupKey(other.pkcs8, secretOf(bytes), one.keyId)
    expect(problemFrom(() => openGroupKey(foreign, secretOf(bytes), one.spki)).code).toBe('package-group-key')
    const junk = sealGroupKey(secretOf(randomBytes(400)), secretOf(bytes), one.keyId)
    expect(problemFrom(() => openGroupKey(junk, secretOf(bytes), one.spki)).code).toBe('package-group-key')
    const named = sealGroupKey(other.pkcs8, secretOf(bytes), other.keyId)
    expect(problemFrom(() => openGroupKey(named, secretOf(bytes), one.spki)).code).toBe('cms-other-recipient')
  })

  test('whose halves differ under an unchanged public part is noticed', () => {
    const bytes = randomBytes(32)
    const key = one.pkcs8.use((own) => Buffer.from(own))
    // Both ways of undoing what the public half does: the exponent, and the last number of the shorter way.
    for (const at of [600, key.length - 1]) key[at] = (key[at] ?? 0) ^ 2
    const sealed = sealGroupKey(secretOf(key), secretOf(bytes), one.keyId)
    expect(problemFrom(() => openGroupKey(sealed, secretOf(bytes), one.spki)).code).toBe('package-group-key')
  })
})
