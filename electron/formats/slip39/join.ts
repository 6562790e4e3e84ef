import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { digestFits, digestIndex, secretIndex } from './digest.ts'
import { decrypt } from './feistel.ts'
import { interpolate, type Point } from './interpolate.ts'
import { decodeShare, type Share, type ShareInfo } from './share-fields.ts'

const noPassphrase = new Uint8Array()

/**
 * Joins shares, in any order, to the secret that was split; shares stay the caller's. More than are needed may be given,
 * and then every one of them has to fit. Errors: those of reading each share; share-other-set, share-twice,
 * share-number-twice, share-too-few, share-groups-too-few, share-digest. No error holds a word.
 */
export const joinShares = (shares: readonly SecretBytes[]): SecretBytes => joinWith(shares, noPassphrase)

/** The same for sets with a passphrase (UTF-8), which Keyturn never writes. A wrong one gives another secret, no error. */
export const joinWith = (words: readonly SecretBytes[], passphrase: Uint8Array): SecretBytes => {
  const shares: Share[] = []
  const values: Uint8Array[] = []
  try {
    for (const share of words) shares.push(decodeShare(share))
    const [first] = shares
    if (first === undefined) throw new KeyturnError('share-too-few', { have: 0, need: 'at least 2' })
    for (const share of shares) assertSameSet(first, share)
    const groups: Point[] = []
    for (const [x, members] of Map.groupBy(shares, ({ info }) => info.groupIndex)) {
      const value = groupValue(members)
      values.push(value)
      groups.push({ x, value })
    }
    const { groupThreshold } = first.info
    if (groups.length < groupThreshold)
      throw new KeyturnError('share-groups-too-few', { have: groups.length, need: groupThreshold })
    const secret = joinPoints(groups, groupThreshold)
    values.push(secret)
    return SecretBytes.take(decrypt(secret, first.info, passphrase))
  } finally {
    for (const { value } of shares) value.fill(0)
    for (const value of values) value.fill(0)
  }
}

const ofTheSet: readonly (keyof ShareInfo)[] = [
  'identifier',
  'extendable',
  'iterationExponent',
  'groupThreshold',
  'groupCount',
]

const assertSameSet = (first: Share, other: Share): void => {
  if (
    first.value.length !== other.value.length ||
    ofTheSet.some((field) => first.info[field] !== other.info[field])
  )
    throw new KeyturnError('share-other-set')
}

/** The value of one group, from its shares alone. */
const groupValue = (members: readonly Share[]): Uint8Array => {
  const points = new Map<number, Point>()
  const need = members[0]?.info.memberThreshold ?? 1
  for (const { info, value } of members) {
    if (info.memberThreshold !== need) throw new KeyturnError('share-other-set')
    const known = points.get(info.memberIndex)
    if (known !== undefined)
      throw new KeyturnError(same(known.value, value) ? 'share-twice' : 'share-number-twice', {
        number: info.memberIndex + 1,
      })
    points.set(info.memberIndex, { x: info.memberIndex, value })
  }
  if (points.size < need) throw new KeyturnError('share-too-few', { have: points.size, need })
  return joinPoints([...points.values()], need)
}

/** All points are used, also those beyond the threshold: one that does not fit makes the digest differ. */
const joinPoints = (points: readonly Point[], threshold: number): Uint8Array => {
  if (threshold === 1) return equalValue(points)
  const secret = interpolate(points, secretIndex)
  const digest = interpolate(points, digestIndex)
  const fits = digestFits(secret, digest)
  digest.fill(0)
  if (fits) return secret
  secret.fill(0)
  throw new KeyturnError('share-digest')
}

/** Where one share is enough, each of them is the value itself, and there is no digest. */
const equalValue = (points: readonly Point[]): Uint8Array => {
  const [first = { x: 0, value: new Uint8Array() }] = points
  if (points.some(({ value }) => !same(first.value, value))) throw new KeyturnError('share-digest')
  return Uint8Array.from(first.value)
}

/** Every byte is looked at. */
const same = (left: Uint8Array, right: Uint8Array): boolean => {
  let difference = 0
  left.forEach((byte, index) => {
    difference |= byte ^ (right[index] ?? 0)
  })
  return difference === 0
}
