/** The eight numbers of an RSA private key (PKCS#1, RFC 8017 A.1.2), and whether they belong together. */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { only, sequence, smallInteger, TAG, unsigned } from './der.ts'
import { orRefuse, refuse } from './errors.ts'

/** Unsigned big-endian magnitudes without leading zeros. */
export interface RsaNumbers {
  modulus: Buffer
  publicExponent: Buffer
  privateExponent: Buffer
  prime1: Buffer
  prime2: Buffer
  exponent1: Buffer
  exponent2: Buffer
  coefficient: Buffer
}

const MIN_BITS = 384
const MAX_BITS = 8192

export function rsaNumbersOf(key: KeyObject): RsaNumbers {
  if (key.type !== 'private' || key.asymmetricKeyType !== 'rsa') {
    throw new TypeError('An RSA private key is needed here.')
  }
  return readPkcs1(key.export({ format: 'der', type: 'pkcs1' }))
}

export function readPkcs1(bytes: Buffer): RsaNumbers {
  const fields = only(bytes, TAG.sequence)
  if (fields.smallInteger() !== 0) refuse('format', 'Only RSA keys of two primes are read.')
  const numbers: RsaNumbers = {
    modulus: fields.unsigned(),
    publicExponent: fields.unsigned(),
    privateExponent: fields.unsigned(),
    prime1: fields.unsigned(),
    prime2: fields.unsigned(),
    exponent1: fields.unsigned(),
    exponent2: fields.unsigned(),
    coefficient: fields.unsigned(),
  }
  fields.end()
  return numbers
}

/** A key object from numbers that were read from a file; throws `damaged` when they contradict each other. */
export function keyFromNumbers(numbers: RsaNumbers): KeyObject {
  assertConsistent(numbers)
  const pkcs1 = sequence(
    smallInteger(0),
    unsigned(numbers.modulus),
    unsigned(numbers.publicExponent),
    unsigned(numbers.privateExponent),
    unsigned(numbers.prime1),
    unsigned(numbers.prime2),
    unsigned(numbers.exponent1),
    unsigned(numbers.exponent2),
    unsigned(numbers.coefficient),
  )
  return orRefuse('format', 'The RSA key has a form that is not read here.', () =>
    createPrivateKey({ key: pkcs1, format: 'der', type: 'pkcs1' }),
  )
}

export function bitLength(magnitude: Buffer): number {
  const first = magnitude.findIndex((byte) => byte !== 0)
  if (first < 0) return 0
  return (magnitude.length - first) * 8 - (Math.clz32(magnitude[first] ?? 0) - 24)
}

const big = (magnitude: Buffer): bigint => BigInt(`0x0${magnitude.toString('hex')}`)

/** A stream cipher without a check sum hides a flipped bit; the arithmetic of the key shows it. */
function assertConsistent(numbers: RsaNumbers): void {
  const size = bitLength(numbers.modulus)
  if (size < MIN_BITS || size > MAX_BITS) {
    refuse('format', `An RSA key of ${size} bits is outside ${MIN_BITS} to ${MAX_BITS}.`)
  }
  const n = big(numbers.modulus)
  const e = big(numbers.publicExponent)
  const d = big(numbers.privateExponent)
  const p = big(numbers.prime1)
  const q = big(numbers.prime2)
  const dp = big(numbers.exponent1)
  const dq = big(numbers.exponent2)
  const qInv = big(numbers.coefficient)
  const factors = p > 2n && q > 2n && p !== q && p * q === n && e >= 3n && e < n && d > 0n && d < n
  const consistent =
    factors &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (e * dp) % (p - 1n) === 1n &&
    (e * dq) % (q - 1n) === 1n &&
    qInv > 0n &&
    qInv < p &&
    (qInv * q) % p === 1n
  if (!consistent) refuse('damaged', 'The numbers of the private key do not belong together.')
}
