import { sharesOf } from '../../../shared/forms/escrow-drill-draft.ts'
import type { EscrowRewrapDraft } from '../../../shared/forms/escrow-rewrap-draft.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { asTargetId, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { packageIdOf } from '../../escrow/package-id.ts'
import { openingHoles } from '../../scripts/escrow/drill-work.ts'
import { usableRecipients } from '../escrow/recipients.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { plannedPackages, rewrapSteps, type PlannedPackage } from './plan-steps.ts'

/** Until one is chosen (preview). */
const noGroup: TargetRef = {
  id: asTargetId('none'),
  kind: 'escrow',
  name: '‹old group›',
  environment: 'production',
}

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEscrowRewrap = (draft: EscrowRewrapDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const packages = plannedPackages(draft, facts, (old) => packageIdOf(runId, old))
  const plan = planOf(draft, facts, runId, packages)
  return { plan, advice: adviceOn(draft, facts, plan, packages) }
}

/** The preview gives ids of its own. */
export const planOf = (
  draft: EscrowRewrapDraft,
  facts: Facts,
  runId: RunId,
  packages: readonly PlannedPackage[],
): Plan => {
  const target = facts.target ?? noGroup
  const steps = facts.group === null ? [] : numbered(rewrapSteps(draft, facts, packages, facts.group), target)
  const count = packages.length === 1 ? '1 package' : `${packages.length} packages`
  return {
    format: 1,
    job: 'escrow-rewrap',
    runId,
    title: `${count} of ${target.name} wrapped anew for ${facts.group?.facts.name ?? '‹new group›'}`,
    targets: [{ ref: target, identity: {} }],
    steps,
    secrets: secretsOf(steps, handleOf(draft, target), facts.secrets),
    relied: reliedOn(draft, facts, packages),
  }
}

const handleOf = (draft: EscrowRewrapDraft, target: TargetRef): HandleOfHole => {
  const shares = new Map(
    sharesOf(draft).map((handle, index) => [openingHoles.share(index + 1), handle] as const),
  )
  return (hole) => {
    const handle = shares.get(hole)
    return handle === undefined ? null : { handle, target: { id: target.id, name: target.name } }
  }
}

/** What makes the plan wrong when it changes. */
const reliedOn = (
  draft: EscrowRewrapDraft,
  facts: Facts,
  packages: readonly PlannedPackage[],
): ReliedFact[] => {
  const { group } = facts
  return [
    ...packages.flatMap(({ old: { listed, found }, whole }): ReliedFact[] => {
      const about = (fact: string, value: string): ReliedFact => ({
        target: packageFolderName(listed.id),
        fact,
        value,
      })
      return [
        about('SHA-256 of MANIFEST.json', listed.manifestSha256),
        about('signer', `${whole.signer}, ${whole.standing}`),
        about('where it lies', found.map(({ label }) => label).join(', ')),
      ]
    }),
    ...(group === null
      ? []
      : [
          {
            target: group.facts.name,
            fact: 'share group',
            value: `${group.facts.id}, ${group.facts.state}, key ${group.facts.spkiSha256 ?? 'not made'}`,
          },
        ]),
    ...(draft.recipientMode === 'keep' ? [] : usableRecipients(facts)).map(({ file, sha256 }) => ({
      target: facts.recipients?.read === true ? facts.recipients.value.label : '',
      fact: `SHA-256 of the certificate in ${file}`,
      value: sha256,
    })),
    ...(facts.place === null
      ? []
      : [{ target: facts.place.label ?? '', fact: 'place of the new packages', value: facts.place.kind }]),
  ]
}
