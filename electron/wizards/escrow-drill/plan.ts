import { sharesOf, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { asTargetId, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretOwner } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { shareOwner } from '../../escrow/given-shares.ts'
import { openingHoles } from '../../scripts/escrow/drill-work.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { serverRef } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { plannedItems, stepsFor } from './plan-steps.ts'

/** Until one is chosen (preview). */
const noServer: TargetRef = { ...serverRef(''), name: '‹server›' }

export const packageOf = (facts: Facts): PackageFact | null =>
  facts.package?.read === true ? facts.package.value : null

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEscrowDrill = (draft: EscrowDrillDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const found = packageOf(facts)
  const server = facts.target?.target ?? noServer
  const steps = found === null ? [] : numbered(stepsFor(draft, facts, found, runId), server)
  const plan: Plan = {
    format: 1,
    job: 'escrow-drill',
    runId,
    title: `${draft.purpose === 'drill' ? 'Drill' : 'Recovery'} of escrow package ${found?.manifest.id ?? ''} on ${server.name}`,
    targets: [{ ref: server, identity: { ...(facts.target?.identity ?? {}) } }],
    steps,
    secrets: secretsOf(steps, handleOf(draft, found, server), facts.secrets),
    relied: found === null ? [] : reliedOn(draft, facts, found, runId),
  }
  return { plan, advice: adviceOn(draft, facts, plan, runId) }
}

const handleOf = (draft: EscrowDrillDraft, found: PackageFact | null, server: TargetRef): HandleOfHole => {
  const shares = new Map(
    sharesOf(draft).map((handle, index) => [openingHoles.share(index + 1), handle] as const),
  )
  return (hole) => {
    if (hole === 'dmk_password')
      return draft.masterKeyPassword === null ? null : { handle: draft.masterKeyPassword, target: server }
    if (hole === openingHoles.passphrase)
      return draft.recipientPassphrase === null || draft.recipientFolder === null
        ? null
        : { handle: draft.recipientPassphrase, target: folderOwner(draft.recipientFolder) }
    const handle = shares.get(hole)
    return handle === undefined || found === null ? null : { handle, target: packageOwner(found) }
  }
}

const packageOwner = ({ manifest: { id } }: PackageFact): SecretOwner => ({
  id: shareOwner(id),
  name: packageFolderName(id),
})

const folderOwner = (place: string): SecretOwner => ({ id: asTargetId(place), name: 'your folder' })

/** What makes the plan wrong when it changes. */
const reliedOn = (draft: EscrowDrillDraft, facts: Facts, found: PackageFact, runId: RunId): ReliedFact[] => {
  const { target, keyFile } = facts
  const ofPackage = (fact: string, value: string): ReliedFact => ({
    target: packageFolderName(found.manifest.id),
    fact,
    value,
  })
  return [
    ofPackage('SHA-256 of MANIFEST.json', found.manifestSha256),
    ofPackage('signer', `${found.signer.fingerprint}, ${found.signer.standing}`),
    ...(draft.openWith === 'recipient' && keyFile?.read === true
      ? [
          {
            target: 'your folder',
            fact: `SHA-256 of ${draft.recipientKeyFile}`,
            value: keyFile.value.sha256 ?? 'not there',
          },
        ]
      : []),
    ...(target === null
      ? []
      : [
          ...reliedOnServer(
            target,
            plannedItems(draft, found, runId).flatMap(({ certificate }) => certificate ?? []),
          ),
          ...(draft.purpose === 'drill'
            ? [
                {
                  target: target.target.name,
                  fact: 'user databases',
                  value: target.userDatabases.read
                    ? target.userDatabases.value.join(', ') || 'none'
                    : target.userDatabases.because,
                },
              ]
            : []),
        ]),
  ]
}
