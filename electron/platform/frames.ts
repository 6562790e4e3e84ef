/** Longest frame that is read or written: what claims more is no message of ours. */
export const frameLimit = 8 << 20

/** One message between two processes: its length in 4 bytes, big-endian, then its bytes. */
export const frameOf = (payload: Uint8Array): Buffer => {
  if (payload.length > frameLimit) throw new RangeError('a frame is longer than its limit')
  const frame = Buffer.alloc(4 + payload.length)
  frame.writeUInt32BE(payload.length)
  frame.set(payload, 4)
  return frame
}

/**
 * Cuts a stream into frames. Chunks are filled with zeros once they are copied, since they may hold a secret; a frame
 * belongs to the listener. Throws RangeError for a length over the limit: the stream can't be read any further then.
 */
export const frameReader = (onFrame: (payload: Buffer) => void): ((chunk: Buffer) => void) => {
  const head = Buffer.alloc(4)
  let headFilled = 0
  let body: Buffer | null = null
  let bodyFilled = 0
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (body === null) {
        const taken = chunk.copy(head, headFilled, at)
        headFilled += taken
        at += taken
        if (headFilled < 4) break
        const length = head.readUInt32BE()
        if (length === 0 || length > frameLimit)
          throw new RangeError('a frame has a length that none can have')
        body = Buffer.alloc(length)
        bodyFilled = 0
        headFilled = 0
        continue
      }
      const taken = chunk.copy(body, bodyFilled, at)
      bodyFilled += taken
      at += taken
      if (bodyFilled < body.length) break
      const whole = body
      body = null
      onFrame(whole)
    }
    chunk.fill(0)
  }
}

type Plain =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined }

/** A value with byte arrays in it: JSON for its form, bytes beside it, so that no secret becomes text. */
export const packMessage = (value: object): Buffer => {
  const blobs: Uint8Array[] = []
  const strip = (part: Plain | undefined): unknown => {
    if (part instanceof Uint8Array) return { $b: blobs.push(part) - 1 }
    if (Array.isArray(part)) return part.map(strip)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, strip(inner)]))
  }
  const stripped = strip(value as Plain)
  const json = Buffer.from(JSON.stringify([stripped, blobs.map(({ length }) => length)]))
  const packed = Buffer.alloc(4 + json.length + blobs.reduce((sum, { length }) => sum + length, 0))
  packed.writeUInt32BE(json.length)
  packed.set(json, 4)
  let at = 4 + json.length
  for (const blob of blobs) {
    packed.set(blob, at)
    at += blob.length
  }
  return packed
}

/** Byte arrays of the result are views of `packed`. Throws for what `packMessage` did not write. */
export const unpackMessage = (packed: Buffer): unknown => {
  const jsonEnd = 4 + packed.readUInt32BE()
  if (jsonEnd > packed.length) throw new RangeError('a message is shorter than it says')
  const parsed: unknown = JSON.parse(packed.subarray(4, jsonEnd).toString('utf8'))
  if (!Array.isArray(parsed) || parsed.length !== 2 || !Array.isArray(parsed[1]))
    throw new RangeError('no message')
  let at = jsonEnd
  const blobs = parsed[1].map((length: unknown) => {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || at + length > packed.length)
      throw new RangeError('a message is shorter than it says')
    at += length
    return packed.subarray(at - length, at)
  })
  if (at !== packed.length) throw new RangeError('a message is longer than it says')
  const fill = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(fill)
    if (typeof part !== 'object' || part === null) return part
    const { $b: index } = part as { $b?: unknown }
    if (typeof index === 'number') {
      const blob = blobs[index]
      if (blob === undefined) throw new RangeError('a message names bytes that it does not have')
      return blob
    }
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, fill(inner)]))
  }
  return fill(parsed[0])
}
