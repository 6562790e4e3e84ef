import { asPackageId, idFromBytes, type PackageId, type RunId } from '../../shared/model/ids.ts'
import { sha256Of } from './digest.ts'

/**
 * The package of a run: the same in every life of the program, so that a resumed run finds what it wrote. A run that
 * wraps packages anew makes one for each `old`.
 */
export const packageIdOf = (run: RunId, old?: PackageId): PackageId => {
  const named = `keyturn escrow package of ${run}${old === undefined ? '' : ` for ${old}`}`
  return asPackageId(`ep-${idFromBytes(Buffer.from(sha256Of(Buffer.from(named)), 'hex'))}`)
}
