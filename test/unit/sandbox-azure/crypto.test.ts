import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signEcdsa, verifyEcdsa } from '../../../sandbox/azure/crypto/ecdsa-digest.ts'
import { unwrapPadded } from '../../../sandbox/azure/crypto/key-wrap-pad.ts'
import { signPkcs1, signPss, verifyPkcs1, verifyPss } from '../../../sandbox/azure/crypto/rsa-digest.ts'
import type { Curve } from '../../../sandbox/azure/state/model.ts'
import { wrapPadded } from '../../support/openssl-wrap.ts'

const message = Buffer.from('a message whose digest the vault gets')

describe('RSA signatures over a digest', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKey = createPublicKey(privateKey)

  it.each(['sha256', 'sha384', 'sha512'] as const)('agree with Node, which signs the message: %s', (hash) => {
    const digest = createHash(hash).update(message).digest()
    const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digest.length }
    expect(signPkcs1(privateKey, hash, digest)).toEqual(sign(hash, message, privateKey))
    expect(verify(hash, message, pss, signPss(privateKey, hash, digest))).toBe(true)
    const theirs = sign(hash, message, { ...pss, key: privateKey })
    expect(verifyPss(privateKey, hash, digest, theirs)).toBe(true)
    expect(verifyPkcs1(privateKey, hash, digest, sign(hash, message, privateKey))).toBe(true)
  })

  it('refuse a changed signature, a foreign digest and another length', () => {
    const digest = createHash('sha256').update(message).digest()
    const other = createHash('sha256').update('another').digest()
    for (const [make, check] of [
      [signPkcs1, verifyPkcs1],
      [signPss, verifyPss],
    ] as const) {
      const good = make(privateKey, 'sha256', digest)
      const bad = Buffer.from(good)
      bad[9] = (bad[9] ?? 0) ^ 1
      expect(check(privateKey, 'sha256', digest, bad)).toBe(false)
      expect(check(privateKey, 'sha256', other, good)).toBe(false)
      expect(check(privateKey, 'sha256', digest, good.subarray(1))).toBe(false)
      expect(check(privateKey, 'sha256', digest, Buffer.alloc(256, 0xff))).toBe(false)
    }
  })
})

describe('ECDSA over a digest', () => {
  it.each([
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
    ['P-521', 'sha512'],
  ] as const)('agrees with Node on %s', (curve: Curve, hash) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
    const key = { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' as const }
    const digest = createHash(hash).update(message).digest()
    const ours = signEcdsa(privateKey, curve, digest)
    expect(verify(hash, message, key, ours)).toBe(true)
    const theirs = sign(hash, message, { ...key, key: privateKey })
    expect(verifyEcdsa(privateKey, curve, digest, theirs)).toBe(true)
    expect(verifyEcdsa(privateKey, curve, digest, Buffer.alloc(theirs.length))).toBe(false)
  })

  it('refuses a changed signature', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const digest = createHash('sha256').update(message).digest()
    const bad = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    bad[5] = (bad[5] ?? 0) ^ 1
    expect(verifyEcdsa(privateKey, 'P-256', digest, bad)).toBe(false)
  })
})

describe('AES key wrap with padding', () => {
  const kek = randomBytes(32)
  const wrap = (plain: Buffer): Buffer => wrapPadded(kek, plain)

  it.each([1, 7, 8, 9, 16, 20, 1217])('opens what OpenSSL wrapped: %i bytes', (length) => {
    const plain = randomBytes(length)
    expect(unwrapPadded(kek, wrap(plain))).toEqual(plain)
  })

  it('refuses changed bytes, another key and half blocks', () => {
    const wrapped = wrap(randomBytes(40))
    const changed = Buffer.from(wrapped)
    changed[3] = (changed[3] ?? 0) ^ 1
    expect(() => unwrapPadded(kek, changed)).toThrow(RangeError)
    expect(() => unwrapPadded(randomBytes(32), wrapped)).toThrow(RangeError)
    expect(() => unwrapPadded(kek, wrapped.subarray(1))).toThrow(RangeError)
  })
})
