import { createPublicKey } from 'node:crypto'
import type { VaultKey } from '../../ports/key-vault.ts'
import type { OriginKey } from './facts-model.ts'

/**
 * Bytes that PKCS #8 of an RSA key comes to under RFC 5649: 8 more than its length, rounded up to 8. The length moves with
 * leading zeros of its numbers, the exponent and the attributes that a token adds.
 */
const wrapped: Readonly<Record<number, readonly [least: number, most: number]>> = {
  2048: [1200, 1300],
  3072: [1770, 1880],
}

export const sizeFits = (bits: number, bytes: number): boolean => {
  const range = wrapped[bits]
  return range !== undefined && bytes >= range[0] && bytes <= range[1]
}

/** Whether the vault's key has this public key: modulus and exponent, whatever zeros stand before them. */
export const sameModulus = (
  { publicKey }: Pick<VaultKey, 'publicKey'>,
  { spki }: Pick<OriginKey, 'spki'>,
): boolean => {
  if (publicKey === null) return false
  const { n = '', e = '' } = createPublicKey({
    key: Buffer.from(spki, 'base64'),
    format: 'der',
    type: 'spki',
  }).export({ format: 'jwk' })
  const same = (bytes: Uint8Array, text: string): boolean =>
    withoutZeros(bytes).equals(withoutZeros(Buffer.from(text, 'base64url')))
  return same(publicKey.modulus, n) && same(publicKey.exponent, e)
}

const withoutZeros = (bytes: Uint8Array): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0)
  return Buffer.from(first < 0 ? [] : bytes.subarray(first))
}
