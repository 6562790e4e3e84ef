/** One result of a benchmark: what was measured, what it is held against in the same run, and the ratio that is wanted. */
export interface Measured {
  name: string
  value: number
  unit: string
  reference: { name: string; value: number }
  /** Null: measured to be known, held to nothing. */
  goal: { word: '<=' | '>='; ratio: number } | null
}

/** The fixed form that other programs read. */
export const benchLine = ({ name, value, unit, reference, goal }: Measured): string =>
  `bench ${name} ${figure(value)} ${unit} | ${reference.name} ${figure(reference.value)} ${unit}` +
  ` | ratio ${ratio(value / reference.value)} (${goal === null ? 'no goal' : `goal ${goal.word} ${ratio(goal.ratio)}`})`

const figure = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3)
const ratio = (value: number): string => String(Number(value.toFixed(2)))

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  const before = sorted[Math.ceil(sorted.length / 2) - 1]
  if (middle === undefined || before === undefined) throw new Error('there is nothing to take a median of')
  return (middle + before) / 2
}

/** Ours and the reference in turns, the order changing each time, so that a machine that gets slower hits both alike. */
export const inTurns = async <Result>(
  rounds: number,
  ours: () => Promise<Result>,
  theirs: () => Promise<Result>,
): Promise<{ ours: Result[]; theirs: Result[] }> => {
  const results = { ours: [] as Result[], theirs: [] as Result[] }
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0
    if (first) results.ours.push(await ours())
    results.theirs.push(await theirs())
    if (!first) results.ours.push(await ours())
  }
  return results
}
