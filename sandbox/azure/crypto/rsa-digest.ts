import {
  constants,
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'

/**
 * RSA signatures over a digest that is given (RFC 8017): the vault never sees the message, and Node signs messages
 * only.
 */
export type RsaHash = 'sha256' | 'sha384' | 'sha512'

const DIGEST_INFO: Record<RsaHash, string> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

export const HASH_BYTES: Record<RsaHash, number> = { sha256: 32, sha384: 48, sha512: 64 }

const bitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0
const raw = (key: KeyObject, block: Buffer): Buffer =>
  privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block)
const rawPublic = (key: KeyObject, block: Buffer): Buffer =>
  publicEncrypt({ key: createPublicKey(key), padding: constants.RSA_NO_PADDING }, block)

const pkcs1Block = (bits: number, hash: RsaHash, digest: Buffer): Buffer => {
  const content = Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest])
  const filling = Buffer.alloc(bits / 8 - content.length - 3, 0xff)
  return Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), content])
}

export const signPkcs1 = (key: KeyObject, hash: RsaHash, digest: Buffer): Buffer =>
  raw(key, pkcs1Block(bitsOf(key), hash, digest))

export const verifyPkcs1 = (key: KeyObject, hash: RsaHash, digest: Buffer, signature: Buffer): boolean =>
  signature.length * 8 === bitsOf(key) &&
  timingSafeEqual(opened(key, signature), pkcs1Block(bitsOf(key), hash, digest))

/** A number above the modulus is no signature; it opens to nothing. */
const opened = (key: KeyObject, signature: Buffer): Buffer => {
  try {
    return rawPublic(key, signature)
  } catch {
    return Buffer.alloc(signature.length)
  }
}

const mask = (hash: RsaHash, seed: Buffer, length: number): Buffer => {
  const parts: Buffer[] = []
  for (let at = 0; at * HASH_BYTES[hash] < length; at++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(at)
    parts.push(createHash(hash).update(seed).update(counter).digest())
  }
  return Buffer.concat(parts).subarray(0, length)
}
const mixed = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)))
const saltedHash = (hash: RsaHash, digest: Buffer, salt: Buffer): Buffer =>
  createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()

/** PSS with the hash in both places and a salt as long as the hash. */
export const signPss = (key: KeyObject, hash: RsaHash, digest: Buffer): Buffer => {
  const length = bitsOf(key) / 8
  const salt = randomBytes(HASH_BYTES[hash])
  const print = saltedHash(hash, digest, salt)
  const data = Buffer.alloc(length - print.length - 1)
  data[data.length - salt.length - 1] = 1
  salt.copy(data, data.length - salt.length)
  const masked = mixed(data, mask(hash, print, data.length))
  masked[0] = (masked[0] ?? 0) & 0x7f
  return raw(key, Buffer.concat([masked, print, Buffer.from([0xbc])]))
}

export const verifyPss = (key: KeyObject, hash: RsaHash, digest: Buffer, signature: Buffer): boolean => {
  if (signature.length * 8 !== bitsOf(key)) return false
  const block = opened(key, signature)
  const size = HASH_BYTES[hash]
  const masked = block.subarray(0, block.length - size - 1)
  const print = block.subarray(block.length - size - 1, block.length - 1)
  if (block.at(-1) !== 0xbc || (masked[0] ?? 0) >= 0x80) return false
  const data = mixed(masked, mask(hash, print, masked.length))
  data[0] = (data[0] ?? 0) & 0x7f
  const mark = data.length - size - 1
  if (data[mark] !== 1 || data.subarray(0, mark).some((byte) => byte !== 0)) return false
  return timingSafeEqual(print, saltedHash(hash, digest, data.subarray(mark + 1)))
}
