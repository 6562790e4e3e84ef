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

const macPurpose = 3

/** RFC 7292 appendix B.2 for a key as long as the digest: one round of it. */
const macKey = ({ digest, block, salt, iterations }: MacParameters, password: Uint8Array): Buffer => {
  const text = bmpPassword(password)
  const first = createHash(digest)
  first.update(Buffer.alloc(block, macPurpose)).update(repeated(salt, block)).update(repeated(text, block))
  text.fill(0)
  let key = first.digest()
  for (let round = 1; round < iterations; round += 1) key = createHash(digest).update(key).digest()
  return key
}

/** UTF-16 big-endian with two zero bytes at the end; the password is a string inside this function only. */
const bmpPassword = (password: Uint8Array): Buffer => {
  const text = Buffer.from(`${Buffer.from(password).toString('utf8')}\0`, 'utf16le')
  return text.swap16()
}

/** Repeated up to the next multiple of a block. */
const repeated = (bytes: Buffer, block: number): Buffer =>
  Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes.length === 0 ? 0 : bytes)
