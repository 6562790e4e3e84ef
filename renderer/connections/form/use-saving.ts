import { useState } from 'react'
import type { FieldProblem, Problem } from '../../../shared/errors/problem.ts'
import { problemFrom } from '../../bridge/index.ts'

export interface Saving {
  errors: readonly FieldProblem[]
  /** Grows with each refused try. */
  attempt: number
  problem: Problem | null
  busy: boolean
  errorOf: (field: string) => string | null
  /** After a change: what was shown is checked again; new errors wait for the next try. */
  again: (found: readonly FieldProblem[]) => void
  /** Runs `work` unless something needs a change; what main refuses is named at its field. */
  save: (found: readonly FieldProblem[], work: () => Promise<void>) => Promise<void>
}

/** Errors and progress of a form that main saves. */
export const useSaving = (): Saving => {
  const [errors, setErrors] = useState<readonly FieldProblem[]>([])
  const [attempt, setAttempt] = useState(0)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const refuse = (found: readonly FieldProblem[]) => {
    setErrors(found)
    setAttempt((number) => number + 1)
  }
  return {
    errors,
    attempt,
    problem,
    busy,
    errorOf: (field) => errors.find((error) => error.field === field)?.message ?? null,
    again: (found) => {
      if (errors.length === 0) return
      const still = new Map(found.map(({ field, message }) => [field, message]))
      setErrors(
        errors.flatMap(({ field }) => {
          const message = still.get(field)
          return message === undefined ? [] : [{ field, message }]
        }),
      )
    },
    save: async (found, work) => {
      if (busy) return
      setProblem(null)
      if (found.length > 0) return refuse(found)
      setErrors([])
      setBusy(true)
      try {
        await work()
      } catch (thrown) {
        const told = problemFrom(thrown)
        const fields = told.code === 'answers-incomplete' ? (told.fields ?? []) : []
        if (fields.length > 0) refuse(fields)
        else setProblem(told)
      } finally {
        setBusy(false)
      }
    },
  }
}
