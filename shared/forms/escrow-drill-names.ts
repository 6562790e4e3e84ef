import { newNameProblem } from './names.ts'
import { linesOf } from './restore-drill-blobs.ts'

/** Names that a person gives to certificates whose package does not say what a server called them: `2 = Sales_Backup`. */

const lineForm = /^([1-9][0-9]?)\s*=\s*(.*)$/u

/** By the number of the item. Lines of another form are left out: `givenNamesProblem` refuses them. */
export const givenNames = (text: string): ReadonlyMap<number, string> =>
  new Map(
    linesOf(text).flatMap((line): [number, string][] => {
      const [, number, name] = lineForm.exec(line) ?? []
      return number === undefined || name === undefined ? [] : [[Number(number), name]]
    }),
  )

export const givenNamesProblem = (text: string): string | null => {
  const lines = linesOf(text)
  for (const [index, line] of lines.entries()) {
    const [, number, name] = lineForm.exec(line) ?? []
    if (number === undefined || name === undefined)
      return `Line ${index + 1} does not give a name to an item. Enter its number, = and the name: 2 = Sales_Backup`
    const problem = newNameProblem(name, `The name of item ${number}`)
    if (problem !== null) return problem
  }
  return givenNames(text).size === lines.length ? null : 'An item is given two names. Enter one line for each'
}
