import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { passphraseBytes, passphraseProblem } from '../../../shared/forms/passphrase.ts'

describe('passphrase rule', () => {
  test.each([
    ['', 'too-short'],
    ['elevenchars', 'too-short'],
    ['🔑'.repeat(6), 'too-short'],
    ['x'.repeat(1_025), 'too-long'],
    ['aaaaaaaaaaaaa', 'one-character'],
    ['password1234', 'too-common'],
    ['P@ssw0rd 2026!', 'too-common'],
    ['passwordpassword', 'too-common'],
    ['123456789012', 'too-common'],
    ['correct horse battery staple', 'too-common'],
    ['@dministrator99', 'too-common'],
    ['half a surrogate \ud800', 'not-text'],
    ['a zero \0 inside', 'not-text'],
  ])('%j: %s', (text, problem) => {
    expect(passphraseProblem(text)).toBe(problem)
  })

  test.each([
    'an owl counts seven keys',
    'Мой ключ лежит дома',
    '鍵鍵箱箱山川海空月日火水',
    'cafe\u0301 au lait, sans sucre',
    '  spaces count  ',
  ])('%j is taken', (text) => {
    expect(passphraseProblem(text)).toBeNull()
  })

  test('length is counted in characters of the normal form', () => {
    expect(passphraseProblem('e\u0301'.repeat(5) + 'abcdef')).toBe('too-short')
    expect(passphraseProblem('e\u0301'.repeat(6) + 'abcdef')).toBeNull()
  })

  test('bytes are those of the normal form, nothing trimmed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(passphraseBytes(text.normalize('NFD'))).toEqual(passphraseBytes(text.normalize('NFC')))
      }),
    )
    expect(passphraseBytes(' a ')).toEqual(new Uint8Array([32, 97, 32]))
  })
})
