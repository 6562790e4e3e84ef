import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Script } from '../../../shared/model/script.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { reveal } from '../../../electron/targets/sqlserver/reveal.ts'
import { scrubbed } from '../../../electron/platform/scrub.ts'

const script = (...parts: Script['parts']): Script => ({ language: 'tsql', parts })
const hole = { hole: 'dmk_password', purpose: null } as const
const quoted = script("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'", hole, "';")
const withSecret = (text: string) => new Map([['dmk_password', SecretBytes.fromText(text)]])

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return problemOf(error).code
  }
  return 'none'
}

describe('reveal', () => {
  it('fills the hole and doubles quotes', () => {
    expect(reveal(quoted, withSecret("a'b''c"))).toBe(
      "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'a''b''''c';",
    )
  })

  it('never ends the literal, whatever the secret', () => {
    const printable = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    fc.assert(
      fc.property(printable, (text) => {
        fc.pre(text.isWellFormed())
        const sent = reveal(quoted, withSecret(text))
        const literal = /^CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'((?:[^']|'')*)';$/s.exec(sent)?.[1]
        expect(literal?.replaceAll("''", "'")).toBe(text)
      }),
    )
  })

  for (const [what, text] of [
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['NUL', 'a\0b'],
    ['a line separator', 'a\u2028b'],
    ['a next-line sign', 'a\u0085b'],
  ] as const) {
    it(`refuses ${what}`, () => expect(codeOf(() => reveal(quoted, withSecret(text)))).toBe('internal'))
  }

  it('refuses bytes that are not UTF-8', () => {
    const secrets = new Map([['dmk_password', SecretBytes.take(Uint8Array.of(0x61, 0xff, 0x62))]])
    expect(codeOf(() => reveal(quoted, secrets))).toBe('internal')
  })

  it('refuses a missing and an empty secret, and a hole outside quotes', () => {
    expect(codeOf(() => reveal(quoted, new Map()))).toBe('internal')
    expect(codeOf(() => reveal(quoted, withSecret('')))).toBe('internal')
    expect(codeOf(() => reveal(script('PASSWORD = ', hole, ';'), withSecret('x')))).toBe('internal')
  })

  describe('a hole for bytes', () => {
    const bytes = new Map([['dmk_password', SecretBytes.take(Uint8Array.of(0x00, 0xff, 0x27, 0x0a))]])
    const sent = (before: string, after: string): string => reveal(script(before, hole, after), bytes)

    it('is filled with the digits of its bytes', () => {
      expect(sent('FROM BINARY = 0x', ';')).toBe('FROM BINARY = 0x00FF270A;')
      expect(sent('0x', '')).toBe('0x00FF270A')
      expect(reveal(script('(0x', hole), bytes)).toBe('(0x00FF270A')
    })

    it.each([
      ['a longer word before it', 'a0x', ';'],
      ['a quotation mark before it', "'0x", ';'],
      ['a digit behind it', '= 0x', '0;'],
      ['a letter behind it', '= 0x', 'G'],
      ['a quotation mark behind it', '= 0x', "';"],
    ])('is refused with %s', (_what, before, after) => {
      expect(codeOf(() => sent(before, after))).toBe('internal')
    })

    it('is refused while it is empty', () => {
      expect(codeOf(() => reveal(script('= 0x', hole, ';'), withSecret('')))).toBe('internal')
    })

    it('leaves no digits in what the server says of it', () => {
      const clean = scrubbed("Incorrect syntax near '00FF270A'. 27 of 100.", bytes)
      expect(clean).toBe("Incorrect syntax near '«dmk_password»'. 27 of 100.")
    })
  })

  it('refuses a secret that was wiped', () => {
    const secrets = withSecret('abc')
    secrets.get('dmk_password')?.wipe()
    expect(codeOf(() => reveal(quoted, secrets))).toBe('secret-wiped')
  })
})

describe('scrubbed', () => {
  it('puts the name where the secret was, also with doubled quotes', () => {
    expect(scrubbed("near 'pa''ss-word-1'.", withSecret("pa'ss-word-1"))).toBe("near '«dmk_password»'.")
  })

  it('finds a piece of the secret', () => {
    expect(scrubbed("near 'orrect-horse-ba'.", withSecret('correct-horse-battery'))).toBe(
      "near '«dmk_password»'.",
    )
  })

  it('leaves text alone that shares less than 8 characters', () => {
    expect(scrubbed('the correct key', withSecret('correct-horse-battery'))).toBe('the correct key')
  })

  it('replaces each place and a short secret', () => {
    expect(scrubbed('x7y and x7y', withSecret('x7y'))).toBe('«dmk_password» and «dmk_password»')
  })

  it('never leaves 8 characters of a secret behind', () => {
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 })
    fc.assert(
      fc.property(
        text,
        fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 }),
        text,
        (before, secret, after) => {
          fc.pre(!'«dmk_password»'.includes(secret.slice(0, 8)))
          const clean = scrubbed(`${before}${secret}${after}`, withSecret(secret))
          expect(clean.includes(secret)).toBe(false)
        },
      ),
    )
  })

  it('takes out control characters', () => {
    expect(scrubbed('a\u0007b\u001b[31m', new Map())).toBe('a b [31m')
  })
})
