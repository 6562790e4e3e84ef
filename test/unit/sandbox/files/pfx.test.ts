import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeSelfSigned, readPfx, writePfx } from '../../../../sandbox/sqlserver/files/index.ts'
import { pkcs12Derive } from '../../../../sandbox/sqlserver/files/pbe.ts'
import { flips, NOT_AFTER, NOT_BEFORE, oneBit, refusal, rsaKey, truncations } from './samples.ts'

const password = Buffer.from('Grüße, 密码 🔑', 'utf8')
const ROUNDS = 5
let key: KeyObject
let certificate: Buffer
let file: Buffer

beforeAll(async () => {
  key = await rsaKey(1024)
  const request = { subject: 'x', notBefore: NOT_BEFORE, notAfter: NOT_AFTER, bits: 1024 }
  certificate = (await makeSelfSigned({ ...request, generateKey: () => Promise.resolve(key) })).certificate
  file = writePfx(certificate, key, password, ROUNDS)
})

describe('PKCS#12 files', () => {
  it('reads its own file at the full number of rounds', () => {
    const read = readPfx(writePfx(certificate, key, password), password)
    expect(read.certificate).toEqual(certificate)
    expect(read.privateKey.equals(key)).toBe(true)
  })

  it('shows neither certificate nor key', () => {
    expect(file.includes(certificate.subarray(10, 60))).toBe(false)
    expect(file.includes(key.export({ format: 'der', type: 'pkcs1' }).subarray(10, 60))).toBe(false)
  })

  it('does not pair a certificate with a foreign key', async () => {
    const other = await rsaKey(1024)
    expect(refusal(() => writePfx(certificate, other, password, ROUNDS))).toBe('mismatch')
  })

  it('names a wrong password as the reason, also one that is not UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (other) => {
        fc.pre(!password.equals(other))
        expect(refusal(() => readPfx(file, Buffer.from(other)))).toBe('password')
      }),
    )
    expect(refusal(() => readPfx(file, Buffer.from([0xff])))).toBe('password')
  })

  it('finds flipped bits in every byte', () => {
    for (const changed of flips(file, oneBit)) refusal(() => readPfx(changed, password))
  })

  it('refuses every truncation, bytes at the end, and noise', () => {
    for (const cut of truncations(file)) expect(refusal(() => readPfx(cut, password))).toBe('format')
    expect(refusal(() => readPfx(Buffer.concat([file, Buffer.alloc(1)]), password))).toBe('format')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(file.length), (noise, at) => {
        refusal(() => readPfx(Buffer.from(noise), password))
        refusal(() => readPfx(Buffer.concat([file.subarray(0, at), noise, file.subarray(at)]), password))
      }),
      { numRuns: 300 },
    )
  })
})

describe('the key derivation of PKCS#12', () => {
  // Answers of OpenSSL's PKCS12KDF: openssl kdf -kdfopt digest:… -kdfopt hexpass:… -kdfopt hexsalt:… -kdfopt iter:3
  it.each([
    ['sha1', 1, '29ad6584e2af57a323f59da37e88896c4d4563e2b14e4826'],
    [
      'sha1',
      2,
      '98d5b4cfbc46d3a18824b06f7bcadac148812da3d3aeeee35bdea6a4a4dccff474e9be3de73a4b35dd51117ab65d8d2ce5aeb52260654d091ce9feb88fafd591',
    ],
    ['sha256', 3, '994a771a7c060c5e560bc9a3e79b12412bda19bbe695bedc0c214b8088857482'],
    [
      'sha512',
      3,
      '5eef0a2a414df8eed39c12cb4fd0cca88a688ce12c2c6156ed90801fafc9ec7aed7d13ff09bb22cdec10142fd3fcc2e2b67adf85d8aab3a121c30539c76569cf',
    ],
  ])('fits the known answer for %s and purpose %i', (digest, purpose, expected) => {
    const derived = pkcs12Derive(digest, password, Buffer.from('salt'), purpose, 3, expected.length / 2)
    expect(derived.toString('hex')).toBe(expected)
  })
})
