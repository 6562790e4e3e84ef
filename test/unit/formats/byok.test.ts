import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readByok, writeByok, type ByokParts, type KekBits } from '../../../electron/formats/byok.ts'
import { codeOf } from './damage.ts'

const parts: ByokParts = {
  kid: 'https://kv-prod-west.vault.azure.net/keys/import-kek/0123456789abcdef0123456789abcdef',
  encryptedKey: randomBytes(512),
  wrappedKey: randomBytes(1808),
  generator: 'Keyturn 0.1.0; SoftHSM 2.6',
}

describe('a .byok file', () => {
  test('has the fields that Azure documents, in one line of JSON', () => {
    const text = Buffer.from(writeByok(parts)).toString()
    expect(JSON.parse(text)).toEqual({
      schema_version: '1.0.0',
      header: { kid: parts.kid, alg: 'dir', enc: 'CKM_RSA_AES_KEY_WRAP' },
      ciphertext: Buffer.concat([parts.encryptedKey, parts.wrappedKey]).toString('base64url'),
      generator: parts.generator,
    })
    expect(text).not.toMatch(/\s(?!0\.1|SoftHSM|2\.6)/)
  })

  test.each<KekBits>([2048, 3072, 4096])('comes back in its parts, for a key of %i bits', (bits) => {
    const given = { ...parts, encryptedKey: randomBytes(bits / 8) }
    expect(readByok(writeByok(given), bits)).toEqual(given)
  })

  test('of another tool is read with its fields in another order and with spaces', () => {
    const { schema_version, header, ciphertext, generator } = JSON.parse(
      Buffer.from(writeByok(parts)).toString(),
    ) as Record<string, unknown>
    const theirs = JSON.stringify({ generator, ciphertext, header, schema_version }, null, 2)
    expect(readByok(Buffer.from(theirs), 4096)).toEqual(parts)
  })
})

describe('a .byok file is not written', () => {
  test.each<[string, Partial<ByokParts>]>([
    ['for a key without a version', { kid: 'https://kv.vault.azure.net/keys/kek' }],
    ['for a key over http', { kid: parts.kid.replace('https', 'http') }],
    ['for a secret', { kid: parts.kid.replace('/keys/', '/secrets/') }],
    ['for an address with something more', { kid: `${parts.kid}?api-version=7.4` }],
    ['for an address with a user', { kid: parts.kid.replace('https://', 'https://me@') }],
    ['with an encrypted key of 255 bytes', { encryptedKey: randomBytes(255) }],
    ['with a wrapped key that is not a multiple of 8', { wrappedKey: randomBytes(1807) }],
    ['without a wrapped key', { wrappedKey: Buffer.alloc(0) }],
    ['with a wrapped key of 32 KiB', { wrappedKey: Buffer.alloc(32 * 1024) }],
    ['without a generator', { generator: '' }],
    ['with a generator of 101 characters', { generator: 'x'.repeat(101) }],
    ['with a quote in the generator', { generator: 'a"b' }],
    ['with a line break in the generator', { generator: 'a\nb' }],
  ])('%s', (_what, wrong) => {
    expect(codeOf(() => writeByok({ ...parts, ...wrong }))).toBe('byok-not-written')
  })
})

describe('a .byok file is refused', () => {
  const text = Buffer.from(writeByok(parts)).toString()
  const read =
    (changed: string | Buffer, bits: KekBits = 4096) =>
    () =>
      readByok(Buffer.from(changed), bits)
  const swap = (from: string | RegExp, to: string): string => {
    const changed = text.replace(from, to)
    if (changed === text) throw new Error('nothing was changed')
    return changed
  }
  test.each<[string, string | Buffer]>([
    ['that is not JSON', '{'],
    ['that is a list', '[]'],
    ['that is null', 'null'],
    ['with bytes that are not UTF-8', Buffer.concat([Buffer.from(text), Buffer.from([0xff])])],
    ['with a mark of its encoding', `\ufeff${text}`],
    ['of another version', swap('1.0.0', '1.0.1')],
    ['with another alg', swap('"dir"', '"RSA-OAEP"')],
    ['with another enc', swap('CKM_RSA_AES_KEY_WRAP', 'CKM_RSA_AES_KEY_WRAPS')],
    ['with a kid without its version', swap(/\/[0-9a-f]{32}"/, '"')],
    ['with one field more', swap('{', '{"more":1,')],
    ['with one field twice', swap('"alg":"dir"', '"alg":"none","alg":"dir"')],
    ['with a field twice, once escaped', swap('"alg":"dir"', '"\\u0061lg":"none","alg":"dir"')],
    ['with a field less', swap(/,"generator":"[^"]*"/, '')],
    ['with its header outside', swap(/"header":\{([^}]*)\}/, '"header":1,$1')],
    ['with padding', swap(/"ciphertext":"([^"]*)"/, '"ciphertext":"$1=="')],
    ['with base64 of the other alphabet', swap(/"ciphertext":"../, '"ciphertext":"+/')],
    ['with a ciphertext that is a number', swap(/"ciphertext":"[^"]*"/, '"ciphertext":7')],
    ['that is cut short', text.slice(0, 2000)],
    ['whose ciphertext is cut short', swap(/"ciphertext":"([^"]{3000})[^"]*"/, '"ciphertext":"$1"')],
    ['of 1 MiB', text + ' '.repeat(1024 * 1024)],
  ])('%s', (_what, changed) => {
    expect(codeOf(read(changed))).toBe('byok-damaged')
  })

  test('whose parts leave nothing beside the key of the vault', () => {
    const short = writeByok({ ...parts, encryptedKey: randomBytes(256), wrappedKey: randomBytes(144) })
    expect(codeOf(read(Buffer.from(short), 4096))).toBe('byok-damaged')
  })
})
