import type { Certainty } from '../sqlserver/behaviours.ts'
import type { Answer, RowSet, ServerMessage } from './answer.ts'
import type { Question } from './question.ts'

export interface Difference {
  question: string
  certainty: Certainty
  what: string
  real: string
  simulated: string
}

const nothing = 'nothing'

/** Everything in which two answers to one question differ; empty: they agree. Pure. */
export const differencesOf = (question: Question, real: Answer, simulated: Answer): Difference[] => {
  const found = (what: string, realSays: string, simulatedSays: string): Difference => ({
    question: question.id,
    certainty: question.certainty,
    what,
    real: realSays,
    simulated: simulatedSays,
  })
  const refused = simulated.messages.find(isNotSimulated)
  if (refused !== undefined && !real.messages.some(isNotSimulated))
    return [found('not simulated', summaryOf(real), refused.text)]
  return [
    ...listDifferences(real.messages.map(messageLine), simulated.messages.map(messageLine)).map(
      ([one, other]) => found('message', one, other),
    ),
    ...setDifferences(question, real.sets, simulated.sets).map(([what, one, other]) =>
      found(what, one, other),
    ),
  ]
}

export const isNotSimulated = ({ text }: ServerMessage): boolean => /not simulated/i.test(text)

/** State is left out: it tells where in the engine an error came from, and nobody can rely on it. */
const messageLine = ({ number, severity, text }: ServerMessage): string =>
  `${number}, level ${severity}: ${text}`

type Pair = [real: string, simulated: string]

const listDifferences = (real: readonly string[], simulated: readonly string[]): Pair[] =>
  Array.from({ length: Math.max(real.length, simulated.length) }, (_none, at): Pair => [
    real[at] ?? nothing,
    simulated[at] ?? nothing,
  ]).filter(([one, other]) => one !== other)

const setDifferences = (
  question: Question,
  real: readonly RowSet[],
  simulated: readonly RowSet[],
): [string, string, string][] => {
  if (real.length !== simulated.length)
    return [['number of result sets', String(real.length), String(simulated.length)]]
  return real.flatMap((set, at) => {
    const other = simulated[at] ?? { columns: [], rows: [] }
    const rows = question.compares === 'rows' ? listDifferences(rowLines(set), rowLines(other)) : []
    return [
      ...columnDifferences(set, other),
      ...rows.map(([one, two]): [string, string, string] => ['row', one, two]),
    ]
  })
}

/** By name: the order of columns in a view may change with its version, and Keyturn reads by name. */
const columnDifferences = (real: RowSet, simulated: RowSet): [string, string, string][] => {
  const types = ({ columns }: RowSet) => new Map(columns.map(({ name, type }) => [name, type]))
  const [mine, theirs] = [types(simulated), types(real)]
  const names = new Set([...theirs.keys(), ...mine.keys()])
  const lacking = [...theirs.keys()].filter((name) => !mine.has(name))
  return [
    ...(lacking.length === 0
      ? []
      : [['columns that are not simulated', lacking.join(', '), nothing] as [string, string, string]]),
    ...[...names]
      .filter((name) => mine.has(name) && mine.get(name) !== theirs.get(name))
      .map((name): [string, string, string] => [
        `column ${name === '' ? '(no name)' : name}`,
        theirs.get(name) ?? nothing,
        mine.get(name) ?? nothing,
      ]),
  ]
}

const rowLines = ({ rows }: RowSet): string[] =>
  rows.map((row) => row.map((value) => value ?? 'NULL').join(' | '))

const summaryOf = ({ sets, messages }: Answer): string =>
  messages.map(messageLine).join('; ') || `${sets.length} result sets without a message`
