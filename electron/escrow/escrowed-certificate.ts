import type { KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { readKeyAndCertificatePem } from '../formats/key-pem.ts'
import { isPkcs12, readPkcs12 } from '../formats/pkcs12.ts'
import { openCertificate, type CertificateFacts } from '../formats/x509.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { OpenPackage } from './package/open.ts'

export interface EscrowedCertificate {
  /** DER. */
  certificate: Buffer
  facts: CertificateFacts
  privateKey: KeyObject
}

/**
 * A certificate item of an open package, with its private key: in PEM, or as a .pfx with the password of the item that
 * the manifest names. The two halves belong together, and the public one is that of the manifest. Errors: those of
 * `OpenPackage.item`, `escrow-drill-item-form`, `escrow-drill-item-other`, `file-key-mismatch`.
 */
export const openCertificateItem = (opened: OpenPackage, number: number): EscrowedCertificate => {
  const { item, content } = opened.item(number)
  using secret = content
  const { certificate, privateKey } = readPair(opened, item.passwordItem, secret, number)
  const { facts, x509 } = openCertificate(certificate, item.name)
  if (!x509.checkPrivateKey(privateKey)) throw new KeyturnError('file-key-mismatch', { file: item.name })
  if (item.spkiSha256 !== null && facts.publicKeySpkiSha256.toLowerCase() !== item.spkiSha256)
    throw new KeyturnError('escrow-drill-item-other', { number })
  return { certificate, facts, privateKey }
}

const readPair = (
  opened: OpenPackage,
  passwordItem: number | null,
  secret: SecretBytes,
  number: number,
): { certificate: Buffer; privateKey: KeyObject } => {
  const pair = secret.use((bytes) => {
    if (!isPkcs12(bytes)) return readKeyAndCertificatePem(bytes)
    if (passwordItem === null) return null
    using password = opened.item(passwordItem).content
    return password.use((text) => readPkcs12(bytes, text, `item ${number}`))
  })
  if (pair === null) throw new KeyturnError('escrow-drill-item-form', { number })
  return pair
}
