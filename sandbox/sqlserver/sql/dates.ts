import { SqlError } from '../engine/errors.ts'

/** Date text used inside SQLite: sorts as time does, always UTC, three digits of a second. */
export function toDateText(date: Date): string {
  return date.toISOString().slice(0, 23)
}

export function fromDateText(text: string): Date {
  return new Date(`${text}Z`)
}

const FORMS = [
  /^(\d{4})(\d{2})(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?$/,
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?Z?)?$/,
]

/** Language-neutral forms only; what depends on the session's language is not guessed at. */
export function parseDateText(text: string): string | null {
  const trimmed = text.trim()
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(trimmed)
  const parts = us
    ? [us[0], us[3], us[1], us[2]]
    : FORMS.map((form) => form.exec(trimmed)).find((match) => match !== null)
  if (!parts) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = parts
  const date = new Date(
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
      Number(fraction.padEnd(3, '0').slice(0, 3)),
    ),
  )
  const same =
    date.getUTCFullYear() === Number(year) &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day)
  return same && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 ? toDateText(date) : null
}

export const dateConversionFailed = (): SqlError =>
  new SqlError(241, 'Conversion failed when converting date and/or time from character string.', {
    endsBatch: true,
  })

const PARTS: Record<string, string> = {
  YEAR: 'year',
  YY: 'year',
  YYYY: 'year',
  QUARTER: 'quarter',
  QQ: 'quarter',
  Q: 'quarter',
  MONTH: 'month',
  MM: 'month',
  M: 'month',
  DAY: 'day',
  DD: 'day',
  D: 'day',
  WEEK: 'week',
  WK: 'week',
  WW: 'week',
  HOUR: 'hour',
  HH: 'hour',
  MINUTE: 'minute',
  MI: 'minute',
  N: 'minute',
  SECOND: 'second',
  SS: 'second',
  S: 'second',
  MILLISECOND: 'millisecond',
  MS: 'millisecond',
}
const MILLISECONDS: Record<string, number> = {
  week: 604800000,
  day: 86400000,
  hour: 3600000,
  minute: 60000,
  second: 1000,
  millisecond: 1,
}

function partName(part: string): string {
  const name = PARTS[part.toUpperCase()]
  if (name === undefined)
    throw new SqlError(155, `'${part}' is not a recognized dateadd option.`, {
      severity: 15,
      endsBatch: true,
    })
  return name
}

export function dateAdd(part: string, amount: number, text: string): string {
  const name = partName(part)
  const date = fromDateText(text)
  const unit = MILLISECONDS[name]
  if (unit !== undefined) return toDateText(new Date(date.getTime() + amount * unit))
  const months = amount * (name === 'year' ? 12 : name === 'quarter' ? 3 : 1)
  const target = new Date(date)
  target.setUTCDate(1)
  target.setUTCMonth(target.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate()
  target.setUTCDate(Math.min(date.getUTCDate(), lastDay))
  return toDateText(target)
}

/** Counts boundaries crossed, as the engine does: 23:59 to 00:01 is one day. */
export function dateDiff(part: string, from: string, to: string): number {
  const name = partName(part)
  const a = fromDateText(from)
  const b = fromDateText(to)
  if (name === 'year') return b.getUTCFullYear() - a.getUTCFullYear()
  const months = (date: Date): number => date.getUTCFullYear() * 12 + date.getUTCMonth()
  if (name === 'month') return months(b) - months(a)
  if (name === 'quarter') return Math.floor(months(b) / 3) - Math.floor(months(a) / 3)
  const unit = MILLISECONDS[name] ?? 1
  // Weeks begin on Sunday; day 0 of the epoch was a Thursday.
  const shift = name === 'week' ? 4 * 86400000 : 0
  return Math.floor((b.getTime() + shift) / unit) - Math.floor((a.getTime() + shift) / unit)
}

export function datePart(part: string, text: string): number {
  const name = partName(part)
  const date = fromDateText(text)
  switch (name) {
    case 'year':
      return date.getUTCFullYear()
    case 'quarter':
      return Math.floor(date.getUTCMonth() / 3) + 1
    case 'month':
      return date.getUTCMonth() + 1
    case 'day':
      return date.getUTCDate()
    case 'hour':
      return date.getUTCHours()
    case 'minute':
      return date.getUTCMinutes()
    case 'second':
      return date.getUTCSeconds()
    case 'millisecond':
      return date.getUTCMilliseconds()
    default:
      throw new SqlError(155, `'${part}' is not a recognized datepart option.`, {
        severity: 15,
        endsBatch: true,
      })
  }
}
