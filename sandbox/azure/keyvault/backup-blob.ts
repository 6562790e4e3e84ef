import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'

/**
 * The outer form of a key's backup as the service writes it: a length byte and a mark in ASCII, then a compact JWE
 * (RSA-OAEP-256, A256CBC-HS512). The key that opens it is ours, one for each subscription and geography, or for each
 * managed HSM: what real blobs hold inside is not public.
 */
const MARK = 'AzureKeyVaultKeyBackupV1.microsoft.com'
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

export const writeBlob = (content: string, key: KeyObject, kid: string): Buffer => {
  const header = encode(JSON.stringify({ kid, alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' }))
  const cek = randomBytes(64)
  const wrapped = publicEncrypt({ key: createPublicKey(key), ...OAEP }, cek)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', cek.subarray(32), iv)
  const ciphertext = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()])
  const tag = tagOf(cek.subarray(0, 32), header, iv, ciphertext)
  const jwe = [header, ...[wrapped, iv, ciphertext, tag].map((part) => part.toString('base64url'))].join('.')
  return Buffer.concat([Buffer.from([MARK.length]), Buffer.from(MARK + jwe, 'ascii')])
}

export type BlobContent =
  | { ok: true; content: string }
  /** `form`: no backup at all, or bytes changed; `scope`: written for another subscription, geography or HSM. */
  | { ok: false; why: 'form' | 'scope' }

export const readBlob = (blob: Buffer, key: KeyObject, kid: string): BlobContent => {
  const start = 1 + MARK.length
  if (blob[0] !== MARK.length || blob.subarray(1, start).toString('ascii') !== MARK)
    return { ok: false, why: 'form' }
  const [header = '', ...rest] = blob.subarray(start).toString('ascii').split('.')
  const [wrapped, iv, ciphertext, tag, ...more] = rest.map((part) => Buffer.from(part, 'base64url'))
  if (!wrapped || !iv || !ciphertext || !tag || more.length > 0) return { ok: false, why: 'form' }
  if (kidOf(header) !== kid) return { ok: false, why: kidOf(header) === null ? 'form' : 'scope' }
  try {
    const cek = privateDecrypt({ key, ...OAEP }, wrapped)
    if (!timingSafeEqual(tag, tagOf(cek.subarray(0, 32), header, iv, ciphertext)))
      return { ok: false, why: 'form' }
    const cipher = createDecipheriv('aes-256-cbc', cek.subarray(32), iv)
    return { ok: true, content: Buffer.concat([cipher.update(ciphertext), cipher.final()]).toString('utf8') }
  } catch {
    return { ok: false, why: 'form' }
  }
}

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')

const kidOf = (header: string): string | null => {
  try {
    const value = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid?: unknown }
    return typeof value.kid === 'string' ? value.kid : null
  } catch {
    return null
  }
}

/** RFC 7518 5.2.2.1: over the header, the vector, the ciphertext and the header's length in bits. */
const tagOf = (mac: Buffer, header: string, iv: Buffer, ciphertext: Buffer): Buffer => {
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(header.length * 8))
  return createHmac('sha512', mac)
    .update(header, 'ascii')
    .update(iv)
    .update(ciphertext)
    .update(length)
    .digest()
    .subarray(0, 32)
}
