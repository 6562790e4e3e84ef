import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SqlError } from '../../../../sandbox/sqlserver/engine/errors.ts'
import { lex } from '../../../../sandbox/sqlserver/sql/lexer.ts'

const kinds = (sql: string): string[] => lex(sql).map((token) => `${token.kind}:${token.value}`)
const errorOf = (sql: string): number => {
  try {
    lex(sql)
  } catch (error) {
    if (error instanceof SqlError) return error.number
  }
  return 0
}

describe('the lexer', () => {
  it('reads doubled quotes and brackets as one character', () => {
    expect(kinds("N'it''s' [a]]b]")).toEqual(["string:it's", 'quoted:a]b', 'end:'])
  })

  it('marks national strings', () => {
    expect(lex("'a' N'b'").map((token) => token.national)).toEqual([false, true, false])
  })

  it('nests block comments and drops line comments', () => {
    expect(kinds('SELECT /* a /* b */ c */ 1 -- rest')).toEqual(['word:SELECT', 'number:1', 'end:'])
  })

  it('joins lines that end in a backslash inside a literal', () => {
    expect(lex("'ab\\\ncd'")[0]?.value).toBe('abcd')
  })

  it('counts lines through literals and comments', () => {
    expect(lex("'a\nb' /*\n*/ x").find((token) => token.value === 'x')?.line).toBe(3)
  })

  it.each([
    ["SELECT 'open", 105],
    ['SELECT [open', 105],
    ['/* open', 113],
    [`SELECT [${'x'.repeat(129)}]`, 103],
    ['SELECT []', 1038],
    ['SELECT €', 102],
  ])('refuses %s with %i', (sql, number) => {
    expect(errorOf(sql)).toBe(number)
  })

  it('gives back every string and every identifier that was quoted as the rules say', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => !value.includes('\\'))
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(text, name, (value, identifier) => {
        const tokens = lex(`N'${value.replaceAll("'", "''")}' [${identifier.replaceAll(']', ']]')}]`)
        expect(tokens.map((token) => token.value)).toEqual([value, identifier, ''])
      }),
      { numRuns: 300 },
    )
  })
})
