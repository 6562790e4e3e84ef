import { createHash, createHmac } from 'node:crypto'

export interface MacParameters {
  digest: string
  /** Input block of the digest in bytes. */
  block: number
  salt: Buffer
  iterations: number
}

/** The integrity check of a PKCS#12 file (RFC 7292 section 4): HMAC under a key of its own derivation. */
export const pkcs12Mac = (parameters: MacParameters, password: Uint8Array, content: Uint8Array): Buffer => {
  const key = macKey(parameters, password)
  try {
    return createHmac(parameters.digest, key).update(content).digest()
  } finally {
    key.fill(0)
  }
}

/** Purposes of the derivation (RFC 7292 appendix B.3). */
export const pkcs12Purposes = { key: 1, iv: 2, mac: 3 } as const

/** As long as the digest: one round of the derivation. */
const macKey = (parameters: MacParameters, password: Uint8Array): Buffer =>
  pkcs12Derive(parameters, password, pkcs12Purposes.mac, 1)

/** RFC 7292 appendix B.2: at least `length` bytes, whole digests. The caller wipes the result. */
export const pkcs12Derive = (
  { digest, block, salt, iterations }: MacParameters,
  password: Uint8Array,
  purpose: number,
  length: number,
): Buffer => {
  const text = bmpPassword(password)
  const input = Buffer.concat([repeated(salt, block), repeated(text, block)])
  text.fill(0)
  const parts: Buffer[] = []
  for (let left = length; left > 0; left -= parts.at(-1)?.length ?? left) {
    if (parts.length > 0) addToBlocks(input, block, parts.at(-1) ?? input)
    let part = createHash(digest).update(Buffer.alloc(block, purpose)).update(input).digest()
    for (let round = 1; round < iterations; round += 1) part = createHash(digest).update(part).digest()
    parts.push(part)
  }
  input.fill(0)
  const derived = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  return derived
}

/** Each block of the input plus the repeated part plus one, as big-endian numbers of that size. */
const addToBlocks = (input: Buffer, block: number, part: Buffer): void => {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let at = block - 1; at >= 0; at -= 1) {
      const sum = input.readUInt8(start + at) + (part[at % part.length] ?? 0) + carry
      input.writeUInt8(sum & 0xff, start + at)
      carry = sum >> 8
    }
  }
}

/** UTF-16 big-endian with two zero bytes at the end; the password is a string inside this function only. */
const bmpPassword = (password: Uint8Array): Buffer => {
  const text = Buffer.from(`${Buffer.from(password).toString('utf8')}\0`, 'utf16le')
  return text.swap16()
}

/** Repeated up to the next multiple of a block. */
const repeated = (bytes: Buffer, block: number): Buffer =>
  Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes.length === 0 ? 0 : bytes)
