import { z } from 'zod'

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
