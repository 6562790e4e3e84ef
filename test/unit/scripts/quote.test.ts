import { describe, expect, it } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { quotedDate, quotedName, quotedText, wholeNumber } from '../../../electron/scripts/tsql/quote.ts'
import { properties } from './properties.ts'

const fieldsOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof KeyturnError)
      return (error.problem.fields ?? []).map(({ field, message }) => `${field}: ${message}`).join('; ')
    throw error
  }
  return 'accepted'
}

describe('names', () => {
  it('doubles the closing bracket and nothing else', () => {
    expect(quotedName("a]b[c'd")).toBe("[a]]b[c'd]")
  })
  it('takes 128 units and refuses 129, counting UTF-16', () => {
    expect(quotedName('x'.repeat(128))).toHaveLength(130)
    expect(fieldsOf(() => quotedName('x'.repeat(129), 'certificateName'))).toBe(
      'certificateName: The name has 129 characters; SQL Server takes 128. Shorten it',
    )
    expect(fieldsOf(() => quotedName('😀'.repeat(65)))).toContain('130 characters')
  })
  it.each([
    ['', 'empty'],
    ['a\0b', 'NUL'],
    ['a\r\nb', 'line break'],
    ['a\u2028b', 'line break'],
    ['a\x07b', 'control character'],
    ['a\ud83d', 'half of a character pair'],
  ])('refuses %j and says what it holds', (name, what) => {
    expect(fieldsOf(() => quotedName(name))).toContain(what)
  })
})

describe('texts', () => {
  it('doubles quotes', () => expect(quotedText("O'Brien'' ;--")).toBe("N'O''Brien'''' ;--'"))
  it('takes right-to-left text and emoji', () => expect(quotedText('שלום😀')).toBe("N'שלום😀'"))
  it.each(['a\nb', 'a\\\n', '\0', '\ud800', 'x'.repeat(4001)])('refuses %j', (text) => {
    expect(fieldsOf(() => quotedText(text, 'keyFolder'))).toMatch(/^keyFolder: /)
  })
})

describe('dates and numbers', () => {
  it('writes dates without separators', () => expect(quotedDate('2031-02-28')).toBe("'20310228'"))
  it.each(['2031-02-29', '31-02-28', '2031-2-28', '', "2031-01-01'"])('refuses %j', (date) => {
    expect(fieldsOf(() => quotedDate(date))).toContain('not a day')
  })
  it.each([0, 101, 5.5, Number.NaN])('refuses %j of 1 to 100', (value) => {
    expect(fieldsOf(() => wholeNumber(value, 1, 100))).toContain('whole number from 1 to 100')
  })
})

describe('any text, anywhere', () => {
  const runs = Math.ceil(Number(process.env['FUZZ_CASES'] ?? 2000) / Object.keys(properties).length)
  it.each(Object.entries(properties))('%s', (_name, property) => property(runs))
})
