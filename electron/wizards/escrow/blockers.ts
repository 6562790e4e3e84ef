import type { Blocker } from '../../../shared/model/plan.ts'
import { escrowLimits, type ShareGroup } from '../../../shared/model/escrow.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { NewPlace } from './new-place.ts'
import type { RecipientFolder } from './recipients.ts'

const block = (what: string, measured: string, limit: string, screen: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

const toCeremony =
  'An active group. Escrow → Begin a share ceremony makes one; hold it to its end, then come back'

export const groupBlockers = (
  draft: { group: string | null },
  facts: { groups: readonly ShareGroup[] },
  screen = 'recipients',
): Blocker[] => {
  const found = facts.groups.find(({ id }) => id === draft.group)
  if (found === undefined)
    return [block('The share group is not known here', 'Not in the list of this profile', toCeremony, screen)]
  return found.state === 'active'
    ? []
    : [block(`The share group ${found.name} is not active`, stateWords[found.state], toCeremony, screen)]
}

export const stateWords = {
  'in-ceremony': 'its ceremony has not ended',
  active: 'active',
  replaced: 'replaced by another group',
  void: 'its ceremony is void',
} as const

export const recipientBlockers = (
  draft: { custodianFiles: readonly string[]; recoveryFiles: readonly string[] },
  facts: { recipients: Read<RecipientFolder> | null; group: PackageGroup | null },
  screen = 'recipients',
): Blocker[] => {
  const wanted = [...draft.custodianFiles, ...draft.recoveryFiles]
  if (wanted.length === 0) return []
  const { recipients } = facts
  if (recipients === null || !recipients.read)
    return [
      block(
        'The folder with the certificates was not read',
        recipients === null ? 'No folder is picked' : recipients.because,
        'Pick it again',
        screen,
      ),
    ]
  const { chosen, label } = recipients.value
  const keys = chosen.map(({ facts: read }) => read?.publicKeySpkiSha256.toLowerCase() ?? null)
  const ofGroup = facts.group?.facts.spkiSha256 ?? null
  return [
    ...wanted
      .filter((name) => !chosen.some(({ file }) => file === name))
      .map((name) => block(`${name} is not there`, label, 'A file of the picked folder', screen)),
    ...chosen.flatMap(({ file, problem }, index) => {
      if (problem !== null)
        return [
          block(
            `The certificate in ${file} can’t be a recipient`,
            problem,
            'RSA of 2,048 to 8,192 bits; where the certificate limits the use of its key: keyEncipherment among it',
            screen,
          ),
        ]
      const key = keys[index] ?? null
      return key !== null && (keys.indexOf(key) < index || key === ofGroup)
        ? [
            block(
              `The key of the certificate in ${file} is there already`,
              `SHA-256 ${key}`,
              'Each recipient has a key of its own',
              screen,
            ),
          ]
        : []
    }),
  ]
}

const placeLimit = `A folder that you may write to, its path at most ${escrowLimits.longestText} characters long`

export const placeBlockers = (places: readonly NewPlace[], screen: string): Blocker[] =>
  places.flatMap(({ label, problem }) => {
    if (label === null)
      return [
        block('Your folder is not known any more', 'Not among the picked folders', 'Pick it again', screen),
      ]
    return problem === null ? [] : [block(`Nothing can be written to ${label}`, problem, placeLimit, screen)]
  })

/** As many shares as the group needs, each given for this and still kept. `given`: handles of those that are. */
export const shareBlockers = (
  { name, threshold }: { name: string; threshold: number },
  shares: readonly string[],
  given: readonly string[],
  at: { screen: string; for: 'package' | 'group' },
): Blocker[] => {
  const on = (what: string, measured: string, limit: string): Blocker =>
    block(what, measured, limit, at.screen)
  const foreign = shares.filter((handle) => !given.includes(handle)).length
  return [
    ...(shares.length < threshold
      ? [
          on(
            'Not enough shares are given',
            `${shares.length}`,
            `Shares of ${threshold} different holders of ${name}`,
          ),
        ]
      : []),
    ...(shares.length > threshold
      ? [
          on(
            'More shares are given than the group needs',
            `${shares.length}`,
            `${threshold}: no share leaves its holder without need. Take the others out`,
          ),
        ]
      : []),
    ...(foreign > 0
      ? [
          on(
            foreign === 1
              ? `A share is not kept any more, or was given for another ${at.for}`
              : `${foreign} shares are not kept any more, or were given for another ${at.for}`,
            'Shares are kept until the keyring is locked or a run has begun',
            `Given again by its holder, for this ${at.for}`,
          ),
        ]
      : []),
  ]
}
