import { BEHAVIOURS, type Certainty } from '../sqlserver/behaviours.ts'

/** One batch for both servers, and what of the two answers has to agree. */
export interface Question {
  id: string
  /** How sure we are of what the simulator answers. */
  certainty: Certainty
  batch: string
  /** `shape`: messages, and names and types of columns. `rows`: the values, too. */
  compares: 'shape' | 'rows'
}

/** The tag of a simulated behaviour, from the simulator's own table. Throws for one that is not in it. */
export const certaintyOf = (behaviour: string): Certainty => {
  const found = BEHAVIOURS.find(({ id }) => id === behaviour)
  if (!found) throw new Error(`the simulator has no behaviour ${behaviour}`)
  return found.certainty
}

/** `shown` names the question where its batch holds a password. */
export const question = (
  behaviour: string,
  batch: string,
  compares: Question['compares'] = 'shape',
  shown = batch,
): Question => ({
  id: `${behaviour}: ${firstLine(shown)}`,
  certainty: certaintyOf(behaviour),
  batch,
  compares,
})

/** What has no entry in the simulator's table because the message catalog or the language itself says it. */
export const plainQuestion = (batch: string, compares: Question['compares'] = 'shape'): Question => ({
  id: `language: ${firstLine(batch)}`,
  certainty: 'documented',
  batch,
  compares,
})

const firstLine = (batch: string): string => {
  const [line = ''] = batch.trim().split('\n')
  return line.length > 90 ? `${line.slice(0, 90)} ...` : line
}
