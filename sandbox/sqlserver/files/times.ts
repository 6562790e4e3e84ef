/** X.509 times (RFC 5280 4.1.2.5): UTC, whole seconds; two-digit years until 2049, four digits from 2050. */
import { der, TAG, type DerElement } from './der.ts'
import { refuse } from './errors.ts'

export function writeTime(date: Date): Buffer {
  const year = date.getUTCFullYear()
  if (!(year >= 1950 && year <= 9999)) throw new RangeError('A certificate holds dates from 1950 to 9999.')
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')
  const short = year < 2050
  return der(
    short ? TAG.utcTime : TAG.generalizedTime,
    Buffer.from(short ? digits.slice(2) : digits, 'latin1'),
  )
}

export function readTime({ tag, content }: DerElement): Date {
  const text = content.toString('latin1')
  if (tag === TAG.utcTime && /^\d{12}Z$/.test(text)) {
    return parse((Number(text.slice(0, 2)) < 50 ? '20' : '19') + text)
  }
  if (tag === TAG.generalizedTime && /^\d{14}Z$/.test(text)) return parse(text)
  return refuse('format', 'A date of the certificate is malformed.')
}

function parse(digits: string): Date {
  const iso = digits.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z')
  const date = new Date(iso)
  // Date rolls 31 February over to March; a certificate with such a date is not read.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso) {
    refuse('format', 'A date of the certificate does not exist.')
  }
  return date
}
