/**
 * JSON with bytes, for shells whose channel carries text only (the DevTools binding). The page has the same two
 * functions in `electron/shell/chromium/page-bridge.ts`.
 */
export const wireTag = '$bytes'

export const encodeWire = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? { [wireTag]: Buffer.from(part).toString('base64') } : part,
  )

/** Throws on text that is not JSON or longer than 1 MB; the caller answers `ipc-payload`. */
export const decodeWire = (text: string): unknown => {
  if (text.length > 1_048_576) throw new RangeError('too long')
  return JSON.parse(text, (_key, part: unknown) => (isTagged(part) ? bytesOf(part[wireTag]) : part))
}

const isTagged = (part: unknown): part is { [wireTag]: string } =>
  part !== null &&
  typeof part === 'object' &&
  Object.keys(part).length === 1 &&
  typeof (part as Record<string, unknown>)[wireTag] === 'string'

/** A plain copy: small Buffers share a pool, and the router zeroes what it was given. */
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
