import { createCipheriv } from 'node:crypto'
import { expect, test } from 'vitest'
import { abilitiesOf } from '../../../electron/targets/hsm/abilities.ts'
import { libraryKind } from '../../../electron/targets/hsm/module-file.ts'
import { verdictOf } from '../../../electron/targets/hsm/probe.ts'
import { cleaned, ulongOf } from '../../../electron/targets/hsm/process/attributes.ts'
import { ckrOf, failureOf } from '../../../electron/targets/hsm/process/failures.ts'

test('the probe’s constants are what OpenSSL makes of its key and secret', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, at) => 0x40 + at))
  const secret = Buffer.from(Array.from({ length: 29 }, (_, at) => 0x80 + at))
  const by = (cipher: string, iv: string, clear: Buffer): Buffer => {
    const wrapping = createCipheriv(cipher, key, Buffer.from(iv, 'hex'))
    return Buffer.concat([wrapping.update(clear), wrapping.final()])
  }
  const plain = 'a6a6a6a6a6a6a6a6'
  const filled = (byte: number): Buffer => Buffer.concat([secret, Buffer.alloc(3, byte)])
  expect(verdictOf(by('id-aes256-wrap-pad', 'a65959a6', secret))).toBe('exact')
  expect(verdictOf(by('id-aes256-wrap-pad', 'a65959a6', filled(0)))).toBe('zero-padded')
  expect(verdictOf(by('id-aes256-wrap', plain, filled(3)))).toBe('pkcs7')
  expect(verdictOf(by('id-aes256-wrap', plain, filled(0)))).toBe('other')
  expect(verdictOf(new Uint8Array(0))).toBe('other')
})

test('abilities follow from mechanisms and their sizes', () => {
  const mechanism = (name: string, largest: number | null) => ({ number: 1, name, smallest: null, largest })
  const of = (...mechanisms: ReturnType<typeof mechanism>[]) =>
    Object.fromEntries(abilitiesOf(mechanisms).map(({ ability, verdict }) => [ability, verdict]))
  expect(new Set(Object.values(of()))).toEqual(new Set(['no']))
  expect(of(mechanism('CKM_RSA_PKCS_KEY_PAIR_GEN', 2048))).toMatchObject({
    'rsa-2048': 'yes',
    'rsa-3072': 'no',
  })
  expect(of(mechanism('CKM_RSA_PKCS_KEY_PAIR_GEN', null))).toMatchObject({ 'rsa-3072': 'yes' })
  expect(of(mechanism('CKM_AES_KEY_GEN', 32))).toMatchObject({ 'aes-256': 'yes' })
  expect(of(mechanism('CKM_AES_KEY_GEN', 256))).toMatchObject({ 'aes-256': 'yes' })
  expect(of(mechanism('CKM_AES_KEY_GEN', 16))).toMatchObject({ 'aes-256': 'no' })
  expect(of(mechanism('CKM_AES_KEY_WRAP_PAD', null))).toMatchObject({ 'wrap-kwp': 'to-be-proven' })
})

test('the three forms in which the loader throws are read alike', () => {
  const withCode = Object.assign(new Error('CKR_PIN_INCORRECT'), { code: 160 })
  expect(ckrOf(withCode)).toEqual({ name: 'CKR_PIN_INCORRECT', number: 160 })
  expect(ckrOf(new Error('CKR_ATTRIBUTE_READ_ONLY:16'))).toEqual({
    name: 'CKR_ATTRIBUTE_READ_ONLY',
    number: 16,
  })
  expect(ckrOf(new TypeError('Argument 2 has wrong type'))).toBeNull()
  expect(ckrOf('CKR_OK')).toBeNull()
})

test('an answer of a removed token is told as its removal, with the vendor’s number', () => {
  const general = { name: 'CKR_GENERAL_ERROR', number: 5 }
  expect(failureOf(general, null, () => true)).toMatchObject({ code: 'hsm-failed', lost: false })
  expect(failureOf(general, 'hsm-unwrap-refused', () => true)).toMatchObject({ code: 'hsm-unwrap-refused' })
  expect(failureOf(general, 'hsm-unwrap-refused', () => false)).toMatchObject({
    code: 'hsm-token-gone',
    vendor: general,
    lost: true,
  })
  const handle = { name: 'CKR_OBJECT_HANDLE_INVALID', number: 0x82 }
  expect(failureOf(handle, null, () => true).code).toBe('hsm-object-gone')
  expect(failureOf(handle, null, () => false).code).toBe('hsm-token-gone')
})

test('numbers of PKCS#11 are read in both lengths, and nothing else is', () => {
  expect(ulongOf(Buffer.from('0300000000000000', 'hex'))).toBe(3)
  expect(ulongOf(Buffer.from('03000000', 'hex'))).toBe(3)
  expect(ulongOf(Buffer.alloc(8, 0xff))).toBeNull()
  expect(ulongOf(Buffer.alloc(3))).toBeNull()
  expect(ulongOf(null)).toBeNull()
})

test('text of a module is cleaned and cut', () => {
  expect(cleaned('ab\u0000\u001b[31m\u202e  ')).toBe('ab[31m')
  expect(cleaned('x'.repeat(1_000)).length).toBe(256)
  expect(cleaned('\ud800').isWellFormed()).toBe(true)
})

test('a library is told by its header, for each system and processor', () => {
  const linux = { platform: 'linux', arch: 'x64' } as const
  const elf = Buffer.alloc(64)
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
  elf.writeUInt16LE(3, 16)
  elf.writeUInt16LE(0x3e, 18)
  expect(libraryKind(elf, linux)).toEqual({ format: 'elf' })
  expect(libraryKind(elf, { platform: 'linux', arch: 'arm64' })).toEqual({
    not: 'a library for another processor (x64)',
  })
  expect(libraryKind(elf, { platform: 'win32', arch: 'x64' })).toEqual({
    not: 'a library for another system (Linux)',
  })
  const pe = Buffer.alloc(256)
  pe.write('MZ')
  pe.writeUInt32LE(0x40, 0x3c)
  pe.write('PE\0\0', 0x40, 'latin1')
  pe.writeUInt16LE(0x8664, 0x44)
  pe.writeUInt16LE(0x2000, 0x56)
  pe.writeUInt16LE(0x20b, 0x58)
  expect(libraryKind(pe, { platform: 'win32', arch: 'x64' })).toEqual({ format: 'pe' })
  pe.writeUInt16LE(0x10b, 0x58)
  expect(libraryKind(pe, { platform: 'win32', arch: 'x64' })).toEqual({ not: 'a 32-bit library' })
  pe.writeUInt32LE(0xffffff, 0x3c)
  expect(libraryKind(pe, { platform: 'win32', arch: 'x64' })).toEqual({ not: 'no program library' })
  expect(libraryKind(Buffer.alloc(3), linux)).toEqual({ not: 'no program library' })
})
