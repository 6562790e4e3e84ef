import type { FileFault } from '../../files/index.ts'
import { SqlError } from '../errors.ts'

export const invalidFile = (): SqlError =>
  new SqlError(
    15208,
    'The certificate, asymmetric key, or private key file is not valid or does not exist; or you do not have permissions for it.',
  )

/** Why bytes are no certificate: changed since they were signed, or none at all. */
export function notACertificate(reason: FileFault, binary: boolean): SqlError {
  if (reason === 'damaged') return new SqlError(15299, 'The signature of the public key is invalid.')
  return binary
    ? new SqlError(15297, 'The certificate, asymmetric key, or private key data is invalid.')
    : invalidFile()
}
