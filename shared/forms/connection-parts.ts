import { z } from 'zod'
import { asHandleId } from '../model/ids.ts'

export const environment = z.enum(['production', 'test', 'rehearsal'])

/** A secret of the keyring; null: none was given. */
export const handle = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/)
  .transform(asHandleId)
  .nullable()

/** A name that a person gives or copies: trimmed, not empty, on one line. `what` continues "Enter". */
export const nameAnswer = (what: string, most: number) =>
  z
    .string({ error: `Enter ${what}` })
    .transform((text) => text.trim())
    .pipe(
      z
        .string()
        .min(1, `Enter ${what}`)
        .max(most, `${what[0]?.toUpperCase()}${what.slice(1)} has at most ${most} characters`)
        .regex(/^\P{Cc}*$/u, 'Remove line breaks and control characters'),
    )
