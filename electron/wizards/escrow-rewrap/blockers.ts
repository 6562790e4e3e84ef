import { sharesOf } from '../../../shared/forms/escrow-drill-draft.ts'
import type { EscrowRewrapDraft } from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Blocker, Plan } from '../../../shared/model/plan.ts'
import { groupBlockers, placeBlockers, recipientBlockers, shareBlockers } from '../escrow/blockers.ts'
import { secretBlockers } from '../sqlserver/certificate-advice.ts'
import type { Facts, OldPackage } from './facts-model.ts'

const block = (screen: string, what: string, measured: string, limit: string): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

export const blockersFor = (draft: EscrowRewrapDraft, facts: Facts, plan: Plan): Blocker[] => [
  ...packageBlockers(draft, facts),
  ...groupBlockers({ group: draft.newGroup }, facts, 'group'),
  ...(draft.recipientMode === 'keep' ? [] : recipientBlockers(draft, facts, 'group')),
  ...newPlaceBlockers(draft, facts),
  ...oldShareBlockers(draft, facts),
  ...secretBlockers(plan, facts.secrets, () => 'shares'),
]

/** Why a package can’t be chosen, or null. */
export const packageRefusal = ({ found, missing }: OldPackage): string | null => {
  if (found.length > 0) return null
  return missing.length === 0
    ? 'the list names no place of it'
    : `not in its place: ${missing.map(({ label, because }) => `${label} (${because})`).join('; ')}`
}

const packageBlockers = ({ packages, oldGroup }: EscrowRewrapDraft, facts: Facts): Blocker[] => {
  if (facts.old === null)
    return [
      block(
        'packages',
        'The old group is not known here',
        oldGroup,
        'A group of this profile whose key was made',
      ),
    ]
  return packages.flatMap((id) => {
    const found = facts.packages.find(({ listed }) => listed.id === id)
    if (found === undefined)
      return [
        block(
          'packages',
          `Package ${id} is not to be wrapped anew`,
          'Not of this group, or replaced meanwhile',
          'A package of the old group that no other one replaced',
        ),
      ]
    const refusal = packageRefusal(found)
    return refusal === null
      ? []
      : [
          block(
            'packages',
            `Package ${id} was not found as it is listed`,
            refusal,
            'The whole package, unchanged, in a place of the list or in the other folder; or leave it out',
          ),
        ]
  })
}

const newPlaceBlockers = (draft: EscrowRewrapDraft, facts: Facts): Blocker[] => {
  if (draft.placeMode === 'other') {
    const { place } = facts
    return place === null
      ? [block('place', 'Your folder is not known any more', 'Not among the picked folders', 'Pick it again')]
      : placeBlockers([place], 'place')
  }
  const chosen = facts.packages.filter(({ listed }) => draft.packages.includes(listed.id))
  const places = new Map(chosen.flatMap(({ found }) => found.map((one) => [one.label, one] as const)))
  return placeBlockers([...places.values()], 'place')
}

const oldShareBlockers = (draft: EscrowRewrapDraft, { old, given }: Facts): Blocker[] =>
  old === null ? [] : shareBlockers(old, sharesOf(draft), given, { screen: 'shares', for: 'group' })
