/**
 * The field GF(2^8) of SLIP-0039, reduced by x^8 + x^4 + x^3 + x + 1. Addition is exclusive or.
 *
 * There are no logarithm tables: with them the places that are read would depend on secret bytes, and so would the time
 * that reading takes. This takes the same steps whatever the bytes are, and a share has only 32 of them.
 */
export const multiply = (left: number, right: number): number => {
  let product = 0
  let power = left
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= power & -((right >> bit) & 1)
    power = ((power << 1) ^ (0x11b & -(power >> 7))) & 0xff
  }
  return product
}

/** The power 254, which is the inverse of everything but 0 (and 0 of 0). */
export const inverse = (value: number): number => {
  let result = 1
  let power = value
  for (let bit = 1; bit < 8; bit += 1) {
    power = multiply(power, power)
    result = multiply(result, power)
  }
  return result
}
