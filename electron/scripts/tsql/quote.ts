import { KeyturnError } from '../../../shared/errors/problem.ts'

/** The engine's limit for a name (sysname), in UTF-16 code units. */
export const maxNameUnits = 128
/** Longest literal that Keyturn writes: no statement of ours needs more, and an endless one is a mistake. */
export const maxLiteralUnits = 4000

/**
 * A name as a bracket-quoted identifier. Refuses what the engine can't hold or what could look like something else:
 * empty, over 128 UTF-16 units, control characters, lone surrogates. Throws `answers-incomplete` naming `field`.
 */
export const quotedName = (name: string, field = 'name'): string => {
  if (name === '') throw refused(field, 'The name is empty. Enter 1 to 128 characters')
  if (name.length > maxNameUnits) {
    throw refused(field, `The name has ${name.length} characters; SQL Server takes 128. Shorten it`)
  }
  refuseUnprintable(name, field, 'The name')
  return `[${name.replaceAll(']', ']]')}]`
}

/**
 * A text as a national string literal. Line breaks are refused because a backslash before one vanishes in T-SQL;
 * other control characters and lone surrogates because they do not survive every client. Throws `answers-incomplete`.
 */
export const quotedText = (text: string, field = 'value'): string => {
  if (text.length > maxLiteralUnits) {
    throw refused(field, `The text has ${text.length} characters; at most ${maxLiteralUnits} are taken`)
  }
  refuseUnprintable(text, field, 'The text')
  return `N'${text.replaceAll("'", "''")}'`
}

/** `YYYY-MM-DD` as the language-neutral literal `'YYYYMMDD'`. */
export const quotedDate = (date: string, field = 'date'): string => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  const read = match === null ? Number.NaN : Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(read) || new Date(read).toISOString().slice(0, 10) !== date) {
    throw refused(field, 'The date is not a day of the calendar in the form YYYY-MM-DD')
  }
  return `'${date.replaceAll('-', '')}'`
}

/** A whole number inside its limits, in decimal digits. */
export const wholeNumber = (value: number, least: number, most: number, field = 'number'): string => {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw refused(field, `The number is not a whole number from ${least} to ${most}`)
  }
  return String(value)
}

const refuseUnprintable = (text: string, field: string, what: string): void => {
  if (text.includes('\0')) throw refused(field, `${what} holds a NUL character. Remove it`)
  if (/[\r\n\u2028\u2029\u0085]/.test(text)) throw refused(field, `${what} holds a line break. Remove it`)
  if (/\p{Cc}/u.test(text)) throw refused(field, `${what} holds a control character. Remove it`)
  if (!text.isWellFormed()) throw refused(field, `${what} holds half of a character pair. Enter it again`)
}

/** The answer of `field` can't stand in a statement; `message` says why and what to do. */
export const refused = (field: string, message: string): KeyturnError =>
  new KeyturnError('answers-incomplete', { count: 1 }, { fields: [{ field, message }] })
