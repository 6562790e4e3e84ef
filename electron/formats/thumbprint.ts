import { createHash } from 'node:crypto'
import { parseThumbprint, type Thumbprint } from '../../shared/model/ids.ts'

/** SHA-1 over the DER bytes: the name that SQL Server and Windows give a certificate. A name, not a check of integrity. */
export const thumbprintOf = (certificateDer: Uint8Array): Thumbprint => {
  const thumbprint = parseThumbprint(createHash('sha1').update(certificateDer).digest('hex'))
  if (thumbprint === null) throw new TypeError('SHA-1 did not give 40 hex digits')
  return thumbprint
}
