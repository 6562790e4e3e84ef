/**
 * Strict DER: definite lengths in their shortest form, nothing after the end, single-byte tags. Enough for
 * certificates, PKCS#1, PKCS#8 and PKCS#12. Every fault is a `DerError`; the readers of whole formats turn it into an
 * answer about their file.
 */
export class DerError extends Error {
  constructor(what: string) {
    super(`DER: ${what}`)
    this.name = 'DerError'
  }
}

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  bmpString: 0x1e,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** [n] EXPLICIT, or an IMPLICIT constructed one. */
  context: (number: number): number => 0xa0 | number,
  /** [n] IMPLICIT of a primitive type. */
  contextPrimitive: (number: number): number => 0x80 | number,
} as const

export interface DerNode {
  tag: number
  /** The value's bytes; a view into the input, not a copy. */
  value: Buffer
  /** Tag, length and value. */
  whole: Buffer
}

/** The one value that fills `bytes` entirely. */
export const readDer = (bytes: Buffer, expectedTag?: number): DerNode => {
  const node = nodeAt(bytes, 0)
  if (node.whole.length !== bytes.length) throw new DerError('bytes after the end')
  if (expectedTag !== undefined) expectTag(node, expectedTag)
  return node
}

/** The values inside a constructed one, in order; `most` bounds the work for hostile input. */
export const childrenOf = (node: DerNode, most = Infinity): DerNode[] => {
  if ((node.tag & 0x20) === 0) throw new DerError('a primitive value where a constructed one is needed')
  const children: DerNode[] = []
  for (let at = 0; at < node.value.length;) {
    if (children.length === most) throw new DerError(`more than ${most} values`)
    const child = nodeAt(node.value, at)
    children.push(child)
    at += child.whole.length
  }
  return children
}

export const expectTag = (node: DerNode | undefined, expected: number): DerNode => {
  if (node === undefined) throw new DerError('a value is missing')
  if (node.tag !== expected) throw new DerError(`tag ${node.tag} where ${expected} is needed`)
  return node
}

/** Exactly this many children, each of the tag in its place. */
export const fieldsOf = <const Tags extends readonly number[]>(
  node: DerNode,
  ...tags: Tags
): { [Index in keyof Tags]: DerNode } => {
  const children = childrenOf(node)
  if (children.length !== tags.length)
    throw new DerError(`${children.length} fields where ${tags.length} are needed`)
  return tags.map((expected, index) => expectTag(children[index], expected)) as {
    [Index in keyof Tags]: DerNode
  }
}

const nodeAt = (bytes: Buffer, at: number): DerNode => {
  const tagByte = byteAt(bytes, at)
  if ((tagByte & 0x1f) === 0x1f) throw new DerError('a tag of more than one byte')
  const { length, size } = lengthAt(bytes, at + 1)
  const start = at + 1 + size
  if (start + length > bytes.length) throw new DerError('cut short')
  return {
    tag: tagByte,
    value: bytes.subarray(start, start + length),
    whole: bytes.subarray(at, start + length),
  }
}

const lengthAt = (bytes: Buffer, at: number): { length: number; size: number } => {
  const first = byteAt(bytes, at)
  if (first < 0x80) return { length: first, size: 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new DerError('an indefinite or too long length')
  let length = 0
  for (let index = 1; index <= count; index += 1) length = length * 256 + byteAt(bytes, at + index)
  if (length < 0x80 || length < 256 ** (count - 1))
    throw new DerError('a length that is not in its shortest form')
  return { length, size: count + 1 }
}

const byteAt = (bytes: Buffer, at: number): number => {
  const byte = bytes[at]
  if (byte === undefined) throw new DerError('cut short')
  return byte
}

/** Big-endian bytes of an INTEGER that is not negative, without its sign byte. Shortest form only. */
export const unsignedOf = (node: DerNode | undefined): Buffer => {
  const { value } = expectTag(node, tag.integer)
  const [first, second] = value
  if (first === undefined || first >= 0x80) throw new DerError('an empty or negative integer')
  if (first !== 0) return value
  if (second === undefined) return value
  if (second < 0x80) throw new DerError('an integer that is not in its shortest form')
  return value.subarray(1)
}

/** An INTEGER from 0 to 2^31-1. */
export const smallIntegerOf = (node: DerNode | undefined): number => {
  const bytes = unsignedOf(node)
  if (bytes.length > 4) throw new DerError('an integer that is too large')
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  if (number > 0x7fffffff) throw new DerError('an integer that is too large')
  return number
}

/** Dotted form, as in `1.2.840.113549.1.1.11`. */
export const oidOf = (node: DerNode | undefined): string => {
  const { value } = expectTag(node, tag.oid)
  const arcs: number[] = []
  let arc = 0
  let open = false
  for (const byte of value) {
    if (!open && byte === 0x80) throw new DerError('an object identifier that is not in its shortest form')
    arc = arc * 128 + (byte & 0x7f)
    if (arc > 0xffffffff) throw new DerError('an object identifier that is too large')
    open = byte >= 0x80
    if (!open) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [first, ...rest] = arcs
  if (open || first === undefined) throw new DerError('an object identifier that is cut short')
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...rest].join('.')
}

/** The bytes of a BIT STRING that has whole bytes. */
export const bitStringOf = (node: DerNode | undefined): Buffer => {
  const { value } = expectTag(node, tag.bitString)
  if (value[0] !== 0) throw new DerError('a bit string that is not of whole bytes')
  return value.subarray(1)
}

/** UTCTime or GeneralizedTime in the forms that RFC 5280 allows: with seconds, in UTC. */
export const timeOf = (node: DerNode | undefined): Date => {
  if (node === undefined) throw new DerError('a time is missing')
  const text = node.value.toString('latin1')
  const long = node.tag === tag.utcTime ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text
  if (node.tag !== tag.utcTime && node.tag !== tag.generalizedTime) throw new DerError('not a time')
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(long)
  if (parts === null) throw new DerError('a time in another form')
  const iso = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}.000Z`
  const time = new Date(iso)
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso)
    throw new DerError('a time that does not exist')
  return time
}
