import { randomBytes, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPkcs12, readPkcs12 } from '../../../electron/formats/pkcs12.ts'
import { writePkcs12 } from '../../../electron/formats/pkcs12-write.ts'
import { answersToEveryFlip, answersToEveryTruncation, codeOf } from './damage.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'

const privateKey = makeKey()
const certificate = makeCertificate(privateKey)
const password = Buffer.from('pässwörd 🔑 of some length')
const random = (count: number): Buffer => randomBytes(count)
const write = (iterations: number): Buffer =>
  writePkcs12({ privateKey, certificate, password, iterations, random })
const cheap = write(1)

const privateOf = (one: KeyObject): string => one.export({ format: 'pem', type: 'pkcs8' }).toString()

describe('.pfx', () => {
  test('gives key and certificate back', () => {
    const file = writePkcs12({ privateKey, certificate, password, friendlyName: 'Nightly backups', random })
    const content = readPkcs12(file, password)
    expect(privateOf(content.privateKey)).toBe(privateOf(privateKey))
    expect(content.certificate.equals(certificate)).toBe(true)
    expect(content.otherCertificates).toEqual([])
    expect(isPkcs12(file)).toBe(true)
  })

  test('tells its faults apart', () => {
    expect(codeOf(() => readPkcs12(cheap, Buffer.from('another')))).toBe('file-wrong-password')
    expect(codeOf(() => readPkcs12(certificate, password))).toBe('file-not-private-key')
    expect(codeOf(() => readPkcs12(Buffer.from('text'), password))).toBe('file-not-private-key')
    expect(codeOf(() => readPkcs12(Buffer.concat([cheap, Buffer.alloc(1)]), password))).toBe('file-damaged')
    expect(codeOf(() => readPkcs12(Buffer.alloc(300_000), password))).toBe('file-too-large')
  })

  test('a certificate of another key is not written into one file', () => {
    const other = makeCertificate(makeKey())
    expect(codeOf(() => writePkcs12({ privateKey, certificate: other, password, random }))).toBe(
      'file-key-mismatch',
    )
  })

  test('a changed MAC with the right password is damage', () => {
    const file = Buffer.from(cheap)
    // The last fields are digest (32 bytes), salt (2 + 16) and iterations (3).
    const at = file.length - 3 - 18 - 1
    file.writeUInt8(file.readUInt8(at) ^ 0x10, at)
    expect(codeOf(() => readPkcs12(file, password))).toBe('file-damaged')
  })

  test('more iterations than the limit are refused before they are done', () => {
    const file = Buffer.concat([cheap.subarray(0, -1), Buffer.from([0])])
    expect(codeOf(() => readPkcs12(file, password))).toBe('file-unsupported')
    const many = Buffer.from(write(65_537))
    const at = many.lastIndexOf(Buffer.from([2, 3, 1, 0, 1]))
    many.writeUInt8(0x7f, at + 2)
    expect(codeOf(() => readPkcs12(many, password))).toBe('file-unsupported')
  })

  test('every changed bit is found', () => {
    const answers = answersToEveryFlip(cheap, (damaged) => readPkcs12(damaged, password))
    expect(answers.has('accepted')).toBe(false)
    expect([...answers.values()].reduce((sum, count) => sum + count)).toBe(cheap.length * 8)
  })

  test('every truncation is found', () => {
    const answers = answersToEveryTruncation(cheap, (damaged) => readPkcs12(damaged, password))
    expect([...answers.keys()].sort()).toEqual(['file-damaged', 'file-not-private-key'])
  })

  test('random bytes give one of the catalogue answers', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.uint8Array({ maxLength: 600 }), (kept, bytes) => {
        const code = codeOf(() => readPkcs12(Buffer.concat([cheap.subarray(0, kept), bytes]), password))
        expect(code).toMatch(/^file-/)
      }),
      { numRuns: 500 },
    )
  })
})
