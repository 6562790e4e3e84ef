import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { keySizeProblem, openKeyFiles } from '../../../electron/formats/key-files.ts'
import { writePkcs12 } from '../../../electron/formats/pkcs12-write.ts'
import { writePvk } from '../../../electron/formats/pvk.ts'
import { codeOf } from './damage.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'
import { openAsTheyAre, refuseMutated } from './mutated.ts'

const key = makeKey()
const certificate = makeCertificate(key)
const password = Buffer.from('a long escrow password 7')
const pvk = writePvk(key, password, randomBytes(16))
const pfx = writePkcs12({
  privateKey: key,
  certificate,
  password,
  iterations: 2,
  random: (count) => randomBytes(count),
})
const named = (name: string, bytes: Uint8Array) => ({ name, bytes })

describe('key files that people have', () => {
  test('a .cer with its .pvk, and a .pfx, give one certificate and one key', () => {
    const pair = openKeyFiles(
      { certificate: named('a.cer', certificate), privateKey: named('a.pvk', pvk) },
      password,
    )
    const both = openKeyFiles({ certificate: named('a.pfx', pfx), privateKey: null }, password)
    expect(both.facts.thumbprint).toBe(pair.facts.thumbprint)
    expect(both.certificate.equals(pair.certificate)).toBe(true)
    expect(both.privateKey.equals(pair.privateKey)).toBe(true)
  })

  test.each([
    [
      'a .pvk of another certificate',
      certificate,
      writePvk(makeKey(), password, randomBytes(16)),
      'file-key-mismatch',
    ],
    ['no private key at all', certificate, null, 'file-not-private-key'],
    ['a .pvk for the certificate', pvk, pvk, 'file-not-certificate'],
    ['a certificate for the .pvk', certificate, certificate, 'file-not-private-key'],
  ])('%s is told', (_what, first, second, code) => {
    const files = {
      certificate: named('a.cer', first),
      privateKey: second === null ? null : named('a.pvk', second),
    }
    expect(codeOf(() => openKeyFiles(files, password))).toBe(code)
  })

  test('a .cer of another issuer is refused, unless its thumbprint is compared; in a .pfx it is taken', () => {
    const issued = makeCertificate(key, { issuer: 'An authority', signer: makeKey() })
    const files = { certificate: named('a.cer', issued), privateKey: named('a.pvk', pvk) }
    expect(codeOf(() => openKeyFiles(files, password))).toBe('file-other-issuer')
    expect(openKeyFiles(files, password, { anyIssuer: true }).facts.selfSigned).toBe(false)
    const random = (count: number): Buffer => randomBytes(count)
    const both = writePkcs12({ privateKey: key, certificate: issued, password, iterations: 2, random })
    expect(openKeyFiles({ certificate: named('a.pfx', both), privateKey: null }, password).facts.issuer).toBe(
      'CN=An authority',
    )
  })

  test('a .pfx without a password asks for it', () => {
    expect(codeOf(() => openKeyFiles({ certificate: named('a.pfx', pfx), privateKey: null }, null))).toBe(
      'file-needs-password',
    )
  })

  test('500 mutated files: none crashes, none is accepted', () => {
    expect(openAsTheyAre()).toHaveLength(10)
    refuseMutated(500)
  })
})

describe('sizes of keys', () => {
  test.each([
    [1024, false, true],
    [4096, false, true],
    [3072, true, true],
    [3136, true, false],
    [4096, true, false],
    [4160, false, false],
    [1000, false, false],
    [320, false, false],
  ])('%i bits, for TDE: %s, fits: %s', (bits, forTde, fits) => {
    expect(keySizeProblem(bits, forTde) === null).toBe(fits)
  })
})
