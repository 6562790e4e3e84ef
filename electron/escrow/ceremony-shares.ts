import { KeyturnError } from '../../shared/errors/problem.ts'
import { joinShares, readShare, shareFingerprint, splitSecret } from '../formats/slip39/index.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { RandomSource } from '../platform/random.ts'
import { openGroupKey, sealGroupKey, splitSecretBytes, type GroupKey } from './share-group.ts'

/** All that a ceremony makes. Besides `shares` everything is public or sealed. */
export interface MadeShares {
  spki: Uint8Array
  spkiSha256: string
  keyId: string
  sealedPrivateKey: Uint8Array
  identifier: number
  /** By holder, from the first; wiped one by one as they are read back. */
  shares: SecretBytes[]
  fingerprints: string[]
}

/**
 * Key pair, split secret and shares. Both secrets are wiped before this returns; what it gives was tried: the first M and
 * the last M shares open the sealed key. `ceremony-self-check`, errors of making a key.
 */
export const makeShares = async (
  plan: { threshold: number; members: number },
  { random, makeKey }: { random: RandomSource; makeKey: () => Promise<GroupKey> },
): Promise<MadeShares> => {
  const { pkcs8, spki, spkiSha256, keyId } = await makeKey()
  using privateKey = pkcs8
  using splitting = SecretBytes.take(random(splitSecretBytes))
  const sealedPrivateKey = sealGroupKey(privateKey, splitting, keyId)
  const shares = splitSecret(splitting, plan, random)
  try {
    const made = { spki, spkiSha256, keyId, sealedPrivateKey }
    assertOpens(made, shares.slice(0, plan.threshold), privateKey)
    assertOpens(made, shares.slice(-plan.threshold), privateKey)
    const [first] = shares
    if (first === undefined) throw new KeyturnError('ceremony-self-check')
    return {
      ...made,
      identifier: readShare(first).identifier,
      shares,
      fingerprints: shares.map(shareFingerprint),
    }
  } catch (thrown) {
    for (const share of shares) share.wipe()
    throw thrown
  }
}

const assertOpens = (
  { spki, sealedPrivateKey }: Pick<MadeShares, 'spki' | 'sealedPrivateKey'>,
  shares: readonly SecretBytes[],
  privateKey: SecretBytes,
): void => {
  try {
    using joined = joinShares(shares)
    using opened = openGroupKey(sealedPrivateKey, joined, spki)
    if (opened.use((bytes) => privateKey.use((own) => own.equals(bytes)))) return
  } catch {
    // Whatever it was: nothing of it is given out.
  }
  throw new KeyturnError('ceremony-self-check')
}
