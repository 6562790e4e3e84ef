/** `2026-05-04 14:03:07 +02:00`: in the audit the offset always stands beside the time. */
export const timeWithOffset = (iso: string): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  const minutes = -time.getTimezoneOffset()
  const local = new Date(time.getTime() + minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  const two = (part: number): string => String(part).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${local} ${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

export const anchorWays = { saved: 'saved', print: 'for printing' } as const
