import { inverse, multiply } from './gf256.ts'

/** One value of as many polynomials as it has bytes, all at the same `x`. */
export interface Point {
  x: number
  value: Uint8Array
}

/**
 * The values at `at` of the polynomials of lowest degree through `points` (Lagrange), in a buffer that the caller wipes.
 * The `x` of all points differ, their values are equally long.
 */
export const interpolate = (points: readonly Point[], at: number): Uint8Array => {
  const result = new Uint8Array(points[0]?.value.length ?? 0)
  for (const { x, value } of points) {
    const weight = weightOf(points, x, at)
    for (let index = 0; index < result.length; index += 1) {
      result[index] = (result[index] ?? 0) ^ multiply(value[index] ?? 0, weight)
    }
  }
  return result
}

/** Made of numbers of shares only, which are not secret. */
const weightOf = (points: readonly Point[], x: number, at: number): number => {
  let above = 1
  let below = 1
  for (const other of points) {
    if (other.x === x) continue
    above = multiply(above, at ^ other.x)
    below = multiply(below, x ^ other.x)
  }
  return multiply(above, inverse(below))
}
