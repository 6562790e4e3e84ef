import { createPublicKey } from 'node:crypto'

/** SubjectPublicKeyInfo (DER) of an RSA public key; both numbers big-endian. */
export const rsaSpki = ({ modulus, exponent }: { modulus: Uint8Array; exponent: Uint8Array }): Buffer => {
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  return createPublicKey({
    key: { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) },
    format: 'jwk',
  }).export({ format: 'der', type: 'spki' })
}
