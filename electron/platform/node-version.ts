import { KeyturnError } from '../../shared/errors/problem.ts'

const neededMajor = 24

/**
 * Call it first: an older Node fails later with sentences that nobody can read. Throws `program-environment`.
 * `hasSqlite` is asked of the running Node unless given.
 */
export const assertNodeVersion = (
  version: string = process.versions.node,
  hasSqlite: () => boolean = () => process.getBuiltinModule('node:sqlite') !== undefined,
): void => {
  const major = Number.parseInt(version, 10)
  if (!(major >= neededMajor)) {
    throw new KeyturnError('program-environment', {
      what: `it needs Node.js ${neededMajor} or later, and this is ${version}`,
    })
  }
  if (!hasSqlite()) {
    throw new KeyturnError('program-environment', {
      what: `this Node.js (${version}) was built without its SQLite module`,
    })
  }
}
