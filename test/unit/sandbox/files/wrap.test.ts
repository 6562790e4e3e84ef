import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  readMasterKeyFile,
  unwrapSecret,
  unwrapWithPassword,
  wrapSecret,
  wrapWithPassword,
  writeMasterKeyFile,
} from '../../../../sandbox/sqlserver/files/index.ts'
import { flips, oneBit, refusal, truncations } from './samples.ts'

const LOW_COST = 10
const key = randomBytes(32)
const password = Buffer.from('p', 'utf8')
const plain = Buffer.from('thirty-two bytes of a master key')
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))

describe('secrets under a key', () => {
  it('come back, for any content and any place', () => {
    fc.assert(
      fc.property(bytes(200), fc.string(), (secret, place) => {
        expect(unwrapSecret(key, wrapSecret(key, secret, place), place)).toEqual(secret)
      }),
    )
  })

  it('do not open with another key or at another place', () => {
    const blob = wrapSecret(key, plain, 'dmk of database 5')
    expect(refusal(() => unwrapSecret(randomBytes(32), blob, 'dmk of database 5'))).toBe('mismatch')
    expect(refusal(() => unwrapSecret(key, blob, 'dmk of database 6'))).toBe('mismatch')
  })

  it('show every flipped bit, truncation and noise', () => {
    const blob = wrapSecret(key, plain, 'a')
    for (const changed of flips(blob)) refusal(() => unwrapSecret(key, changed, 'a'))
    for (const cut of truncations(blob)) refusal(() => unwrapSecret(key, cut, 'a'))
    fc.assert(fc.property(bytes(100), (noise) => void refusal(() => unwrapSecret(key, noise, 'a'))))
  })
})

describe('secrets under a password', () => {
  it('come back at the stored cost', async () => {
    // As a process of its own has it: before a test lowers what is standard.
    vi.resetModules()
    const asItStarts = await import('../../../../sandbox/sqlserver/files/wrap.ts')
    const blob = asItStarts.wrapWithPassword(password, plain, 'a')
    expect(blob[4]).toBe(14)
    expect(unwrapWithPassword(password, blob, 'a')).toEqual(plain)
  })

  it('name a wrong password or place as the reason', () => {
    const blob = wrapWithPassword(password, plain, 'a', LOW_COST)
    expect(refusal(() => unwrapWithPassword(Buffer.from('q'), blob, 'a'))).toBe('password')
    expect(refusal(() => unwrapWithPassword(password, blob, 'b'))).toBe('password')
  })

  it('show flipped bits, truncation and noise', () => {
    const blob = wrapWithPassword(password, plain, 'a', LOW_COST)
    for (const changed of flips(blob, oneBit)) refusal(() => unwrapWithPassword(password, changed, 'a'))
    for (const cut of truncations(blob)) refusal(() => unwrapWithPassword(password, cut, 'a'))
    fc.assert(
      fc.property(bytes(100), (noise) => void refusal(() => unwrapWithPassword(password, noise, 'a'))),
    )
  })
})

describe('master key files', () => {
  const content = { kind: 'dmk' as const, key: plain, meta: { guid: 'abc', name: 'Größe' } }
  const file = writeMasterKeyFile(content, password, LOW_COST)

  it('come back with kind and facts', () => {
    expect(readMasterKeyFile(file, password)).toEqual(content)
    const other = { ...content, kind: 'smk' as const, meta: {} }
    expect(readMasterKeyFile(writeMasterKeyFile(other, password), password)).toEqual(other)
  })

  it('say in their first line whose format they are', () => {
    const line = file.subarray(0, file.indexOf('\n')).toString('latin1')
    expect(line).toBe(
      'Keyturn rehearsal format 1, database master key. This is not a file of Microsoft SQL Server.',
    )
    expect(file.includes(plain) || file.includes('abc')).toBe(false)
  })

  it('cannot be passed off as the other kind', () => {
    const smk = writeMasterKeyFile({ ...content, kind: 'smk' }, password, LOW_COST)
    const swapped = Buffer.concat([smk.subarray(0, smk.indexOf('\n')), file.subarray(file.indexOf('\n'))])
    expect(refusal(() => readMasterKeyFile(swapped, password))).toBe('password')
  })

  it('show a wrong password, flipped bits, truncation and noise', () => {
    expect(refusal(() => readMasterKeyFile(file, Buffer.from('q')))).toBe('password')
    for (const changed of flips(file, oneBit)) refusal(() => readMasterKeyFile(changed, password))
    for (const cut of truncations(file)) refusal(() => readMasterKeyFile(cut, password))
    fc.assert(fc.property(bytes(300), (noise) => void refusal(() => readMasterKeyFile(noise, password))))
  })

  it('hold at most 16 KB of facts and a key of at most 64 bytes', () => {
    const large = { ...content, meta: { a: 'x'.repeat(16 * 1024) } }
    expect(() => writeMasterKeyFile(large, password, LOW_COST)).toThrow(RangeError)
    expect(() => writeMasterKeyFile({ ...content, key: Buffer.alloc(65) }, password, LOW_COST)).toThrow(
      RangeError,
    )
  })
})
