import { randomBytes, type KeyObject } from 'node:crypto'
import type { Curve } from '../state/model.ts'

/**
 * ECDSA over a digest that is given (FIPS 186-5): Node signs messages only. Not hardened against timing, which nobody
 * measures here.
 */
interface Domain {
  bytes: number
  p: bigint
  n: bigint
  g: Point
}
type Point = { x: bigint; y: bigint } | null

const hex = (text: string): bigint => BigInt(`0x${text}`)
const DOMAINS: Record<Curve, Domain> = {
  'P-256': {
    bytes: 32,
    p: hex('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff'),
    n: hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
    g: {
      x: hex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
      y: hex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
    },
  },
  'P-384': {
    bytes: 48,
    p: hex(
      'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff',
    ),
    n: hex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
    g: {
      x: hex(
        'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
      ),
      y: hex(
        '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
      ),
    },
  },
  'P-521': {
    bytes: 66,
    p: (1n << 521n) - 1n,
    n: hex(
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
    g: {
      x: hex(
        '00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66',
      ),
      y: hex(
        '011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650',
      ),
    },
  },
}

const modulo = (value: bigint, p: bigint): bigint => ((value % p) + p) % p

const inverse = (value: bigint, p: bigint): bigint => {
  let [a, b, x, y] = [modulo(value, p), p, 1n, 0n]
  while (a > 1n) {
    const q = b / a
    ;[a, b, x, y] = [b % a, a, y - q * x, x]
  }
  return modulo(x, p)
}

const add = (one: Point, other: Point, { p }: Domain): Point => {
  if (one === null) return other
  if (other === null) return one
  if (one.x === other.x && modulo(one.y + other.y, p) === 0n) return null
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x - 3n) * inverse(2n * one.y, p)
      : (other.y - one.y) * inverse(other.x - one.x, p)
  const x = modulo(slope * slope - one.x - other.x, p)
  return { x, y: modulo(slope * (one.x - x) - one.y, p) }
}

const times = (factor: bigint, point: Point, domain: Domain): Point => {
  let [sum, doubled]: [Point, Point] = [null, point]
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, doubled, domain)
    doubled = add(doubled, doubled, domain)
  }
  return sum
}

const big = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
const fixed = (value: bigint, bytes: number): Buffer =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex')
const numberOf = (key: KeyObject, part: 'd' | 'x' | 'y'): bigint =>
  big(Buffer.from(String(key.export({ format: 'jwk' })[part]), 'base64url'))
/** Digests here are never longer than the order. */
const message = (digest: Buffer): bigint => big(digest)

/** Signature as r and s, each as long as the curve's numbers. */
export const signEcdsa = (key: KeyObject, curve: Curve, digest: Buffer): Buffer => {
  const domain = DOMAINS[curve]
  const { n, g, bytes } = domain
  const d = numberOf(key, 'd')
  for (;;) {
    const k = modulo(big(randomBytes(bytes + 16)), n)
    const point = times(k, g, domain)
    const r = modulo(point?.x ?? 0n, n)
    const s = modulo(inverse(k, n) * (message(digest) + r * d), n)
    if (k > 0n && r > 0n && s > 0n) return Buffer.concat([fixed(r, bytes), fixed(s, bytes)])
  }
}

export const verifyEcdsa = (key: KeyObject, curve: Curve, digest: Buffer, signature: Buffer): boolean => {
  const domain = DOMAINS[curve]
  const { n, g, bytes } = domain
  if (signature.length !== bytes * 2) return false
  const [r, s] = [big(signature.subarray(0, bytes)), big(signature.subarray(bytes))]
  if (r <= 0n || r >= n || s <= 0n || s >= n) return false
  const w = inverse(s, n)
  const q = { x: numberOf(key, 'x'), y: numberOf(key, 'y') }
  const point = add(
    times(modulo(message(digest) * w, n), g, domain),
    times(modulo(r * w, n), q, domain),
    domain,
  )
  return point !== null && modulo(point.x, n) === r
}
