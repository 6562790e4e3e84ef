import type { KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { openPrivateKey } from './pair.ts'
import { isPkcs12, readPkcs12 } from './pkcs12.ts'
import { openCertificate, type CertificateFacts } from './x509.ts'

export interface NamedFile {
  name: string
  bytes: Uint8Array
}

export interface KeyFiles {
  /** A `.cer` in DER, or a `.pfx` that holds both. */
  certificate: NamedFile
  /** A `.pvk` (or `.pfx`) beside a `.cer`; null: the first file holds both. */
  privateKey: NamedFile | null
}

export interface OpenedKeyFiles {
  /** DER. */
  certificate: Buffer
  facts: CertificateFacts
  privateKey: KeyObject
}

/**
 * Opens what people have: `.cer` with `.pvk`, or one `.pfx`; the private key fits the certificate. By what the files
 * begin with, not by their names. `password`: as typed; null for none. Errors: those of `openPair`.
 */
export const openKeyFiles = (
  { certificate, privateKey }: KeyFiles,
  password: Uint8Array | null,
): OpenedKeyFiles => {
  if (privateKey === null && isPkcs12(certificate.bytes)) {
    if (password === null) throw new KeyturnError('file-needs-password', { file: certificate.name })
    const content = readPkcs12(certificate.bytes, password, certificate.name)
    const { facts } = openCertificate(content.certificate, certificate.name)
    return { certificate: content.certificate, facts, privateKey: content.privateKey }
  }
  const { facts, x509 } = openCertificate(certificate.bytes, certificate.name)
  if (privateKey === null) throw new KeyturnError('file-not-private-key', { file: certificate.name })
  const key = openPrivateKey(privateKey.bytes, password, privateKey.name)
  if (!x509.checkPrivateKey(key)) throw new KeyturnError('file-key-mismatch', { file: privateKey.name })
  return { certificate: Buffer.from(certificate.bytes), facts, privateKey: key }
}

/** The engine's limits for an imported key, and the stricter one of TDE. Null: it fits. */
export const keySizeProblem = (bits: number, forTde: boolean): string | null => {
  if (bits < 384 || bits > 4096 || bits % 64 !== 0) {
    return 'SQL Server takes keys of 384 to 4,096 bits in steps of 64'
  }
  return forTde && bits > largestForTde
    ? `TDE takes at most ${largestForTde.toLocaleString('en-US')} (documentation also names 3,456; Keyturn keeps to the smaller number)`
    : null
}

const largestForTde = 3072
