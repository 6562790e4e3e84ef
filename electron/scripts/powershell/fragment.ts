import { KeyturnError } from '../../../shared/errors/problem.ts'

/**
 * A piece of PowerShell that a builder made. A plain string can't stand in for one, so nothing that came from outside
 * enters a script without passing through `literal` or `whole`.
 */
export interface PowerShell {
  readonly powerShell: string
}

/** Longest value that Keyturn writes into a script, in UTF-16 units. */
const longest = 4000

/**
 * PowerShell ends a single-quoted string at any of these: the straight one, and the four that word processors make. Of two
 * in a row it keeps the second, so each is written twice.
 */
const quotes = /['\u2018\u2019\u201A\u201B]/g

/**
 * A value as a single-quoted string, in which nothing is expanded. Refuses control characters and line breaks of every kind
 * (a script is read line by line by people and by logs) and half of a character pair. Throws `answers-incomplete`.
 */
export const literal = (value: string, field = 'value'): PowerShell => {
  if (value.length > longest)
    throw refused(field, `The text has ${value.length} characters; at most ${longest} are taken`)
  if (/[\p{Cc}\u2028\u2029]/u.test(value))
    throw refused(field, 'The text holds a line break or another control character. Remove it')
  if (!value.isWellFormed()) throw refused(field, 'The text holds half of a character pair. Enter it again')
  return { powerShell: `'${value.replace(quotes, (mark) => mark + mark)}'` }
}

export const literals = (values: readonly string[]): PowerShell => ({
  powerShell: `@(${values.map((value) => literal(value).powerShell).join(', ')})`,
})

export const whole = (value: number): PowerShell => {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError('not a whole number')
  return { powerShell: String(value) }
}

/** Text with pieces in it. The template is source code of ours, never input. */
export const ps = (template: TemplateStringsArray, ...values: readonly PowerShell[]): PowerShell => ({
  powerShell: template.raw.map((piece, index) => piece + (values[index]?.powerShell ?? '')).join(''),
})

/** Lines one below the other. */
export const lines = (pieces: readonly PowerShell[]): PowerShell => ({
  powerShell: pieces.map(({ powerShell }) => powerShell).join('\n'),
})

/** A line comment, whatever the text: it can't end its line. */
export const comment = (text: string): PowerShell => ({
  powerShell: `# ${text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')}`.trimEnd(),
})

const refused = (field: string, message: string): KeyturnError =>
  new KeyturnError('answers-incomplete', { count: 1 }, { fields: [{ field, message }] })
