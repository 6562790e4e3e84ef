import { createHash } from 'node:crypto'

const SYMBOLS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-'
const BITS = 6

/**
 * Up to 1.0.4.0 a thumbprint was made from the key's name and had its length. Six bits for each of the 63 characters
 * that a name may have is an inference from the limit of 26; the bytes are ours.
 */
export function thumbprintOfName(name: string): string {
  let bits = 0n
  for (const character of name) bits = (bits << BigInt(BITS)) | BigInt(SYMBOLS.indexOf(character) + 1)
  const bytes = Math.ceil((name.length * BITS) / 8)
  return bits
    .toString(16)
    .padStart(bytes * 2, '0')
    .toUpperCase()
}

/** From 1.0.5.0 it has 20 bytes and belongs to the key's material. What is hashed is ours. */
export const thumbprintOfKey = (modulus: Buffer, exponent: Buffer): string =>
  createHash('sha1')
    .update(Buffer.concat([modulus, exponent]))
    .digest('hex')
    .toUpperCase()
