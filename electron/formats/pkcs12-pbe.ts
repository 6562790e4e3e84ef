import { createDecipheriv } from 'node:crypto'
import { childrenOf, DerError, expectTag, oidOf, smallIntegerOf, tag, type DerNode } from './der.ts'
import { oids } from './oids.ts'
import { decryptPbes2, iterationLimit, readPbes2, UnsupportedAlgorithm } from './pbes2.ts'
import { pkcs12Derive, pkcs12Purposes } from './pkcs12-mac.ts'

const saltLimit = 1_024

/**
 * Decrypts one part of a `.pfx`: PBES2, or the older pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C) that Windows
 * wrote for decades. Read only: Keyturn never writes it. The caller wipes the result.
 */
export const decryptPart = (algorithm: DerNode, password: Uint8Array, data: Buffer): Buffer => {
  const [id, parameters] = childrenOf(expectTag(algorithm, tag.sequence))
  if (oidOf(id) !== oids.sha1With3Des) return decryptPbes2(readPbes2(algorithm), password, data)
  const [salt, count, ...rest] = childrenOf(expectTag(parameters, tag.sequence))
  const saltBytes = expectTag(salt, tag.octetString).value
  const iterations = smallIntegerOf(count)
  if (rest.length > 0 || saltBytes.length > saltLimit) throw new DerError('3DES parameters')
  if (iterations < 1 || iterations > iterationLimit)
    throw new UnsupportedAlgorithm(`${iterations} iterations`)
  const derivation = { digest: 'sha1', block: 64, salt: saltBytes, iterations }
  const key = pkcs12Derive(derivation, password, pkcs12Purposes.key, 24)
  const iv = pkcs12Derive(derivation, password, pkcs12Purposes.iv, 8)
  try {
    const decipher = createDecipheriv('des-ede3-cbc', key.subarray(0, 24), iv.subarray(0, 8))
    return Buffer.concat([decipher.update(data), decipher.final()])
  } finally {
    key.fill(0)
    iv.fill(0)
  }
}
