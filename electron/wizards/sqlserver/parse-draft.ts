import type { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { answerProblems } from '../../../shared/forms/draft-parts.ts'

/** `answers-incomplete` with one sentence per field that needs a change. */
export const parseWith =
  <Draft>(schema: z.ZodType<Draft>) =>
  (answers: unknown): Draft => {
    const read = schema.safeParse(answers)
    if (read.success) return read.data
    const fields = answerProblems(read.error)
    throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
  }
