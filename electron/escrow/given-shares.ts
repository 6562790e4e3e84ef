import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import {
  asTargetId,
  type HandleId,
  type PackageId,
  type ShareGroupId,
  type TargetId,
} from '../../shared/model/ids.ts'
import type { SecretUse } from '../../shared/model/plan.ts'
import { checkCode, shareFingerprint } from '../formats/slip39/index.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { HandleInfo, Keyring } from '../ports/keyring.ts'
import type { GroupMember } from '../../shared/model/escrow.ts'
import { memberOf } from './package/open.ts'

/** Shares that holders gave for one package, or for all packages of their group, until a run takes them over. */

const purpose = 'escrow.share'

/** Shares are kept for the package or the group that they were given for, and for no other. */
export const shareOwner = (id: PackageId | ShareGroupId): TargetId => asTargetId(id)

/** What a share is given for, and whose shares open that. */
export interface GivenFor {
  id: PackageId | ShareGroupId
  group: { name: string; members: readonly Pick<GroupMember, 'number' | 'name' | 'fingerprint'>[] }
}

/** The next free place, for messages about a share that belongs nowhere. */
const which = (others: readonly HandleId[]): string => String(others.length + 1)

/**
 * Checks a share by its hash alone and keeps it: it belongs to the group, and is none of `others`. Learns
 * nothing about the secret. `share` stays the caller's, who wipes it. Errors: those of reading a share,
 * `package-share-other`, `share-twice`.
 */
export const keepShare = async (
  keyring: Pick<Keyring, 'put' | 'open'>,
  { id, group }: GivenFor,
  share: SecretBytes,
  others: readonly HandleId[],
): Promise<HandleInfo> => {
  const member = memberOf(group, share, which(others))
  const binding = { purpose, target: shareOwner(id) } as const
  for (const handle of others) {
    using other = await openOther(keyring, handle, binding)
    if (other !== null && shareFingerprint(other) === member.fingerprint)
      throw new KeyturnError('share-twice', { number: member.number })
  }
  const label = `Share ${member.number}, ${member.name}; check code ${checkCode(member.fingerprint)}`
  return keyring.put({ ...binding, label }, share)
}

/** Null: it is not kept any more, or was given for another package: then the review asks for it again. */
const openOther = async (
  keyring: Pick<Keyring, 'open'>,
  handle: HandleId,
  binding: Parameters<Keyring['open']>[1],
): Promise<SecretBytes | null> => {
  try {
    return await keyring.open(handle, binding)
  } catch (error) {
    if (['handle-unknown', 'handle-not-for-this'].includes(problemOf(error).code)) return null
    throw error
  }
}

/**
 * Drops shares that have done their part: those of a run, which has sealed copies of its own from its start on; and, at
 * an unlock, all that are left, since nobody knows who is at the desk then. What can't be dropped is tried again there.
 */
export const watchShares = (
  keyring: Pick<Keyring, 'list' | 'drop' | 'status'>,
  failed: (thrown: unknown) => void,
): { runHas(secrets: readonly Pick<SecretUse, 'handle' | 'purpose'>[]): void; keyringChanged(): void } => {
  const isUnlocked = (): boolean => keyring.status().state === 'unlocked'
  let unlocked = isUnlocked()
  const drop = (isDone: (id: HandleId) => boolean): void => {
    if (!isUnlocked()) return
    const left = keyring.list({ purpose }).filter(({ id }) => isDone(id))
    void Promise.all(left.map(({ id }) => keyring.drop(id))).catch(failed)
  }
  return {
    runHas: (secrets) => {
      const own = secrets.flatMap((one) => (one.purpose === purpose ? [one.handle] : []))
      if (own.length > 0) drop((id) => own.includes(id))
    },
    keyringChanged: () => {
      const before = unlocked
      unlocked = isUnlocked()
      if (unlocked && !before) drop(() => true)
    },
  }
}
