import type { Cell } from '../sql/types.ts'

/** RAISERROR's formatting: %s, %d, %i, %u, %x, %X with widths, and %%. */
export function formatMessage(template: string, values: readonly Cell[]): string {
  let next = 0
  return template.replace(
    /%(?:%|[-+0# ]*\d*(?:\.\d+)?(?:ll|l|h|I64)?([sdiuxXo]))/g,
    (whole, kind: string | undefined) => {
      if (whole === '%%') return '%'
      const value = values[next]
      next += 1
      if (value === null || value === undefined) return '(null)'
      if (kind === 'x') return Number(value).toString(16)
      if (kind === 'X') return Number(value).toString(16).toUpperCase()
      return String(value)
    },
  )
}
