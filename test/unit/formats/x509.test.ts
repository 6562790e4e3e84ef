import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { thumbprintOf } from '../../../electron/formats/thumbprint.ts'
import { readCertificate } from '../../../electron/formats/x509.ts'
import { answersToEveryFlip, answersToEveryTruncation, codeOf } from './damage.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'

const key = makeKey()
const certificate = makeCertificate(key)

describe('certificate', () => {
  test('its facts', () => {
    expect(readCertificate(certificate)).toMatchObject({
      subject: 'CN=Backup certificate',
      issuer: 'CN=Backup certificate',
      serialHex: 'C0FFEE0123456789',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2036-01-01T00:00:00Z'),
      bits: 2048,
      signatureAlgorithm: 'RSA with SHA-256',
      thumbprint: createHash('sha1').update(certificate).digest('hex').toUpperCase(),
      selfSigned: true,
    })
  })

  test('a serial number keeps whole bytes', () => {
    expect(readCertificate(makeCertificate(key, { serialHex: '0abc' })).serialHex).toBe('0ABC')
    expect(readCertificate(makeCertificate(key, { serialHex: '008abc' })).serialHex).toBe('8ABC')
  })

  test('two certificates of one key share the key hash, not the thumbprint', () => {
    const renewed = readCertificate(makeCertificate(key, { notAfter: '400101000000Z' }))
    const first = readCertificate(certificate)
    expect(renewed.publicKeySpkiSha256).toBe(first.publicKeySpkiSha256)
    expect(renewed.publicKeySpkiSha256).toMatch(/^[0-9A-F]{64}$/)
    expect(renewed.thumbprint).not.toBe(first.thumbprint)
  })

  test('one of another issuer is read, and not called self-signed', () => {
    const issued = makeCertificate(key, { issuer: 'Company CA', signer: makeKey() })
    expect(readCertificate(issued)).toMatchObject({ issuer: 'CN=Company CA', selfSigned: false })
  })

  test('one that names itself but was signed by another key is damaged', () => {
    expect(codeOf(() => readCertificate(makeCertificate(key, { signer: makeKey() })))).toBe('file-damaged')
  })

  test('a line break in a name stays in its place', () => {
    const { subject } = readCertificate(makeCertificate(key, { subject: 'a\nCN=b' }))
    expect(subject).not.toContain('\n')
    expect(subject).not.toBe('CN=a, CN=b')
  })

  test('PEM, text, nothing and a large file are not certificates', () => {
    const pem = Buffer.from(
      `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----`,
    )
    expect(codeOf(() => readCertificate(pem))).toBe('file-not-certificate')
    expect(codeOf(() => readCertificate(Buffer.from('hello')))).toBe('file-not-certificate')
    expect(codeOf(() => readCertificate(Buffer.alloc(0)))).toBe('file-not-certificate')
    expect(codeOf(() => readCertificate(Buffer.alloc(70_000)))).toBe('file-too-large')
    expect(codeOf(() => readCertificate(Buffer.concat([certificate, Buffer.alloc(1)])))).toBe('file-damaged')
  })

  test('a changed bit is found, or gives another thumbprint where only the names differ', () => {
    const own = thumbprintOf(certificate)
    const answers = answersToEveryFlip(certificate, (damaged) => {
      const facts = readCertificate(damaged)
      expect(facts.thumbprint).not.toBe(own)
      expect(facts.selfSigned).toBe(false)
      expect(facts.issuer === facts.subject).toBe(false)
    })
    const { accepted = 0 } = Object.fromEntries(answers)
    // Two names of 18 bytes: no more bits than theirs can be changed without being found.
    expect(accepted).toBeLessThanOrEqual(2 * 18 * 8 + 2 * 11 * 8)
    expect(answers.get('file-damaged')).toBeGreaterThan(certificate.length * 7)
  })

  test('every truncation is found', () => {
    const answers = answersToEveryTruncation(certificate, readCertificate)
    expect([...answers.keys()].sort()).toEqual(['file-damaged', 'file-not-certificate'])
  })

  test('random bytes give one of the catalogue answers', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.uint8Array({ maxLength: 900 }), (kept, bytes) => {
        const code = codeOf(() => readCertificate(Buffer.concat([certificate.subarray(0, kept), bytes])))
        expect(code).toMatch(/^file-(damaged|not-certificate)$/)
      }),
      { numRuns: 500 },
    )
  })
})
