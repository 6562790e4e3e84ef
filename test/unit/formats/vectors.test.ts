import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openPair } from '../../../electron/formats/pair.ts'
import { readPkcs12 } from '../../../electron/formats/pkcs12.ts'
import { readPvk } from '../../../electron/formats/pvk.ts'
import { readCertificate } from '../../../electron/formats/x509.ts'
import { codeOf } from './damage.ts'

const vector = (name: string): Buffer => readFileSync(new URL(`../../vectors/keys/${name}`, import.meta.url))
const password = vector('password.txt')
const privateOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const expected = privateOf(createPrivateKey(vector('key.pem')))

describe('files that OpenSSL wrote', () => {
  test.each(['strong.pvk', 'weak.pvk', 'plain.pvk'])('%s gives its key', (name) => {
    expect(privateOf(readPvk(vector(name), password))).toBe(expected)
    expect(openPair(vector('cert.cer'), vector(name), password).bits).toBe(2048)
  })

  test('modern.pfx gives key and certificate', () => {
    const content = readPkcs12(vector('modern.pfx'), password)
    expect(privateOf(content.privateKey)).toBe(expected)
    expect(content.certificate.equals(vector('cert.cer'))).toBe(true)
  })

  test('a wrong password for each of them is told as one', () => {
    for (const name of ['strong.pvk', 'weak.pvk']) {
      expect(codeOf(() => readPvk(vector(name), Buffer.from('wrong')))).toBe('file-wrong-password')
    }
    expect(codeOf(() => readPkcs12(vector('modern.pfx'), Buffer.from('wrong')))).toBe('file-wrong-password')
  })

  test('legacy.pfx is refused by the name of its encryption, not as damaged', () => {
    expect(codeOf(() => readPkcs12(vector('legacy.pfx'), password))).toBe('file-unsupported')
  })

  test('cert.cer gives its facts', () => {
    expect(readCertificate(vector('cert.cer'))).toMatchObject({
      subject: 'O=Keyturn tests, CN=Vector certificate',
      selfSigned: true,
      signatureAlgorithm: 'RSA with SHA-256',
    })
  })
})
