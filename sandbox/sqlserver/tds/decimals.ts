/** Decimals as scaled whole numbers, without going through floating point. */

const DECIMAL_TEXT = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** Bytes of the magnitude plus one for the sign. */
export function decimalBytes(precision: number): number {
  if (precision <= 9) return 5
  if (precision <= 19) return 9
  return precision <= 28 ? 13 : 17
}

/** Digits beyond the scale must be zero: nothing is rounded without being asked. */
export function scaledFrom(value: number | bigint | string, precision: number, scale: number): bigint {
  const text = typeof value === 'number' ? value.toFixed(scale) : String(value)
  const match = DECIMAL_TEXT.exec(text)
  if (match === null) throw new TypeError('not a decimal number')
  const [, sign, whole = '', fraction = ''] = match
  if (/[1-9]/.test(fraction.slice(scale))) throw new RangeError(`more than ${scale} decimal places`)
  const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  if (magnitude >= 10n ** BigInt(precision)) throw new RangeError(`more than ${precision} digits`)
  return sign === '-' ? -magnitude : magnitude
}

export function decimalText(scaled: bigint, scale: number): string {
  const negative = scaled < 0n
  const digits = String(negative ? -scaled : scaled).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`
  return negative ? `-${text}` : text
}
