import { sharesOf, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, PlanAdvice, SatisfiedStep, Warning } from '../../../shared/model/plan.ts'
import { note } from '../sqlserver/words.ts'
import { blockersFor } from './blockers.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { packageOf } from './plan.ts'
import { plannedItems } from './plan-parts.ts'
import { tokenRead, tokenWarnings } from './token-advice.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: EscrowDrillDraft, facts: Facts, plan: Plan, runId: RunId): PlanAdvice => {
  const found = packageOf(facts)
  return {
    satisfied: satisfiedBy(draft, facts, found, runId),
    blockers: blockersFor(draft, facts, plan, runId),
    warnings: found === null ? [] : warningsOn(draft, facts, found, runId),
    notes: notesOn(draft, facts, found),
    factsAt: facts.target?.readAt ?? facts.token?.at ?? facts.readAt,
  }
}

const satisfiedBy = (
  draft: EscrowDrillDraft,
  { target }: Facts,
  found: PackageFact | null,
  runId: RunId,
): SatisfiedStep[] => {
  const key = target?.masterKey
  const restores =
    found !== null && plannedItems(draft, found, runId).some(({ certificate }) => certificate !== null)
  return restores && draft.masterKeyMode === 'use' && key?.read === true && key.value?.opensByItself === true
    ? [
        {
          title: 'Database master key of the server',
          evidence: {
            statement: 'It is there and opens by itself; it is left as it is',
            value: key.value.keyGuid,
            source: key.source,
            at: key.at,
          },
        },
      ]
    : []
}

const warning = (what: string, why: string, screen: string | null): Warning => ({ what, why, screen })

const warningsOn = (draft: EscrowDrillDraft, facts: Facts, found: PackageFact, runId: RunId): Warning[] => {
  const { manifest, signer, listed } = found
  const items = plannedItems(draft, found, runId)
  const certificates = items.filter(({ certificate }) => certificate !== null)
  const others = items.filter(({ certificate, onToken }) => certificate === null && !onToken)
  return [
    ...(signer.standing === 'given'
      ? [
          warning(
            'The signer is one whose fingerprint was typed',
            'That is worth as much as the place that it was noted in: if it came with the package, it vouches for nothing',
            'package',
          ),
        ]
      : []),
    ...(listed === 'not'
      ? [
          warning(
            'This profile does not list the package',
            'The drill stands in the record; no list of packages will name its date',
            null,
          ),
        ]
      : []),
    ...(certificates.length > 0 && draft.backupFiles.trim() === ''
      ? [
          warning(
            'No backup is read with the restored certificates',
            'The copies reach *Opened*: that the server holds the private key is shown, that it opens a backup is not',
            'server',
          ),
        ]
      : []),
    ...(others.length > 0
      ? [
          warning(
            `Opened and compared only: ${others.map(({ item }) => item.name).join(', ')}`,
            'Their content is given to nothing and shown nowhere, so whether it still opens what it was made for is not shown. They reach *Opened*',
            null,
          ),
        ]
      : []),
    ...tokenWarnings(draft, facts, items),
    ...items.flatMap(({ item }) =>
      item.state === 'compromised' || item.state === 'destroyed'
        ? [
            warning(
              `${item.name} was ${item.state} when the package was written`,
              'What it protected has to be taken as read by others',
              'package',
            ),
          ]
        : [],
    ),
    ...(draft.openWith === 'shares'
      ? [
          warning(
            `${manifest.group.threshold} shares leave their holders’ hands for this run`,
            'They are wiped when it ends. Until then whoever controls this computer could join them: hold a drill on one that you trust',
            'opening',
          ),
        ]
      : [
          warning(
            'The share group is not part of this drill',
            'It says nothing about the holders and their shares',
            'opening',
          ),
        ]),
    ...(draft.purpose === 'recovery' ? afterRecovery(found, draft) : []),
  ]
}

/** What a recovery leaves to do: told before, so that nobody is surprised after. */
export const afterRecovery = (found: PackageFact, draft: EscrowDrillDraft): Warning[] => [
  ...(draft.openWith === 'shares'
    ? [
        warning(
          `Replace the share group ${found.manifest.group.name} afterwards`,
          'Its shares were shown. Hold a new ceremony, then have the packages wrapped anew for the new group',
          null,
        ),
      ]
    : []),
  warning(
    'Replace what may be compromised afterwards',
    'If the originals were lost to somebody rather than destroyed, every key in this package has to be replaced: new certificates, new backups under them, and the old ones kept only to read old backups',
    null,
  ),
]

const notesOn = (draft: EscrowDrillDraft, facts: Facts, found: PackageFact | null): Evidence[] => {
  const own = (statement: string, value: string): Evidence => ({
    statement,
    value,
    source: facts.package?.source ?? 'Keyturn',
    at: facts.package?.at ?? facts.readAt,
  })
  return [
    ...(found === null
      ? []
      : [
          own('Package', `${found.manifest.id}, written ${found.manifest.made.at.slice(0, 10)}`),
          own('Signed by', found.signer.fingerprint),
          own(
            'Last drill that this profile noted',
            found.lastDrill === null
              ? 'none'
              : `${found.lastDrill.at.slice(0, 10)}, ${found.lastDrill.purpose}`,
          ),
          ...(draft.openWith === 'shares'
            ? [
                own(
                  'Shares given, by number and holder',
                  sharesOf(draft)
                    .map((handle) => facts.secrets[handle]?.label ?? 'not kept any more')
                    .join('; '),
                ),
              ]
            : []),
        ]),
    ...tokenRead(facts).map(({ label, ...read }) => ({ statement: label, ...read })),
    ...(facts.target === null
      ? []
      : [
          note(
            facts.target.server,
            'Version and edition',
            ({ version, edition }) => `${version}, ${edition}`,
          ),
        ]),
  ]
}
