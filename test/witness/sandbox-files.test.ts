/** OpenSSL as an independent witness for the certificates and key files of the simulated SQL Server. */
import { spawnSync } from 'node:child_process'
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  FileFormatError,
  makeSelfSigned,
  privateKeyMatches,
  readCertificate,
  readPfx,
  readPvk,
  thumbprintOf,
  writePfx,
  writePvk,
} from '../../sandbox/sqlserver/files/index.ts'

const PASSWORD = Buffer.from('Kept password: Grüße 17', 'utf8')
const SUBJECT = 'ktr-sql1 Größe 密码'
const LEGACY = ['-provider', 'legacy', '-provider', 'default']

let folder: string
let certificate: Buffer
let privateKey: KeyObject
const at = (name: string): string => join(folder, name)
const put = (name: string, bytes: Buffer | string): string => {
  writeFileSync(at(name), bytes, { mode: 0o600 })
  return at(name)
}

function openssl(...args: string[]): { ok: boolean; out: Buffer; text: string } {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, { input: '' })
  if (error) throw new Error('These tests need the openssl command.', { cause: error })
  return { ok: status === 0, out: stdout, text: `${stdout.toString()}${stderr.toString()}` }
}

/** What OpenSSL prints, or a failure that shows why it refused. */
function accepted(...args: string[]): Buffer {
  const result = openssl(...args)
  expect(result.ok, result.text).toBe(true)
  return result.out
}

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })
const passwordFile = (): string => `file:${at('password')}`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-witness-'))
  const made = await makeSelfSigned({
    subject: SUBJECT,
    notBefore: new Date('2026-01-02T03:04:05Z'),
    notAfter: new Date('2052-01-02T03:04:05Z'),
    bits: 2048,
  })
  certificate = made.certificate
  privateKey = made.privateKey
  put('password', PASSWORD)
  put('other-password', 'something else')
  put('ours.cer', certificate)
  put(
    'ours.pem',
    `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  )
  put('key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('OpenSSL reads our files', () => {
  it('.cer: fields, thumbprint and dates', () => {
    const shown = accepted(
      ...[
        'x509',
        '-inform',
        'DER',
        '-in',
        at('ours.cer'),
        '-noout',
        '-fingerprint',
        '-sha1',
        '-serial',
        '-dates',
      ],
      ...['-subject', '-issuer', '-nameopt', 'utf8,sep_comma_plus', '-dateopt', 'iso_8601'],
    ).toString('utf8')
    const { serial } = readCertificate(certificate)
    expect(shown.replaceAll(':', '')).toContain(thumbprintOf(certificate).toString('hex').toUpperCase())
    expect(shown).toContain(`serial=${serial.toString('hex').toUpperCase()}`)
    expect(shown).toContain(`subject=CN=${SUBJECT}`)
    expect(shown).toContain(`issuer=CN=${SUBJECT}`)
    expect(shown).toContain('notBefore=2026-01-02 03:04:05Z')
    expect(shown).toContain('notAfter=2052-01-02 03:04:05Z')
  })

  it('.cer: the signature verifies, and not after a change', () => {
    const verify = (name: string) =>
      openssl('verify', '-check_ss_sig', '-no_check_time', '-CAfile', at(name), at(name))
    expect(verify('ours.pem').text).toContain('OK')
    const changed = Buffer.from(certificate)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    accepted('x509', '-inform', 'DER', '-in', put('changed.cer', changed), '-out', at('changed.pem'))
    expect(verify('changed.pem').ok).toBe(false)
  })

  it('.pfx: with the password only', () => {
    put('ours.pfx', writePfx(certificate, privateKey, PASSWORD))
    const shown = accepted('pkcs12', '-in', at('ours.pfx'), '-passin', passwordFile(), '-nodes').toString(
      'latin1',
    )
    expect(new X509Certificate(shown).raw).toEqual(certificate)
    expect(spki(createPublicKey(shown.slice(shown.indexOf('-----BEGIN PRIVATE'))))).toEqual(
      spki(createPublicKey(privateKey)),
    )
    const info = openssl('pkcs12', '-in', at('ours.pfx'), '-passin', passwordFile(), '-info', '-noout').text
    expect(info).toMatch(/MAC: sha256, Iteration 100000/)
    expect(info).toMatch(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/)
    const wrong = openssl(
      'pkcs12',
      '-in',
      at('ours.pfx'),
      '-passin',
      `file:${at('other-password')}`,
      '-noout',
    )
    expect(wrong.ok).toBe(false)
  })

  it.each(['strong', 'weak'] as const)('.pvk: the %s form, with the password only', (strength) => {
    put('ours.pvk', writePvk(privateKey, PASSWORD, strength))
    const read = ['rsa', '-inform', 'PVK', '-in', at('ours.pvk'), '-pubout', '-outform', 'DER', ...LEGACY]
    expect(accepted(...read, '-passin', passwordFile())).toEqual(spki(createPublicKey(privateKey)))
    expect(openssl(...read, '-passin', `file:${at('other-password')}`).ok).toBe(false)
  })

  it('.pvk: the unencrypted form', () => {
    put('clear.pvk', writePvk(privateKey, null))
    const shown = accepted('rsa', '-inform', 'PVK', '-in', at('clear.pvk'), '-outform', 'DER', '-traditional')
    expect(shown).toEqual(privateKey.export({ format: 'der', type: 'pkcs1' }))
  })
})

describe('we read files of OpenSSL', () => {
  it.each(['-pvk-strong', '-pvk-weak', '-pvk-none'])('.pvk made with %s', (form) => {
    accepted(
      ...['rsa', '-in', at('key.pem'), '-outform', 'PVK', form, '-out', at('theirs.pvk')],
      ...['-passout', passwordFile(), ...LEGACY],
    )
    const file = readFileSync(at('theirs.pvk'))
    const read = readPvk(file, form === '-pvk-none' ? null : PASSWORD)
    expect(read.equals(privateKey)).toBe(true)
    expect(privateKeyMatches(certificate, read)).toBe(true)
  })

  it.each([
    { name: 'its defaults', options: [] },
    {
      name: 'what Windows writes',
      options: ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    },
    {
      name: 'AES-128 and SHA-512',
      options: ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-128-CBC', '-macalg', 'sha512'],
    },
  ])('.pfx made with $name', ({ options }) => {
    accepted(
      ...[
        'pkcs12',
        '-export',
        '-in',
        at('ours.pem'),
        '-inkey',
        at('key.pem'),
        '-name',
        'friendly',
        ...options,
      ],
      ...['-out', at('theirs.pfx'), '-passout', passwordFile()],
    )
    const file = readFileSync(at('theirs.pfx'))
    const read = readPfx(file, PASSWORD)
    expect(read.certificate).toEqual(certificate)
    expect(read.privateKey.equals(privateKey)).toBe(true)
    expect(() => readPfx(file, Buffer.from('something else'))).toThrow(FileFormatError)
  })

  it('a self-signed certificate with extensions and a name of several parts', () => {
    accepted(
      ...['req', '-x509', '-key', at('key.pem'), '-subj', '/C=CH/O=Keyturn/CN=several', '-days', '30'],
      ...['-sha384', '-addext', 'keyUsage=digitalSignature', '-outform', 'DER', '-out', at('theirs.cer')],
    )
    const facts = readCertificate(readFileSync(at('theirs.cer')))
    expect(facts.subject).toBe('C=CH, O=Keyturn, CN=several')
    expect(facts.bits).toBe(2048)
    expect(facts.notAfter.getTime() - facts.notBefore.getTime()).toBe(30 * 86_400_000)
  })

  it('not a certificate that another one issued: its bytes cannot be checked alone', () => {
    accepted('req', '-new', '-key', at('key.pem'), '-subj', '/CN=issued', '-out', at('request.csr'))
    accepted(
      ...['x509', '-req', '-in', at('request.csr'), '-CA', at('ours.pem'), '-CAkey', at('key.pem')],
      ...['-set_serial', '7', '-days', '30', '-outform', 'DER', '-out', at('issued.cer')],
    )
    expect(() => readCertificate(readFileSync(at('issued.cer')))).toThrow(
      expect.objectContaining({ reason: 'mismatch' }),
    )
  })
})
