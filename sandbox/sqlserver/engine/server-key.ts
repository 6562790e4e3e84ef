import type { KeyObject } from 'node:crypto'
import type { CertificateRecord } from '../state/model.ts'
import { SqlError } from './errors.ts'
import type { Instance } from './instance.ts'

export const needsMasterKey = (): SqlError =>
  new SqlError(
    15581,
    'Please create a master key in the database or open the master key in the session before performing this operation.',
  )

/** The engine works without a session here: a master key that only a person opened is no help. */
export function assertUsableByServer(certificate: CertificateRecord, masterKeyOpens: boolean): void {
  if (certificate.protection !== 'MK') {
    throw new SqlError(
      33101,
      `Cannot use certificate '${certificate.name}', because its private key is not present or it is not protected by the database master key. SQL Server requires the ability to automatically access the private key of the certificate used for this operation.`,
    )
  }
  if (!masterKeyOpens) throw needsMasterKey()
}

/** The private key for a thumbprint, opened without any session; 33111 when this instance does not know it. */
export function restoreKey(instance: Instance, thumbprint: Buffer): KeyObject {
  const hex = thumbprint.toString('hex').toUpperCase()
  const certificate = instance.store.certificates.find(
    (candidate) => candidate.databaseId === 1 && candidate.thumbprint === hex,
  )
  if (certificate === undefined)
    throw new SqlError(33111, `Cannot find server certificate with thumbprint '0x${hex}'.`, { state: 3 })
  const masterKey = instance.keys.openedByServer(1)
  assertUsableByServer(certificate, masterKey !== undefined)
  const key = masterKey === undefined ? undefined : instance.keys.privateKey(certificate, { masterKey })
  if (key === undefined) throw new SqlError(15466, 'An error occurred during decryption.')
  return key
}
