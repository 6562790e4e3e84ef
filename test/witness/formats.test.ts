import { execFileSync } from 'node:child_process'
import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPair } from '../../electron/formats/pair.ts'
import { readPkcs12 } from '../../electron/formats/pkcs12.ts'
import { writePkcs12 } from '../../electron/formats/pkcs12-write.ts'
import { readPvk, writePvk } from '../../electron/formats/pvk.ts'
import { readCertificate } from '../../electron/formats/x509.ts'

/** OpenSSL's command line as a witness that shares no code with ours. Passwords go through files, never argv. */
const folder = mkdtempSync(join(tmpdir(), 'keyturn-witness-'))
const at = (name: string): string => join(folder, name)
const openssl = (...args: string[]): Buffer =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
const legacy = ['-provider', 'legacy', '-provider', 'default']

const password = Buffer.from('Witness password 7!')
let key: KeyObject
let certificate: Buffer
const pkcs8Of = (one: KeyObject): string => one.export({ format: 'pem', type: 'pkcs8' }).toString()

beforeAll(() => {
  writeFileSync(at('password.txt'), password)
  openssl('genrsa', '-out', 'key.pem', '2048')
  openssl(
    'req',
    '-new',
    '-x509',
    '-key',
    'key.pem',
    '-subj',
    '/CN=Witness',
    '-days',
    '30',
    '-sha256',
    '-out',
    'cert.pem',
  )
  openssl('x509', '-in', 'cert.pem', '-outform', 'DER', '-out', 'cert.cer')
  key = createPrivateKey(readFileSync(at('key.pem')))
  certificate = readFileSync(at('cert.cer'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('OpenSSL opens what we write', () => {
  test('.pvk with a password', () => {
    writeFileSync(at('ours.pvk'), writePvk(key, password, randomBytes(16)))
    const opened = openssl(
      'rsa',
      '-inform',
      'PVK',
      '-in',
      'ours.pvk',
      '-passin',
      'file:password.txt',
      ...legacy,
    )
    expect(pkcs8Of(createPrivateKey(opened))).toBe(pkcs8Of(key))
  })

  test('.pvk without one', () => {
    writeFileSync(at('plain.pvk'), writePvk(key, null, randomBytes(16)))
    const opened = openssl('rsa', '-inform', 'PVK', '-in', 'plain.pvk', ...legacy)
    expect(pkcs8Of(createPrivateKey(opened))).toBe(pkcs8Of(key))
  })

  test('.pfx, with its MAC, its key and its certificate, without the legacy provider', () => {
    const random = (count: number): Buffer => randomBytes(count)
    const file = writePkcs12({ privateKey: key, certificate, password, friendlyName: 'Nächtlich', random })
    writeFileSync(at('ours.pfx'), file)
    const opened = openssl('pkcs12', '-in', 'ours.pfx', '-passin', 'file:password.txt', '-nodes').toString()
    expect(pkcs8Of(createPrivateKey(opened))).toBe(pkcs8Of(key))
    expect(opened).toContain(readFileSync(at('cert.pem'), 'utf8').trim())
    expect(opened).toContain('friendlyName')
  })

  test('and refuses our .pfx with another password', () => {
    writeFileSync(at('wrong.txt'), 'another')
    expect(() => openssl('pkcs12', '-in', 'ours.pfx', '-passin', 'file:wrong.txt', '-nodes')).toThrow()
  })
})

describe('we open what OpenSSL writes', () => {
  test.each(['-pvk-strong', '-pvk-weak'])('.pvk made with %s', (strength) => {
    openssl(
      'rsa',
      '-in',
      'key.pem',
      '-outform',
      'PVK',
      strength,
      '-passout',
      'file:password.txt',
      '-out',
      'theirs.pvk',
      ...legacy,
    )
    const file = readFileSync(at('theirs.pvk'))
    expect(pkcs8Of(readPvk(file, password))).toBe(pkcs8Of(key))
    expect(openPair(certificate, file, password).thumbprint).toBe(readCertificate(certificate).thumbprint)
  })

  test.each([
    ['its defaults', []],
    ['AES-128 and SHA-512', ['-keypbe', 'aes-128-cbc', '-certpbe', 'aes-128-cbc', '-macalg', 'sha512']],
    ['an unencrypted certificate', ['-certpbe', 'NONE']],
  ])('.pfx made with %s', (_how, options) => {
    openssl(
      'pkcs12',
      '-export',
      '-inkey',
      'key.pem',
      '-in',
      'cert.pem',
      '-passout',
      'file:password.txt',
      ...options,
      '-out',
      'theirs.pfx',
    )
    const content = readPkcs12(readFileSync(at('theirs.pfx')), password)
    expect(pkcs8Of(content.privateKey)).toBe(pkcs8Of(key))
    expect(content.certificate.equals(certificate)).toBe(true)
  })

  test('certificate facts agree with openssl x509', () => {
    const facts = readCertificate(certificate)
    const said = openssl(
      'x509',
      '-in',
      'cert.pem',
      '-noout',
      '-fingerprint',
      '-serial',
      '-enddate',
    ).toString()
    expect(said.replace(/:/g, '')).toContain(facts.thumbprint)
    expect(said).toContain(`serial=${facts.serialHex}`)
    expect(new Date(/notAfter=(.*)/.exec(said)?.[1] ?? '')).toEqual(facts.notAfter)
  })
})
