const localFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

const isTime = (iso: string): boolean => !Number.isNaN(Date.parse(iso))

/** `4 May 2026, 14:03` in local time; text that is no time stays as it came. */
export const localTime = (iso: string): string => (isTime(iso) ? localFormat.format(new Date(iso)) : iso)
/** `14:03` in local time. */
export const clockTime = (iso: string): string => (isTime(iso) ? clockFormat.format(new Date(iso)) : iso)
/** `4 May 14:03`, for sentences. */
export const dayAndClock = (iso: string): string =>
  isTime(iso) ? `${dayFormat.format(new Date(iso))} ${clockTime(iso)}` : iso
/** `2026-05-04 12:03:07 UTC`. */
export const utcTime = (iso: string): string =>
  isTime(iso) ? `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC` : iso

/** `4 s`, `3 min 12 s`, `2 h 5 min`. */
export const duration = (fromIso: string, toIso: string): string => {
  const seconds = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 1000))
  if (!Number.isFinite(seconds)) return 'not known'
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** `1 step`, `7 steps`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`

/** Hex or ids in groups of 4. */
export const inFours = (text: string): string => text.replace(/\s/g, '').replace(/(.{4})(?=.)/g, '$1 ')

/** First and last 8 characters, for tables; the whole value stands on the object's page. */
export const shortThumbprint = (value: string): string =>
  value.length <= 20 ? inFours(value) : `${inFours(value.slice(0, 8))} … ${inFours(value.slice(-8))}`

/** Names may carry control characters: each is shown as one sign instead of doing what it does. */
export const withoutControls = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, '␀').replace(/[\u202A-\u202E\u2066-\u2069\u200E\u200F]/g, '␀')

export const listOf = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
