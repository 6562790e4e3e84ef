import type { KeyRotationPolicy } from '../../ports/key-vault.ts'
import { dayIn } from './key-rules.ts'

/** What a rotation policy of a vault does, in words. Pure. Nothing here changes one. */

type Action = KeyRotationPolicy['actions'][number]

/** ISO 8601 durations as Azure writes them: whole years, months, weeks and days. Null: another form. */
export const durationOf = (text: string): { months: number; days: number } | null => {
  const parts = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/i.exec(text)
  if (parts === null || text.length < 3) return null
  const [years, months, weeks, days] = parts.slice(1).map((part) => Number(part ?? 0))
  return { months: (years ?? 0) * 12 + (months ?? 0), days: (weeks ?? 0) * 7 + (days ?? 0) }
}

/** Another moment, months first, so that the end of a month does not run into the next one. Null where it can't be told. */
const moved = (iso: string, duration: string, sign: 1 | -1): string | null => {
  const length = durationOf(duration)
  const from = new Date(iso)
  if (length === null || Number.isNaN(from.getTime())) return null
  const month = from.getUTCMonth() + sign * length.months
  const last = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const day = Math.min(from.getUTCDate(), last) + sign * length.days
  const then = Date.UTC(from.getUTCFullYear(), month, day, from.getUTCHours(), from.getUTCMinutes())
  return Number.isNaN(then) ? null : new Date(then).toISOString()
}

/** When an action is next due for a version; null: it can't be told, as without an expiry. */
export const nextOf = (
  { afterCreation, beforeExpiry }: Action,
  version: { created: string | null; expires: string | null },
): string | null => {
  if (afterCreation !== null)
    return version.created === null ? null : moved(version.created, afterCreation, 1)
  return beforeExpiry === null || version.expires === null ? null : moved(version.expires, beforeExpiry, -1)
}

/** That the vault makes versions by itself, whoever made this one. */
export const rotatesByItself = (policy: KeyRotationPolicy | null): boolean =>
  policy?.actions.some(({ act }) => act === 'rotate') === true

export const policyText = (
  policy: KeyRotationPolicy | null,
  version: { created: string | null; expires: string | null },
): string => {
  if (policy === null) return 'none: the vault makes no version by itself'
  const actions = policy.actions.map((action) => {
    const when =
      action.afterCreation === null
        ? `${action.beforeExpiry ?? '(no time)'} before a version expires`
        : `${action.afterCreation} after a version was made`
    const next = nextOf(action, version)
    const what = action.act === 'rotate' ? 'a new version is made' : 'a notice is sent'
    return `${what} ${when}${next === null ? '' : `, for the newest version on ${dayIn(next)}`}`
  })
  const lives =
    policy.expiresIn === null ? 'new versions do not expire' : `new versions live ${policy.expiresIn}`
  return [...actions, lives].join('; ')
}
