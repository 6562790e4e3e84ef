import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { digestBytes, digestIndex, digestValue, secretIndex } from './digest.ts'
import { encrypt } from './feistel.ts'
import { interpolate, type Point } from './interpolate.ts'
import { joinShares } from './join.ts'
import { encodeShare, type ShareInfo } from './share-fields.ts'

/** `threshold` of `members` shares join the secret. */
export interface SharePlan {
  threshold: number
  members: number
}

/** Gives that many unpredictable bytes. What it gives is filled with zeros after use. */
export type ShareRandom = (bytes: number) => Uint8Array

const secretBytes = 32
const mostMembers = 16
const noPassphrase = new Uint8Array()

/**
 * Splits 32 bytes into as many shares as the plan has members, 33 words each, in the order of their numbers: one group,
 * extendable, iteration exponent 0, empty passphrase. `secret` stays the caller's. All shares are read again and joined
 * before any of them is given. Errors: share-plan-refused.
 */
export const splitSecret = (secret: SecretBytes, plan: SharePlan, random: ShareRandom): SecretBytes[] => {
  assertPlan(plan)
  if (secret.length !== secretBytes)
    throw new KeyturnError('share-plan-refused', { why: `the secret has ${secret.length} bytes, not 32` })
  const info = infoOf(plan, random)
  const split = secret.use((bytes) => encrypt(bytes, info, noPassphrase))
  const points: Point[] = []
  try {
    addPoints(points, split, plan, random)
    const shares = points.map(({ x, value }) => encodeShare({ info: { ...info, memberIndex: x }, value }))
    assertJoins(shares, secret)
    return shares
  } finally {
    for (const { value } of points) value.fill(0)
    split.fill(0)
  }
}

const assertPlan = ({ threshold, members }: SharePlan): void => {
  const why =
    !Number.isInteger(threshold) || !Number.isInteger(members)
      ? 'numbers of shares are whole'
      : threshold < 2
        ? 'at least 2 shares are needed to join a secret; one holder alone would hold all of it'
        : threshold > members
          ? `${threshold} shares would be needed and only ${members} made`
          : members > mostMembers
            ? `a set has at most ${mostMembers} shares`
            : null
  if (why !== null) throw new KeyturnError('share-plan-refused', { why })
}

const infoOf = ({ threshold }: SharePlan, random: ShareRandom): ShareInfo => {
  const [high = 0, low = 0] = random(2)
  return {
    identifier: ((high << 8) | low) & 0x7fff,
    extendable: true,
    iterationExponent: 0,
    groupIndex: 0,
    groupThreshold: 1,
    groupCount: 1,
    memberIndex: 0,
    memberThreshold: threshold,
  }
}

/** The first shares are random; they, the digest and the secret lay the polynomials down; the others follow. */
const addPoints = (
  points: Point[],
  secret: Uint8Array,
  { threshold, members }: SharePlan,
  random: ShareRandom,
): void => {
  for (let x = 0; x < threshold - 2; x += 1) points.push({ x, value: fresh(random, secret.length) })
  const key = fresh(random, secret.length - digestBytes)
  const digest = digestValue(secret, key)
  key.fill(0)
  const base = [...points, { x: digestIndex, value: digest }, { x: secretIndex, value: secret }]
  for (let x = points.length; x < members; x += 1) points.push({ x, value: interpolate(base, x) })
  digest.fill(0)
}

/** A copy that is ours, so that it can be wiped whatever the source does with its own. */
const fresh = (random: ShareRandom, bytes: number): Uint8Array => {
  const given = random(bytes)
  const own = Uint8Array.from(given)
  given.fill(0)
  if (own.length !== bytes) throw new KeyturnError('internal')
  return own
}

/** All of them at once: a share that does not lie on the polynomials makes the digest differ. */
const assertJoins = (shares: readonly SecretBytes[], secret: SecretBytes): void => {
  try {
    using joined = joinShares(shares)
    if (!secret.use((ours) => joined.use((theirs) => ours.equals(theirs)))) throw new KeyturnError('internal')
  } catch (error) {
    for (const share of shares) share.wipe()
    throw error
  }
}
