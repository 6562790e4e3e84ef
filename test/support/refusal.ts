import { expect } from 'vitest'
import type { Problem } from '../../shared/errors/problem.ts'
import { AskRefused } from './ask.ts'

/** The problem that main answers with: in words that say what to do, never a fault of its own. */
export const refusalOf = async (asked: Promise<unknown>): Promise<Problem> => {
  let problem: Problem | null = null
  try {
    await asked
  } catch (error) {
    if (!(error instanceof AskRefused)) throw error
    problem = error.problem
  }
  if (problem === null) throw new Error('this was taken, and had to be refused')
  expectHelpful(problem)
  return problem
}

/** Words of the catalogue, each hole filled, with a next step. */
export const expectHelpful = ({ code, title, unchanged, next, causes }: Problem): void => {
  expect(code).not.toBe('internal')
  for (const words of [title, unchanged, next, ...causes]) {
    expect(words).not.toBe('')
    // A hole of a text that nobody filled.
    expect(words).not.toMatch(/«(what|target|file|path|holder|field|where|count|permission)»/)
  }
}
