import { sharesOf } from '../../../shared/forms/escrow-drill-draft.ts'
import type { EscrowRewrapDraft } from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { placeWords } from '../../scripts/escrow/package-work.ts'
import { usableRecipients } from '../escrow/recipients.ts'
import { blockersFor } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import type { PlannedPackage } from './plan-steps.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (
  draft: EscrowRewrapDraft,
  facts: Facts,
  plan: Plan,
  packages: readonly PlannedPackage[],
): PlanAdvice => ({
  satisfied: [],
  blockers: blockersFor(draft, facts, plan),
  warnings: warningsOn(draft, facts, packages),
  notes: notesOn(draft, facts, packages),
  factsAt: facts.readAt,
})

const warning = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const warningsOn = (
  draft: EscrowRewrapDraft,
  facts: Facts,
  packages: readonly PlannedPackage[],
): Warning[] => {
  const { old, group } = facts
  const left = (facts.waiting.get(old?.id ?? '') ?? 0) - packages.length
  return [
    warning(
      'Old copies stay openable',
      'Whoever has a copy of an old package and enough old shares opens it as before. Only keys that are replaced are out of their reach',
      null,
    ),
    ...(old?.state === 'active'
      ? [
          warning(
            `The group ${old.name} is still active`,
            'New packages can still be written for it. A ceremony that takes its place replaces it',
            'packages',
          ),
        ]
      : []),
    ...(left > 0
      ? [
          warning(
            `${left === 1 ? '1 package of this group is' : `${left} packages of this group are`} not part of this run`,
            'The old shares are needed as long as one package is left to them',
            'packages',
          ),
        ]
      : []),
    ...packages.flatMap(({ old: { listed, missing } }) =>
      missing.length === 0
        ? []
        : [
            warning(
              `${listed.id} was not found in ${missing.map(({ label }) => label).join(', ')}`,
              `${missing.map(({ because }) => because).join('. ')}. Nothing new is written there, and an old copy may be left there`,
              'packages',
            ),
          ],
    ),
    ...packages.flatMap(({ old: { listed }, whole }) =>
      whole.standing === 'known'
        ? []
        : [
            warning(
              `${listed.id} is signed by a key that the record of this profile does not name`,
              'Its manifest is byte for byte the listed one; that list is what vouches for it',
              'packages',
            ),
          ],
    ),
    ...(draft.recipientMode === 'keep' ? outdated(facts, packages) : []),
    ...(draft.recipientMode === 'others' && usableRecipients(facts).length === 0
      ? packages.flatMap(({ old: { listed }, whole }) =>
          whole.recipients.length === 0
            ? []
            : [
                warning(
                  `No certificate opens the new package of ${listed.id}`,
                  `Today ${whole.recipients.map(({ name }) => name).join(', ')} can, without any share`,
                  'group',
                ),
              ],
        )
      : []),
    ...(group !== null && group.facts.threshold === group.facts.members.length
      ? [
          warning(
            `All ${group.facts.threshold} holders of ${group.facts.name} are needed`,
            'One share that is lost, and the group opens these packages no more',
            'group',
          ),
        ]
      : []),
    ...(old === null
      ? []
      : [
          warning(
            `${old.threshold} shares leave their holders’ hands for this run`,
            'They are wiped when it ends. Until then whoever controls this computer could join them: work on one that you trust',
            'shares',
          ),
        ]),
  ]
}

const day = (time: string): string => time.slice(0, 10)

const outdated = ({ readAt }: Facts, packages: readonly PlannedPackage[]): Warning[] =>
  packages.flatMap(({ old: { listed }, whole }) =>
    whole.recipients.flatMap(({ name, validFrom, validTo }) =>
      validFrom <= readAt && readAt < validTo
        ? []
        : [
            warning(
              `The certificate ${name} of ${listed.id} is valid from ${day(validFrom)} to ${day(validTo)} (UTC)`,
              'Its key opens the new package all the same. Whether somebody still has that key is not known here',
              'group',
            ),
          ],
    ),
  )

const notesOn = (draft: EscrowRewrapDraft, facts: Facts, packages: readonly PlannedPackage[]): Evidence[] => {
  const own = (statement: string, value: string, source = 'Keyturn'): Evidence => ({
    statement,
    value,
    source,
    at: facts.readAt,
  })
  const listSource = 'Keyturn, list of share groups of this profile'
  const { old, group } = facts
  return [
    ...(old === null
      ? []
      : [
          own(
            'Old group',
            `${old.name} (${old.id}), ${old.state}; any ${old.threshold} of ${old.members.length}`,
            listSource,
          ),
        ]),
    ...(group === null
      ? []
      : [
          own(
            'New group',
            `${group.facts.name} (${group.facts.id}): any ${group.facts.threshold} of ${group.facts.members.map(({ name }) => name).join(', ')}`,
            listSource,
          ),
        ]),
    ...packages.flatMap(({ old: { listed, found }, whole }) => [
      own(`${listed.id}, signed by`, whole.signer),
      ...found.map(({ label, kind }) => own(`${listed.id} lies in, ${placeWords[kind]}`, label)),
    ]),
    ...(facts.place === null
      ? []
      : [
          own(
            `New packages are written to, ${placeWords[facts.place.kind]}`,
            facts.place.label ?? 'not known any more',
          ),
        ]),
    own(
      'Shares given, by number and holder',
      sharesOf(draft)
        .map((handle) => facts.secrets[handle]?.label ?? 'not kept any more')
        .join('; '),
    ),
  ]
}
