import { createPublicKey, sign, verify, X509Certificate, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  makeSelfSigned,
  privateKeyMatches,
  readCertificate,
  thumbprintOf,
} from '../../../../sandbox/sqlserver/files/index.ts'
import { flips, NOT_AFTER, NOT_BEFORE, refusal, rsaKey, truncations } from './samples.ts'

let key: KeyObject
let certificate: Buffer
const make = (subject: string, more: { serial?: Buffer; notBefore?: Date; notAfter?: Date } = {}) =>
  makeSelfSigned({
    subject,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    bits: 1024,
    generateKey: () => Promise.resolve(key),
    ...more,
  })

beforeAll(async () => {
  key = await rsaKey(1024)
  certificate = (await make('Backup certificate')).certificate
})

describe('self-signed certificates', () => {
  it('generates a key of the asked size and reads back what it wrote', async () => {
    const serial = Buffer.from('8102030405060708090a0b0c0d0e0f10', 'hex')
    const made = await makeSelfSigned({
      subject: 'a',
      serial,
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      bits: 1088,
    })
    const { publicKey, ...facts } = readCertificate(made.certificate)
    expect(facts).toEqual({
      subject: 'a',
      issuer: 'a',
      serial,
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      bits: 1088,
    })
    expect(publicKey.equals(createPublicKey(made.privateKey))).toBe(true)
    expect(privateKeyMatches(made.certificate, made.privateKey)).toBe(true)
    expect(privateKeyMatches(certificate, made.privateKey)).toBe(false)
  })

  it('keeps subjects of any Unicode text and any serial', async () => {
    const serials = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes))
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), serials, async (subject, serial) => {
        const made = await make(subject, { serial })
        const facts = readCertificate(made.certificate)
        expect(facts.subject).toBe(subject)
        expect(BigInt(`0x${facts.serial.toString('hex')}`)).toBe(BigInt(`0x${serial.toString('hex')}`))
      }),
      { numRuns: 200 },
    )
  })

  it('replaces an unpaired surrogate, which UTF-8 cannot hold', async () => {
    expect(readCertificate((await make('a\ud800b')).certificate).subject).toBe('a\ufffdb')
  })

  it.each([
    ['1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z'],
    ['2050-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
  ])('keeps the dates %s and %s', async (from, to) => {
    const { certificate: made } = await make('x', { notBefore: new Date(from), notAfter: new Date(to) })
    const facts = readCertificate(made)
    expect([facts.notBefore, facts.notAfter]).toEqual([new Date(from), new Date(to)])
    const node = new X509Certificate(made)
    expect([node.validFromDate, node.validToDate]).toEqual([new Date(from), new Date(to)])
  })

  it.each(['1949-12-31T23:59:59Z', 'never'])('does not write the date %s', async (date) => {
    await expect(make('x', { notBefore: new Date(date) })).rejects.toThrow(RangeError)
  })

  it('refuses serials of no byte or of 21 bytes', async () => {
    await expect(make('x', { serial: Buffer.alloc(0) })).rejects.toThrow(RangeError)
    await expect(make('x', { serial: Buffer.alloc(21, 1) })).rejects.toThrow(RangeError)
  })

  it('gives different serials to two certificates of one subject', async () => {
    const [one, two] = [await make('x'), await make('x')]
    expect(readCertificate(one.certificate).serial).not.toEqual(readCertificate(two.certificate).serial)
  })

  it('has the thumbprint that Node computes', () => {
    const colons = new X509Certificate(certificate).fingerprint
    expect(thumbprintOf(certificate).toString('hex')).toBe(colons.replaceAll(':', '').toLowerCase())
  })

  it('is accepted by Node with its key', () => {
    const node = new X509Certificate(certificate)
    expect(node.verify(createPublicKey(key))).toBe(true)
    expect(node.checkPrivateKey(key)).toBe(true)
  })
})

describe('reading certificates', () => {
  it('finds every flipped bit', () => {
    for (const changed of flips(certificate)) refusal(() => readCertificate(changed))
  })

  it('refuses every truncation and every byte too many', () => {
    for (const cut of truncations(certificate)) expect(refusal(() => readCertificate(cut))).toBe('format')
    expect(refusal(() => readCertificate(Buffer.concat([certificate, Buffer.alloc(1)])))).toBe('format')
  })

  it('refuses random bytes, alone and spliced in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(certificate.length), (noise, at) => {
        refusal(() => readCertificate(Buffer.from(noise)))
        const spliced = Buffer.concat([certificate.subarray(0, at), noise, certificate.subarray(at)])
        if (noise.length > 0) refusal(() => readCertificate(spliced))
      }),
      { numRuns: 500 },
    )
  })

  it('leaves a certificate that another key issued to others', () => {
    const signatureAt = certificate.length - 128
    const signedPart = Buffer.from(certificate.subarray(4, signatureAt - 19))
    const issuerAt = signedPart.indexOf('Backup certificate')
    signedPart.write('Issuer', issuerAt)
    const signature = sign('sha256', signedPart, key)
    const issued = Buffer.concat([
      certificate.subarray(0, 4),
      signedPart,
      certificate.subarray(signatureAt - 19, signatureAt),
      signature,
    ])
    expect(new X509Certificate(issued).verify(createPublicKey(key))).toBe(true)
    expect(refusal(() => readCertificate(issued))).toBe('mismatch')
  })

  it('calls a signature by another key damage', async () => {
    const signatureAt = certificate.length - 128
    const signedPart = certificate.subarray(4, signatureAt - 19)
    expect(verify('sha256', signedPart, createPublicKey(key), certificate.subarray(signatureAt))).toBe(true)
    const foreign = sign('sha256', signedPart, await rsaKey(1024))
    const changed = Buffer.concat([certificate.subarray(0, signatureAt), foreign])
    expect(refusal(() => readCertificate(changed))).toBe('damaged')
  })
})
