import { createPrivateKey, type KeyObject } from 'node:crypto'
import { fieldsOf, readDer, tag, unsignedOf } from './der.ts'
import { sequence, smallInteger, unsigned } from './der-write.ts'

/** The numbers of an RSA private key (RFC 8017 A.1.2), big-endian bytes. Secret: `wipeNumbers` after use. */
export interface RsaNumbers {
  n: Buffer
  e: Buffer
  d: Buffer
  p: Buffer
  q: Buffer
  dp: Buffer
  dq: Buffer
  qInv: Buffer
}

const order = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qInv'] as const

export const wipeNumbers = (numbers: RsaNumbers): void => {
  for (const name of order) numbers[name].fill(0)
}

export const numbersOf = (key: KeyObject): RsaNumbers => {
  const pkcs1 = key.export({ format: 'der', type: 'pkcs1' })
  try {
    const integer = tag.integer
    const [, n, e, d, p, q, dp, dq, qInv] = fieldsOf(
      readDer(pkcs1, tag.sequence),
      ...([integer, integer, integer, integer, integer, integer, integer, integer, integer] as const),
    )
    const copy = (node: typeof n): Buffer => Buffer.from(unsignedOf(node))
    return {
      n: copy(n),
      e: copy(e),
      d: copy(d),
      p: copy(p),
      q: copy(q),
      dp: copy(dp),
      dq: copy(dq),
      qInv: copy(qInv),
    }
  } finally {
    pkcs1.fill(0)
  }
}

/** Builds the key; throws whatever the cryptography library throws for numbers that it refuses. */
export const keyFromNumbers = (numbers: RsaNumbers): KeyObject => {
  const pkcs1 = sequence(smallInteger(0), ...order.map((name) => unsigned(numbers[name])))
  try {
    return createPrivateKey({ key: pkcs1, format: 'der', type: 'pkcs1' })
  } finally {
    pkcs1.fill(0)
  }
}

/**
 * Whether all eight numbers fit each other: one changed bit in any of them breaks a relation. The numbers pass through
 * BigInt, which can't be wiped.
 */
export const numbersFit = (numbers: RsaNumbers, bits: number): boolean => {
  const n = bigOf(numbers.n)
  const e = bigOf(numbers.e)
  const d = bigOf(numbers.d)
  const p = bigOf(numbers.p)
  const q = bigOf(numbers.q)
  const dp = bigOf(numbers.dp)
  const dq = bigOf(numbers.dq)
  const qInv = bigOf(numbers.qInv)
  return (
    p > 2n &&
    q > 2n &&
    p * q === n &&
    n.toString(2).length === bits &&
    e > 2n &&
    e % 2n === 1n &&
    d > 0n &&
    d < n &&
    d % (p - 1n) === dp &&
    d % (q - 1n) === dq &&
    (e * dp) % (p - 1n) === 1n &&
    (e * dq) % (q - 1n) === 1n &&
    qInv < p &&
    (qInv * q) % p === 1n
  )
}

const bigOf = (bytes: Buffer): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`))
