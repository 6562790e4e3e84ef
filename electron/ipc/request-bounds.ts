/** Largest request: characters and bytes together, and number of values. A draft with thousands of names fits. */
const mostUnits = 1_048_576
const mostValues = 50_000
const mostDepth = 16

/**
 * True for plain data of a size that schemas may be asked about. Structured clone carries more than JSON does: cycles,
 * maps, buffers of any size. Walks without recursion and stops at the first limit, so that measuring costs no more
 * than the limit.
 */
export const isBounded = (request: unknown): boolean => {
  const waiting: [value: unknown, depth: number][] = [[request, 0]]
  let units = 0
  let values = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, depth] = next
    if (++values > mostValues || depth > mostDepth) return false
    if (typeof value === 'string') units += value.length
    else if (value instanceof Uint8Array) units += value.length
    else if (value !== null && typeof value === 'object') {
      if (!isPlain(value)) return false
      if (Array.isArray(value) && value.length > mostValues) return false
      for (const [key, part] of Object.entries(value)) {
        if (!Array.isArray(value)) units += key.length
        waiting.push([part, depth + 1])
      }
    }
    if (units > mostUnits) return false
  }
  return true
}

/** Wipes all bytes that a request carries, also in one that was refused for its form. */
export const zeroBytes = (request: unknown): void => {
  const seen = new Set<unknown>()
  const waiting = [request]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (value instanceof ArrayBuffer) new Uint8Array(value).fill(0)
    else if (ArrayBuffer.isView(value))
      new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(0)
    else if (value instanceof Map) waiting.push(...value.keys(), ...value.values())
    else if (value instanceof Set) waiting.push(...value)
    else for (const part of Object.values(value)) waiting.push(part)
  }
}

const isPlain = (value: object): boolean => {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
