import type { Cursor } from '../../sql/cursor.ts'
import { SqlError } from '../errors.ts'

/** ( NAME = n, FILENAME = 'path', SIZE = 8MB, ... ) of CREATE DATABASE. */
export interface FileSpecification {
  logicalName: string | undefined
  path: string
  bytes: number | undefined
}

const UNITS: Record<string, number> = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }

export function fileSpecifications(c: Cursor): FileSpecification[] {
  const files: FileSpecification[] = []
  do files.push(fileSpecification(c))
  while (c.takeSymbol(','))
  return files
}

function fileSpecification(c: Cursor): FileSpecification {
  const file: { logicalName: string | undefined; path: string; bytes: number | undefined } = {
    logicalName: undefined,
    path: '',
    bytes: undefined,
  }
  c.expectSymbol('(')
  do {
    const option = c.expectWord('NAME', 'FILENAME', 'SIZE', 'MAXSIZE', 'FILEGROWTH')
    c.expectSymbol('=')
    if (option === 'NAME') file.logicalName = c.peek().kind === 'string' ? c.expectString() : c.expectName()
    else if (option === 'FILENAME') file.path = c.expectString()
    else if (option === 'SIZE') file.bytes = size(c)
    // A file here has the size that it was made with.
    else if (c.takeWord('UNLIMITED') === undefined) size(c)
  } while (c.takeSymbol(','))
  c.expectSymbol(')')
  if (file.path === '')
    throw new SqlError(153, 'Invalid usage of the option FILENAME in the CREATE/ALTER DATABASE statement.', {
      severity: 15,
      line: c.line,
    })
  return file
}

/** A number without a unit is megabytes; growth may be a percentage. */
function size(c: Cursor): number {
  const number = c.expectInteger()
  if (c.takeSymbol('%')) return 0
  const unit = c.takeWord(...Object.keys(UNITS)) ?? 'MB'
  return number * (UNITS[unit] ?? 1)
}
