import { z } from 'zod'
import type { Answers } from './form.ts'
import { serverFolderProblem } from './names.ts'

/** Parts that the drafts of several jobs are made of. Each problem is a sentence that names the field and the fix. */

/** An id that must be there: of a target, a secret's handle or a picked folder. */
export const id = (missing: string) =>
  z.preprocess((value) => value ?? '', z.string().regex(/^[a-z0-9-]{1,40}$/, missing))

/** A choice that has a first value. */
export const flag = (initial: boolean) => z.preprocess((value) => value ?? initial, z.boolean())

/** Spaces around it do not count. */
export const optionalText = z.preprocess((value) => value ?? '', z.string().trim().max(20_000))

/** A folder on the server's own disk. */
export const folder = (what: string) =>
  z
    .preprocess((value) => value ?? '', z.string())
    .superRefine((value, ctx) => {
      const problem = serverFolderProblem(value, what)
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
    })

/** An id that may be missing; empty is missing. Whether it is needed depends on other answers. */
export const optionalId = z.preprocess(
  (value) => (value === '' ? null : (value ?? null)),
  z.string().nullable(),
)

/** Which PIN of a token is used: the one that the connection keeps, or one typed in the job. */
export const pinShape = {
  pinMode: z.preprocess((value) => value ?? 'kept', z.enum(['kept', 'typed'], { error: 'Choose which PIN' })),
  pin: optionalId,
}

export const pinProblem = ({
  pinMode,
  pin,
}: {
  pinMode: 'kept' | 'typed'
  pin: string | null
}): string | null =>
  pinMode === 'typed' && !isHandle(pin) ? 'The PIN is missing. Enter it, or use the kept one' : null

/** Whether a secret was given. */
export const isHandle = (value: string | null): boolean => value !== null && /^[a-z0-9-]{1,40}$/.test(value)

/** Algorithm of a key that encrypts data; the longest one where none was chosen. */
export const aesAlgorithm = (missing: string) =>
  z.preprocess((value) => value ?? 'AES_256', z.enum(['AES_256', 'AES_192', 'AES_128'], { error: missing }))

/** Kind of files that an export of a certificate writes. */
export const keyFileFormat = z.preprocess(
  (value) => value ?? 'pvk',
  z.enum(['pvk', 'pfx'], { error: 'Choose the kind of files' }),
)

/** STATS of a statement: how many percent lie between two messages. */
export const progressStep = z.preprocess(
  (value) => value ?? 5,
  z
    .number({ error: 'The progress step is not a number. Enter a whole number from 1 to 100' })
    .int('The progress step is not a whole number. Enter one from 1 to 100')
    .min(1, 'The progress step is below 1. Enter a whole number from 1 to 100')
    .max(100, 'The progress step is above 100. Enter a whole number from 1 to 100'),
)

/** Says what is wrong with one field; null: nothing. */
export type Say<Answers> = (field: keyof Answers, message: string | null) => void

/** A shape whose answers also depend on each other. `check` names what is wrong, field by field. */
export const whole = <Shape extends z.ZodType<object>>(
  shape: Shape,
  check: (answers: z.output<Shape>, say: Say<z.output<Shape>>) => void,
) =>
  shape.superRefine((answers, ctx) =>
    check(answers, (field, message) => {
      if (message !== null) ctx.addIssue({ code: 'custom', path: [field], message })
    }),
  )

/** `YYYY-MM-DD` of the day in UTC. */
export const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

export const longestValidityYears = 50

export const expiryProblem = (text: string, today: string): string | null => {
  const read = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(read) || dayOf(new Date(read)) !== text) {
    return 'The expiry is not a day of the calendar. Enter it as year-month-day, for instance 2031-12-31'
  }
  if (text <= today) return `The expiry ${text} is not after today (${today}, UTC). Choose a later day`
  const limit = `${String(Number(today.slice(0, 4)) + longestValidityYears)}${today.slice(4)}`
  return text > limit
    ? `The expiry ${text} is more than ${longestValidityYears} years away. Choose a day up to ${limit}`
    : null
}

export interface AnswerProblem {
  field: string
  message: string
}

/** Every answer that needs a change, one sentence per field, in the order of the screens. */
export const answerProblems = (error: z.ZodError): AnswerProblem[] => {
  const byField = new Map<string, string>()
  for (const issue of error.issues) {
    const field = String(issue.path[0] ?? '')
    if (!byField.has(field)) byField.set(field, issue.message)
  }
  return [...byField].map(([field, message]) => ({ field, message }))
}

/** The same of the answers of one screen. */
export const problemsOf = (screen: z.ZodType, answers: Answers): AnswerProblem[] => {
  const read = screen.safeParse(answers)
  return read.success ? [] : answerProblems(read.error)
}

/** The same for a form of several screens, by the screen’s id. */
export const problemsIn =
  <Screen extends string>(screens: Readonly<Record<Screen, z.ZodType>>) =>
  (screen: Screen, answers: Answers): AnswerProblem[] =>
    problemsOf(screens[screen], answers)

/** All answers of a form: every screen’s, in their order. */
export const allOf = <A, B, C, D>(
  ...[first, second, third, fourth]: readonly [z.ZodType<A>, z.ZodType<B>, z.ZodType<C>, z.ZodType<D>]
): z.ZodType<A & B & C & D> => z.intersection(z.intersection(z.intersection(first, second), third), fourth)
