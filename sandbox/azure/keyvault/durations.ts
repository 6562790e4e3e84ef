/** Durations of rotation policies: ISO 8601 of years, months and days. */
export interface Duration {
  months: number
  days: number
}

export const parseDuration = (text: string): Duration | null => {
  const [all, years, months, days] = /^P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?$/i.exec(text) ?? []
  if (all === undefined || all.length < 3) return null
  return { months: Number(years ?? 0) * 12 + Number(months ?? 0), days: Number(days ?? 0) }
}

/** Calendar months; a day that the month has not becomes its last one. */
export const shifted = (milliseconds: number, { months, days }: Duration, sign: 1 | -1): number => {
  const date = new Date(milliseconds)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + sign * months)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
  return date.getTime() + sign * days * 86_400_000
}

/** At least this many days, a month counted as 28. */
export const atLeastDays = ({ months, days }: Duration, least: number): boolean => months * 28 + days >= least
