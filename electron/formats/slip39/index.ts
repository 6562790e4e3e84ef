/**
 * Shares of a secret as words, after SLIP-0039 "Shamir's Secret-Sharing for Mnemonic Codes". Written from the text of the
 * standard; docs/formats/shares.md says what of it Keyturn uses. Secret values live in buffers that are wiped, words in
 * SecretBytes; the steps of the arithmetic do not depend on secret bytes. Finding a word in the list does: a share that
 * is being typed or read is in the hands of its holder at that moment.
 */
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { decodeShare, type ShareInfo } from './share-fields.ts'

/**
 * What a share says about itself, after its checksum was checked; learns nothing about the secret. Errors:
 * share-word-unknown, share-word-count, share-checksum, share-damaged.
 */
export const readShare = (words: SecretBytes): ShareInfo => {
  const { info, value } = decodeShare(words)
  value.fill(0)
  return info
}

export { canonicalShare, checkCode, shareFingerprint } from './fingerprint.ts'
export { joinShares } from './join.ts'
export type { ShareInfo } from './share-fields.ts'
export { splitSecret, type SharePlan, type ShareRandom } from './split.ts'
export { isWord, wordsBeginningWith, wordsNear } from './typing.ts'
