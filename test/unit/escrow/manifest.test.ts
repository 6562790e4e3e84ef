import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { canonicalJson } from '../../../electron/engine/canonical.ts'
import {
  readManifest,
  writeManifest,
  type PackageManifest,
} from '../../../electron/escrow/package/manifest.ts'
import { readPem, writePem } from '../../../electron/escrow/package/pem.ts'
import { makeSample, makeTestGroup } from '../../support/escrow-package.ts'
import { bytesOf } from '../../support/escrow-package-changes.ts'
import { asPackageId } from '../../../shared/model/ids.ts'
import { problemFrom } from '../../support/shares.ts'

let manifest: PackageManifest
let bytes: Buffer
beforeAll(async () => {
  const { files } = makeSample(await makeTestGroup(2, 3))
  bytes = bytesOf(files, 'MANIFEST.json')
  manifest = readManifest(bytes)
})

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text))

describe('a manifest', () => {
  test('of any names, numbers and times reads back as it was written', () => {
    fc.assert(
      fc.property(
        name,
        name,
        fc.integer({ min: 1, max: 16_384 }),
        fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom('active', 'deactivated', 'compromised'),
        (one, other, bits, at, state) => {
          const items = manifest.items.map(
            (item) => ({ ...item, name: one, purpose: other, bits, state }) as typeof item,
          )
          const made = { ...manifest.made, at: at.toISOString() }
          const next = { ...manifest, made, items, group: { ...manifest.group, name: other } }
          expect(readManifest(writeManifest(next))).toEqual(next)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('may name the package that it replaces, which is another one', () => {
    expect('replaces' in manifest).toBe(false)
    const replaces = { package: asPackageId('ep-aaaaaaaaaaaa'), manifestSha256: 'a'.repeat(64) }
    expect(readManifest(writeManifest({ ...manifest, replaces }))).toEqual({ ...manifest, replaces })
    const itself = { ...manifest, replaces: { ...replaces, package: manifest.id } }
    expect(problemFrom(() => writeManifest(itself)).code).toBe('package-not-described')
    const none = Buffer.from(canonicalJson({ ...manifest, replaces: null }))
    expect(problemFrom(() => readManifest(none)).code).toBe('package-manifest')
  })

  test('has one spelling', () => {
    const text = bytes.toString('utf8')
    const others = [
      ` ${text}`,
      `${text}\n`,
      `\ufeff${text}`,
      JSON.stringify(JSON.parse(text), null, 1),
      text.replace('{"files"', '{"version":1,"files"'),
      text.replace('"version":1}', '"version":1.0}'),
      text.replace('"version":1}', '"version":1,"version":1}'),
      text.replace('TDE_2026', 'TDE\\u005f2026'),
      text.replace('"attributes":{', '"attributes":{"__proto__":true,'),
      text.replace('{"files"', '{"__proto__":{},"files"'),
    ]
    for (const other of others) {
      expect(other).not.toBe(text)
      expect(problemFrom(() => readManifest(Buffer.from(other))).code).toBe('package-manifest')
    }
    expect(problemFrom(() => readManifest(Buffer.concat([bytes, Buffer.from([0xff])]))).code).toBe(
      'package-manifest',
    )
  })

  test('of a later version is called newer, of another program not', () => {
    const at = (change: object): string =>
      problemFrom(() => readManifest(Buffer.from(canonicalJson({ ...manifest, ...change })))).code
    expect(at({ version: 2, more: { of: 'it' } })).toBe('package-newer')
    expect(at({ version: 0 })).toBe('package-manifest')
    expect(at({ version: '2' })).toBe('package-manifest')
    expect(at({ format: 'other', version: 2 })).toBe('package-manifest')
  })

  test('that contradicts itself is refused with the place', () => {
    const { group, items, files } = manifest
    const where = (change: Partial<PackageManifest>): string =>
      problemFrom(() => readManifest(Buffer.from(canonicalJson({ ...manifest, ...change })))).title
    expect(where({ group: { ...group, threshold: 4 } })).toContain('group.threshold')
    expect(where({ group: { ...group, threshold: 1 } })).toContain('group.threshold')
    expect(where({ group: { ...group, keyId: '0'.repeat(16) } })).toContain('group.keyId')
    expect(where({ group: { ...group, members: [...group.members].reverse() } })).toContain('group.members')
    expect(where({ items: [...items].reverse() })).toContain('items')
    expect(where({ files: files.slice(1) })).toContain('files')
    expect(where({ files: [...files].reverse() })).toContain('files')
    expect(where({ files: [...files, { path: '../x', bytes: 1, sha256: 'a'.repeat(64) }] })).toContain(
      'files',
    )
    const password = items.map((item) => ({ ...item, passwordItem: item.number }))
    expect(where({ items: password })).toContain('items.0')
  })

  test('of any bytes is read or refused in words', () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((part) => Buffer.from(part)),
      fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
      fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, byte]) => {
        const copy = Buffer.from(bytes)
        copy[at] = byte
        return copy
      }),
    )
    const isWell = (given: Buffer): boolean => {
      try {
        return canonicalJson(readManifest(given)) === given.toString('utf8')
      } catch (error) {
        return error instanceof KeyturnError && error.code !== 'internal'
      }
    }
    fc.assert(fc.property(any, isWell), { numRuns: 300 })
    expect(isWell(Buffer.from('['.repeat(500_000)))).toBe(true)
  })
})

test('PEM has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (der) => {
      expect(readPem('PUBLIC KEY', writePem('PUBLIC KEY', der)).equals(der)).toBe(true)
    }),
  )
  const pem = writePem('PUBLIC KEY', Buffer.alloc(100, 7)).toString()
  const others = [
    `${pem}\n`,
    ` ${pem}`,
    pem.replaceAll('\n', '\r\n'),
    pem.replace('BwcH', 'Bwc\nH'),
    pem.replace('PUBLIC KEY', 'CERTIFICATE'),
    pem.replace('==', ''),
    pem + pem,
    '',
    '-----BEGIN PUBLIC KEY-----\n',
  ]
  for (const other of others) expect(() => readPem('PUBLIC KEY', Buffer.from(other))).toThrow(/PEM/)
})
