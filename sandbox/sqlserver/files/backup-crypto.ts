/** Keys and ciphers of an encrypted rehearsal backup: RSA-OAEP around a data secret, encrypt-then-MAC per chunk. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import type { BackupAlgorithm } from './backup-layout.ts'
import { orRefuse, refuse } from './errors.ts'

const CIPHERS: Record<BackupAlgorithm, { name: string; key: number; iv: number }> = {
  AES_128: { name: 'aes-128-cbc', key: 16, iv: 16 },
  AES_192: { name: 'aes-192-cbc', key: 24, iv: 16 },
  AES_256: { name: 'aes-256-cbc', key: 32, iv: 16 },
  TRIPLE_DES_3KEY: { name: 'des-ede3-cbc', key: 24, iv: 8 },
}
const SECRET = 32
/** OAEP with SHA-256 and a 32-byte secret needs 784 bits; the next size that SQL Server makes is 1024. */
const MIN_RSA_BITS = 1024
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

/** What a MAC is for: one can't stand in for another. */
export type Role = 'preamble' | 'chunk' | 'trailer'

export class BackupCipher {
  readonly #cipher: { name: string; key: number; iv: number }
  readonly #dataKey: Buffer
  readonly #macKey: Buffer

  constructor(algorithm: BackupAlgorithm, secret: Buffer) {
    this.#cipher = CIPHERS[algorithm]
    this.#dataKey = derive(secret, `keyturn rehearsal backup data ${algorithm}`, this.#cipher.key)
    this.#macKey = derive(secret, `keyturn rehearsal backup mac ${algorithm}`, 32)
  }

  encrypt(clear: Buffer): Buffer {
    const iv = randomBytes(this.#cipher.iv)
    const cipher = createCipheriv(this.#cipher.name, this.#dataKey, iv)
    return Buffer.concat([iv, cipher.update(clear), cipher.final()])
  }

  /** Only for a body whose MAC was checked. */
  decrypt(body: Buffer): Buffer {
    return orRefuse('damaged', 'A part of the backup does not decrypt.', () => {
      const decipher = createDecipheriv(this.#cipher.name, this.#dataKey, body.subarray(0, this.#cipher.iv))
      return Buffer.concat([decipher.update(body.subarray(this.#cipher.iv)), decipher.final()])
    })
  }

  mac(role: Role, index: number, ...parts: Uint8Array[]): Buffer {
    const mac = createHmac('sha256', this.#macKey).update(`${role} ${index}\n`)
    for (const part of parts) mac.update(part)
    return mac.digest()
  }

  check(stored: Buffer, role: Role, index: number, ...parts: Uint8Array[]): void {
    const computed = this.mac(role, index, ...parts)
    if (stored.length !== computed.length || !timingSafeEqual(stored, computed)) {
      refuse('damaged', `The authentication code of the ${role} does not fit.`)
    }
  }
}

const derive = (secret: Buffer, purpose: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, length))

/** A public key, or what wraps for a key that is elsewhere. */
export type Wrapper = KeyObject | ((secret: Buffer) => Promise<Buffer>)
/** A private key, or what unwraps with a key that is elsewhere. */
export type Unwrapper = KeyObject | ((wrapped: Buffer) => Promise<Buffer>)

/** Throws RangeError for a key that is not RSA of 1024 bits or more; what a wrapper throws passes through. */
export async function newSecret(publicKey: Wrapper): Promise<{ secret: Buffer; wrapped: Buffer }> {
  if (typeof publicKey === 'function') {
    const fresh = randomBytes(SECRET)
    return { secret: fresh, wrapped: await publicKey(fresh) }
  }
  const size = publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (publicKey.asymmetricKeyType !== 'rsa' || size < MIN_RSA_BITS) {
    throw new RangeError('A backup is encrypted to an RSA key of at least 1024 bits.')
  }
  const secret = randomBytes(SECRET)
  return { secret, wrapped: publicEncrypt({ key: publicKey, ...OAEP }, secret) }
}

export async function openSecret(wrapped: Buffer, privateKey: Unwrapper): Promise<Buffer> {
  const secret =
    typeof privateKey === 'function'
      ? await privateKey(wrapped)
      : orRefuse('damaged', 'The private key does not open the data key of the backup.', () =>
          privateDecrypt({ key: privateKey, ...OAEP }, wrapped),
        )
  if (secret.length !== SECRET) refuse('damaged', 'The data key of the backup has a wrong length.')
  return secret
}
