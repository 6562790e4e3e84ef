import { aeskw, aeskwp } from '@noble/ciphers/aes.js'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

/** More is no key. Wrapping takes about 1 ms for each 4 KiB. */
export const keyWrapLimit = 16 * 1024

const kekLengths = [16, 24, 32]

/**
 * AES key wrap (RFC 3394) with its default initial value. Key-encryption keys of 16, 24 or 32 bytes; keys of 16 bytes
 * and more in steps of 8. `RangeError` for other lengths. The outcome is 8 bytes longer and the same at each repeat.
 */
export const wrapKey = (kek: SecretBytes, key: SecretBytes): Buffer => {
  if (key.length < 16 || key.length % 8 !== 0) throw new RangeError(`a key of ${key.length} bytes`)
  return wrapWith(aeskw, kek, key)
}

/** AES key wrap with padding (RFC 5649): keys of 1 byte and more, filled up to a multiple of 8, and 8 more. */
export const wrapKeyPadded = (kek: SecretBytes, key: SecretBytes): Buffer => {
  if (key.length < 1) throw new RangeError('a key without bytes')
  return wrapWith(aeskwp, kek, key)
}

/**
 * Gives the key only where its check value fits, else `cms-key-not-unwrapped`, whatever is wrong with it; `file` is what
 * the error calls the bytes. The caller wipes the key.
 */
export const unwrapKey = (kek: SecretBytes, wrapped: Uint8Array, file = 'The wrapped key'): SecretBytes =>
  unwrapWith(aeskw, kek, wrapped, file)

/** As `unwrapKey`, for RFC 5649: length and padding are checked too. */
export const unwrapKeyPadded = (
  kek: SecretBytes,
  wrapped: Uint8Array,
  file = 'The wrapped key',
): SecretBytes => unwrapWith(aeskwp, kek, wrapped, file)

type KeyWrap = typeof aeskw | typeof aeskwp

const wrapWith = (mode: KeyWrap, kek: SecretBytes, key: SecretBytes): Buffer => {
  checkKek(kek)
  if (key.length > keyWrapLimit) throw new RangeError(`a key of ${key.length} bytes`)
  return kek.use((kekBytes) => key.use((keyBytes) => bufferOf(mode(kekBytes).encrypt(keyBytes))))
}

const unwrapWith = (mode: KeyWrap, kek: SecretBytes, wrapped: Uint8Array, file: string): SecretBytes => {
  checkKek(kek)
  if (wrapped.length > keyWrapLimit + 16 || wrapped.length % 8 !== 0)
    throw new KeyturnError('cms-key-not-unwrapped', { file })
  return kek.use((kekBytes) => {
    let key: Uint8Array
    try {
      key = mode(kekBytes).decrypt(wrapped)
    } catch {
      throw new KeyturnError('cms-key-not-unwrapped', { file })
    }
    return SecretBytes.take(key)
  })
}

const checkKek = (kek: SecretBytes): void => {
  if (!kekLengths.includes(kek.length)) throw new RangeError(`a key-encryption key of ${kek.length} bytes`)
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
