import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKeyFiles } from '../../electron/formats/key-files.ts'
import { writePkcs12 } from '../../electron/formats/pkcs12-write.ts'
import { writePvk } from '../../electron/formats/pvk.ts'
import { legacyProvider, opensslPrints } from '../support/openssl.ts'

/** Key files made by OpenSSL in the forms and sizes that people bring, and ours back to OpenSSL. */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-key-files-'))
const at = (name: string): string => join(folder, name)
const password = Buffer.from('Witness password 7!')
const passin = ['-passin', `file:${at('password.txt')}`]
const passout = ['-passout', `file:${at('password.txt')}`]
const sizes = [1024, 2048, 3072, 4096]

beforeAll(() => {
  writeFileSync(at('password.txt'), password)
  for (const bits of sizes) {
    opensslPrints('genrsa', '-out', at(`${bits}.pem`), String(bits))
    const made = ['-key', at(`${bits}.pem`), '-subj', `/CN=Witness ${bits}`, '-days', '30', '-sha256']
    opensslPrints('req', '-new', '-x509', ...made, '-out', at(`${bits}.crt`))
    opensslPrints('x509', '-in', at(`${bits}.crt`), '-outform', 'DER', '-out', at(`${bits}.cer`))
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pkcs8Of = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const keyOf = (bits: number): KeyObject => createPrivateKey(readFileSync(at(`${bits}.pem`)))
const certificateOf = (bits: number) => ({ name: `${bits}.cer`, bytes: readFileSync(at(`${bits}.cer`)) })

describe.each(sizes)('%i bits', (bits) => {
  test.each([
    ['strong', ['-pvk-strong', ...passout], password],
    ['weak', ['-pvk-weak', ...passout], password],
    ['unencrypted', ['-pvk-none'], null],
  ])('a %s .pvk of OpenSSL opens', (form, options, given) => {
    const file = at(`${bits}-${form}.pvk`)
    opensslPrints(
      ...['rsa', '-in', at(`${bits}.pem`), '-outform', 'PVK', ...options, '-out', file],
      ...legacyProvider,
    )
    const privateKey = { name: 'theirs.pvk', bytes: readFileSync(file) }
    const opened = openKeyFiles({ certificate: certificateOf(bits), privateKey }, given)
    expect(opened.facts.bits).toBe(bits)
    expect(pkcs8Of(opened.privateKey)).toBe(pkcs8Of(keyOf(bits)))
  })

  test('the .pvk and the .pfx that Keyturn writes open in OpenSSL', () => {
    const privateKey = keyOf(bits)
    writeFileSync(at('ours.pvk'), writePvk(privateKey, password, randomBytes(16)))
    const pvk = opensslPrints('rsa', '-inform', 'PVK', '-in', at('ours.pvk'), ...passin, ...legacyProvider)
    expect(pkcs8Of(createPrivateKey(pvk))).toBe(pkcs8Of(privateKey))
    const { bytes } = certificateOf(bits)
    const random = (count: number): Buffer => randomBytes(count)
    writeFileSync(at('ours.pfx'), writePkcs12({ privateKey, certificate: bytes, password, random }))
    const pfx = opensslPrints('pkcs12', '-in', at('ours.pfx'), ...passin, '-nodes').toString()
    expect(pkcs8Of(createPrivateKey(pfx))).toBe(pkcs8Of(privateKey))
  })
})

describe('.pfx of OpenSSL', () => {
  const cipher = (name: string): string[] => ['-keypbe', name, '-certpbe', name]
  test.each([
    ['its defaults', []],
    ['AES-128', cipher('aes-128-cbc')],
    ['AES-192 and SHA-384', [...cipher('aes-192-cbc'), '-macalg', 'sha384']],
    ['AES-256 and SHA-512', [...cipher('aes-256-cbc'), '-macalg', 'sha512']],
    ['3DES and SHA-1, as older Windows', [...cipher('PBE-SHA1-3DES'), '-macalg', 'sha1']],
    ['3DES for the key only', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'NONE', '-macalg', 'sha1']],
  ])('made with %s opens', (_how, options) => {
    for (const bits of [1024, 2048]) {
      opensslPrints(
        ...['pkcs12', '-export', '-inkey', at(`${bits}.pem`), '-in', at(`${bits}.crt`), ...passout],
        ...[...options, '-out', at('theirs.pfx')],
      )
      const file = { name: 'theirs.pfx', bytes: readFileSync(at('theirs.pfx')) }
      const opened = openKeyFiles({ certificate: file, privateKey: null }, password)
      expect(pkcs8Of(opened.privateKey)).toBe(pkcs8Of(keyOf(bits)))
      expect(opened.certificate.equals(certificateOf(bits).bytes)).toBe(true)
      expect(() => openKeyFiles({ certificate: file, privateKey: null }, Buffer.from('another'))).toThrow(
        expect.objectContaining({ code: 'file-wrong-password' }) as Error,
      )
    }
  })
})
