import type { KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { isPvk, readPvk } from './pvk.ts'
import { isPkcs12, readPkcs12 } from './pkcs12.ts'
import { openCertificate, type CertificateFacts } from './x509.ts'

/** What errors call the two files. */
export interface PairNames {
  certificate?: string
  privateKey?: string
}

/** What was proven by opening: that these two belong together and the password is the one. Holds no secret. */
export type OpenedPair = Pick<CertificateFacts, 'thumbprint' | 'bits' | 'subject' | 'notAfter'>

/**
 * Opens a certificate (DER) with its private key file (`.pvk`, or `.pfx`) and compares them; nothing of the key stays.
 * Distinct answers: `file-not-certificate`, `file-not-private-key`, `file-needs-password`, `file-wrong-password`,
 * `file-key-mismatch`, `file-damaged`; also `file-unsupported`, `file-too-large`. Whether it is the certificate that
 * was expected is for the caller: compare the thumbprint.
 */
export const openPair = (
  certificate: Uint8Array,
  privateKey: Uint8Array,
  password: Uint8Array | null,
  { certificate: cerName = 'The certificate', privateKey: keyName = 'The private key file' }: PairNames = {},
): OpenedPair => {
  const { facts, x509 } = openCertificate(certificate, cerName)
  const key = openPrivateKey(privateKey, password, keyName)
  if (!x509.checkPrivateKey(key)) throw new KeyturnError('file-key-mismatch', { file: keyName })
  const { thumbprint, bits, subject, notAfter } = facts
  return { thumbprint, bits, subject, notAfter }
}

/** By what the file begins with, not by its name. */
export const openPrivateKey = (bytes: Uint8Array, password: Uint8Array | null, file: string): KeyObject => {
  if (isPvk(bytes)) return readPvk(bytes, password, file)
  if (!isPkcs12(bytes)) throw new KeyturnError('file-not-private-key', { file })
  if (password === null) throw new KeyturnError('file-needs-password', { file })
  return readPkcs12(bytes, password, file).privateKey
}
