import { asPackageId, idFromBytes, type PackageId, type RunId } from '../../shared/model/ids.ts'
import { sha256Of } from './digest.ts'

/** The package of a run: the same in every life of the program, so that a resumed run finds what it wrote. */
export const packageIdOf = (run: RunId): PackageId =>
  asPackageId(
    `ep-${idFromBytes(Buffer.from(sha256Of(Buffer.from(`keyturn escrow package of ${run}`)), 'hex'))}`,
  )
