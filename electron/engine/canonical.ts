import { KeyturnError } from '../../shared/errors/problem.ts'

/**
 * The one JSON text of plain data: object keys sorted by code unit, no white space, numbers and strings as JSON writes
 * them. Throws `internal` for anything that has no such form: undefined, NaN, infinities, -0, lone surrogates, dates,
 * class instances, functions, symbols, sparse arrays, cycles.
 */
export const canonicalJson = (value: unknown): string => write(value, [])

const write = (value: unknown, parents: readonly object[]): string => {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'string') return writeString(value)
  if (typeof value !== 'object' || parents.includes(value)) throw notPlain()
  const within = [...parents, value]
  return Array.isArray(value) ? writeArray(value, within) : writeObject(value, within)
}

const writeNumber = (value: number): string => {
  if (!Number.isFinite(value) || Object.is(value, -0)) throw notPlain()
  return JSON.stringify(value)
}

const writeString = (value: string): string => {
  if (!value.isWellFormed()) throw notPlain()
  return JSON.stringify(value)
}

const writeArray = (value: readonly unknown[], parents: readonly object[]): string =>
  `[${Array.from(value, (item) => write(item, parents)).join(',')}]`

const writeObject = (value: object, parents: readonly object[]): string => {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notPlain()
  if (Object.getOwnPropertySymbols(value).length > 0) throw notPlain()
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([key, item]) => `${writeString(key)}:${write(item, parents)}`).join(',')}}`
}

const notPlain = (): KeyturnError =>
  new KeyturnError('internal', {}, { cause: new TypeError('not plain data with one JSON form') })
