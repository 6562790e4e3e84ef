import { pbkdf2Sync } from 'node:crypto'

/** What, besides the passphrase, the encryption of the secret depends on. Public: it stands in every share. */
export interface CipherSettings {
  /** 15 bits, the same in all shares of a set. */
  identifier: number
  extendable: boolean
  /** 10,000 times 2 to this power is the number of iterations of PBKDF2. */
  iterationExponent: number
}

const rounds = [0, 1, 2, 3]

/**
 * The Feistel network of SLIP-0039 over PBKDF2 with HMAC-SHA-256: what is split is never the secret itself. With an
 * empty passphrase this hides nothing; it is done because the standard does it. The caller wipes the result.
 */
export const encrypt = (secret: Uint8Array, settings: CipherSettings, passphrase: Uint8Array): Uint8Array =>
  through(rounds, secret, settings, passphrase)

/** Undoes `encrypt`. Another passphrase gives another secret, not an error: the standard wants it so. */
export const decrypt = (secret: Uint8Array, settings: CipherSettings, passphrase: Uint8Array): Uint8Array =>
  through(rounds.toReversed(), secret, settings, passphrase)

const through = (
  order: readonly number[],
  secret: Uint8Array,
  settings: CipherSettings,
  passphrase: Uint8Array,
): Uint8Array => {
  const half = secret.length / 2
  const prefix = saltPrefix(settings)
  const left = Buffer.from(secret.subarray(0, half))
  const right = Buffer.from(secret.subarray(half))
  const key = Buffer.alloc(1 + passphrase.length)
  key.set(passphrase, 1)
  const salt = Buffer.alloc(prefix.length + half)
  salt.set(prefix)
  for (const round of order) {
    key[0] = round
    salt.set(right, prefix.length)
    const mask = pbkdf2Sync(key, salt, 2_500 * 2 ** settings.iterationExponent, half, 'sha256')
    for (let index = 0; index < half; index += 1) {
      const kept = right[index] ?? 0
      right[index] = (left[index] ?? 0) ^ (mask[index] ?? 0)
      left[index] = kept
    }
    mask.fill(0)
  }
  const result = new Uint8Array(secret.length)
  result.set(right)
  result.set(left, half)
  for (const used of [left, right, key, salt]) used.fill(0)
  return result
}

/** Sets that are not extendable bind the encryption to their identifier. */
const saltPrefix = ({ extendable, identifier }: CipherSettings): Uint8Array =>
  extendable
    ? new Uint8Array()
    : Buffer.concat([Buffer.from('shamir', 'ascii'), Buffer.from([identifier >> 8, identifier & 0xff])])
