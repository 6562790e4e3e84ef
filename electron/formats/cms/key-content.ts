import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { DerError, readDer, tag } from '../der.ts'
import type { OpenedCms } from './types.ts'

/** AES keys. No private key is that short. */
const symmetricLengths = [16, 24, 32]
const mostZeros = 7

/**
 * What a token wrapped: the bytes of an AES key as they are, or a private key as one SEQUENCE (PKCS#8). A module that
 * fills up to whole blocks of 8 before it wraps leaves zeros after the SEQUENCE, which are taken off and counted.
 * `cms-content-not-key` for anything else. The caller still wipes what it gave.
 */
export const keyContent = (unwrapped: SecretBytes, file: string): OpenedCms => {
  if (symmetricLengths.includes(unwrapped.length)) return { content: unwrapped.copy(), trimmedZeros: 0 }
  return unwrapped.use((bytes) => {
    for (let zeros = 0; zeros <= mostZeros; zeros += 1) {
      const length = bytes.length - zeros
      if (isSequence(bytes.subarray(0, length)))
        return { content: SecretBytes.take(Buffer.from(bytes.subarray(0, length))), trimmedZeros: zeros }
      if (bytes[length - 1] !== 0) break
    }
    throw new KeyturnError('cms-content-not-key', { file })
  })
}

const isSequence = (bytes: Buffer): boolean => {
  try {
    readDer(bytes, tag.sequence)
    return true
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}
