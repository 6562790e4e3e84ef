/** Distinguished names of X.509 certificates as text. */
import type { DerReader } from './der.ts'
import { der, oid, sequence, TAG } from './der.ts'
import { orRefuse, refuse } from './errors.ts'

const COMMON_NAME = '2.5.4.3'
const SHORT_NAMES = new Map([
  [COMMON_NAME, 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['1.2.840.113549.1.9.1', 'E'],
])
const MAX_ATTRIBUTES = 64

/** `CN=<text>` as UTF8String; an unpaired surrogate, which UTF-8 can't hold, becomes U+FFFD. */
export function writeCommonName(text: string): Buffer {
  const value = der(TAG.utf8, Buffer.from(text.toWellFormed(), 'utf8'))
  return sequence(der(TAG.set, sequence(oid(COMMON_NAME), value)))
}

/** The bare text of a name that is one CN (as SQL Server shows its own), else `CN=a, O=b` in the order stored. */
export function readName(name: DerReader): string {
  const parts: { type: string; text: string }[] = []
  while (name.more) {
    const set = name.inside(TAG.set)
    if (!set.more) refuse('format', 'A name has an empty part.')
    while (set.more) {
      const attribute = set.inside(TAG.sequence)
      const type = attribute.oid()
      const { tag, content } = attribute.next()
      attribute.end()
      parts.push({ type, text: readText(tag, content) })
      if (parts.length > MAX_ATTRIBUTES) refuse('format', 'A name has too many parts.')
    }
  }
  const [first, second] = parts
  if (first?.type === COMMON_NAME && second === undefined) return first.text
  return parts.map(({ type, text }) => `${SHORT_NAMES.get(type) ?? type}=${text}`).join(', ')
}

function readText(tag: number, content: Buffer): string {
  switch (tag) {
    case TAG.utf8:
      return orRefuse('format', 'A name is not valid UTF-8.', () =>
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content),
      )
    case TAG.printable:
    case TAG.ia5:
    case TAG.teletex:
      return content.toString('latin1')
    case TAG.bmp:
      if (content.length % 2 !== 0) refuse('format', 'A name has half a character.')
      return Buffer.from(content).swap16().toString('utf16le')
    default:
      return refuse('format', 'A name has a text type that is not read here.')
  }
}
