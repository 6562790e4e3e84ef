import { createHmac } from 'node:crypto'

/** Where on the polynomials the secret lies, and where its digest. */
export const secretIndex = 255
export const digestIndex = 254
export const digestBytes = 4

/** What lies at `digestIndex`: 4 bytes of HMAC-SHA-256 over the secret, keyed by the random bytes that follow them. */
export const digestValue = (secret: Uint8Array, random: Uint8Array): Uint8Array => {
  const full = createHmac('sha256', random).update(secret).digest()
  const value = new Uint8Array(digestBytes + random.length)
  value.set(full.subarray(0, digestBytes))
  value.set(random, digestBytes)
  full.fill(0)
  return value
}

/** Whether the joined secret is the one that was split. Every byte is looked at. */
export const digestFits = (secret: Uint8Array, value: Uint8Array): boolean => {
  const expected = digestValue(secret, value.subarray(digestBytes))
  let difference = 0
  expected.forEach((byte, index) => {
    difference |= byte ^ (value[index] ?? 0)
  })
  expected.fill(0)
  return difference === 0
}
