import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { PackageFiles } from './paths.ts'

/** What was read back is byte for byte what was written, file for file. `package-not-same` names the first difference. */
export const assertSamePackage = (written: PackageFiles, readBack: PackageFiles): void => {
  for (const [path, bytes] of written) {
    const there = readBack.get(path)
    if (there === undefined) throw other(path, 'is not there')
    if (!Buffer.from(bytes).equals(there)) throw other(path, 'is different')
  }
  for (const path of readBack.keys()) if (!written.has(path)) throw other(path, 'is there as well')
}

const other = (file: string, what: string): KeyturnError =>
  new KeyturnError('package-not-same', { file, what })
