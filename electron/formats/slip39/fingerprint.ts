import { createHash } from 'node:crypto'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { numbersOf, wordsOf } from './share-words.ts'

/**
 * SHA-256 over the words of a share in lower case with single spaces, as 64 hex digits: tells whether a share is the one
 * that was handed out. Public: 256 bits of the share can't be guessed from it. Errors: share-word-unknown, share-word-count.
 */
export const shareFingerprint = (words: SecretBytes): string => {
  using plain = canonicalShare(words)
  return plain.use((text) => createHash('sha256').update(text).digest('hex'))
}

/** The words in lower case with single spaces, for the caller to wipe; the checksum is not looked at. Errors: the same. */
export const canonicalShare = (words: SecretBytes): SecretBytes => {
  const numbers = numbersOf(words)
  try {
    return wordsOf(numbers)
  } finally {
    numbers.fill(0)
  }
}

/** The first 8 hex digits, in two groups of 4: short enough to be compared by eye. */
export const checkCode = (fingerprint: string): string =>
  `${fingerprint.slice(0, 4)} ${fingerprint.slice(4, 8)}`
