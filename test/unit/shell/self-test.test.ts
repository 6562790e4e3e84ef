import { afterEach, describe, expect, it, vi } from 'vitest'
import * as crypto from 'node:crypto'
import { cryptoSelfTest } from '../../../electron/platform/crypto-self-test.ts'
import { sqliteSelfTest } from '../../../electron/platform/sqlite-self-test.ts'

vi.mock('node:crypto', async (original) => ({ ...(await original<typeof crypto>()) }))
afterEach(() => void vi.restoreAllMocks())

describe('the self-test of what Keyturn stands on', () => {
  it('passes in this Node', () => {
    expect([...cryptoSelfTest(), sqliteSelfTest()].filter(({ passed }) => !passed)).toEqual([])
  })

  it('covers every algorithm that the design names', () => {
    const names = cryptoSelfTest()
      .map(({ name }) => name)
      .join(', ')
    for (const wanted of [
      'AES-256-GCM',
      'AES-256-CBC',
      'AES-256-CTR',
      'RSA',
      'ECDSA P-256',
      'SHA-256',
      'HMAC',
      'HKDF',
      'PBKDF2',
      'scrypt',
    ])
      expect(names).toContain(wanted)
  })

  it('a library that lacks one algorithm fails that line and no other', () => {
    const real = crypto.createCipheriv
    vi.spyOn(crypto, 'createCipheriv').mockImplementation(((name: string, ...rest: [never, never]) => {
      if (name === 'aes-256-ctr') throw new Error('Unknown cipher')
      return real(name, ...rest)
    }) as typeof crypto.createCipheriv)
    expect(
      cryptoSelfTest()
        .filter(({ passed }) => !passed)
        .map(({ name }) => name),
    ).toEqual(['AES-256-CTR'])
  })

  it('a library that gives another answer fails its line', () => {
    vi.spyOn(crypto, 'pbkdf2Sync').mockReturnValue(Buffer.alloc(64))
    expect(
      cryptoSelfTest()
        .filter(({ passed }) => !passed)
        .map(({ name }) => name),
    ).toEqual(['PBKDF2-HMAC-SHA-256'])
  })
})
