import type { SecretBytes } from '../platform/secret-bytes.ts'

/** Shorter secrets would match ordinary words. */
const shortest = 4

/**
 * The same data with «name» wherever a secret of the run stands in a text. Handlers must not put one there; a server
 * that repeats a statement in its message can.
 */
export const withoutSecrets = <Value>(value: Value, secrets: ReadonlyMap<string, SecretBytes>): Value => {
  const readable = [...secrets].filter(([, secret]) => !secret.wiped && secret.length >= shortest)
  return readable.length === 0 ? value : (mapTexts(value, (text) => hide(text, readable)) as Value)
}

const hide = (text: string, secrets: readonly [string, SecretBytes][]): string =>
  secrets.reduce(
    (shown, [name, secret]) => secret.use((bytes) => replaceBytes(shown, bytes, `«${name}»`)),
    text,
  )

const replaceBytes = (text: string, bytes: Buffer, by: string): string => {
  let all = Buffer.from(text, 'utf8')
  if (!all.includes(bytes)) return text
  for (let at = all.indexOf(bytes); at >= 0; at = all.indexOf(bytes, at + Buffer.byteLength(by))) {
    all = Buffer.concat([all.subarray(0, at), Buffer.from(by, 'utf8'), all.subarray(at + bytes.length)])
  }
  return all.toString('utf8')
}

const mapTexts = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]))
}
