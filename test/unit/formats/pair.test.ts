import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { openPair } from '../../../electron/formats/pair.ts'
import { writePkcs12 } from '../../../electron/formats/pkcs12-write.ts'
import { writePvk } from '../../../electron/formats/pvk.ts'
import { readCertificate } from '../../../electron/formats/x509.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { codeOf } from './damage.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'

const privateKey = makeKey()
const certificate = makeCertificate(privateKey)
const password = Buffer.from('the kept password 42')
const pvk = writePvk(privateKey, password, randomBytes(16))
const pfx = writePkcs12({
  privateKey,
  certificate,
  password,
  iterations: 1,
  random: (count) => randomBytes(count),
})

test.each([
  ['.pvk', pvk],
  ['.pfx', pfx],
])('a pair with %s opens and tells which key it is', (_kind, file) => {
  expect(openPair(certificate, file, password)).toEqual({
    thumbprint: readCertificate(certificate).thumbprint,
    bits: 2048,
    subject: 'CN=Backup certificate',
    notAfter: new Date('2036-01-01T00:00:00Z'),
  })
})

test('each fault has its own answer', () => {
  const damaged = Buffer.from(pvk)
  damaged.writeUInt8(damaged.readUInt8(600) ^ 4, 600)
  expect(codeOf(() => openPair(pvk, pvk, password))).toBe('file-not-certificate')
  expect(codeOf(() => openPair(certificate, certificate, password))).toBe('file-not-private-key')
  expect(codeOf(() => openPair(certificate, pvk, Buffer.from('wrong')))).toBe('file-wrong-password')
  expect(codeOf(() => openPair(certificate, pfx, Buffer.from('wrong')))).toBe('file-wrong-password')
  expect(codeOf(() => openPair(certificate, pvk, null))).toBe('file-needs-password')
  expect(codeOf(() => openPair(certificate, pfx, null))).toBe('file-needs-password')
  expect(codeOf(() => openPair(certificate, damaged, password))).toBe('file-damaged')
  expect(codeOf(() => openPair(makeCertificate(makeKey()), pvk, password))).toBe('file-key-mismatch')
})

test('the answer names the file it is about', () => {
  const names = { certificate: 'sales.cer', privateKey: 'sales.pvk' }
  const titleOf = (work: () => unknown): string => {
    try {
      work()
    } catch (error) {
      if (error instanceof KeyturnError) return error.problem.title
      throw error
    }
    return 'accepted'
  }
  expect(titleOf(() => openPair(Buffer.from('x'), pvk, password, names))).toContain('sales.cer')
  expect(titleOf(() => openPair(certificate, pvk, Buffer.from('x'), names))).toContain('sales.pvk')
})
