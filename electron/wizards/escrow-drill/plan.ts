import { sharesOf, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { probeWords } from '../../../shared/model/hsm.ts'
import { asTargetId, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretOwner } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { shareOwner } from '../../escrow/given-shares.ts'
import { openingHoles } from '../../scripts/escrow/drill-work.ts'
import { pinHole } from '../../scripts/pkcs11/calls.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { serverRef } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { plannedItems, type PlannedItem } from './plan-parts.ts'
import { tokenKeyOf, tokenOf } from './plan-token.ts'
import { stepsFor } from './plan-steps.ts'

/** Until one is chosen (preview). */
const noServer: TargetRef = { ...serverRef(''), name: '‹server›' }
const noToken: TargetRef = { ...noServer, kind: 'hsm', name: '‹token›' }

export const packageOf = (facts: Facts): PackageFact | null =>
  facts.package?.read === true ? facts.package.value : null

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEscrowDrill = (draft: EscrowDrillDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const found = packageOf(facts)
  const target = targetOf(draft, facts)
  const steps = found === null ? [] : numbered(stepsFor(draft, facts, found, runId), target.ref)
  const plan: Plan = {
    format: 1,
    job: 'escrow-drill',
    runId,
    title: `${draft.purpose === 'drill' ? 'Drill' : 'Recovery'} of escrow package ${found?.manifest.id ?? ''} on ${target.ref.name}`,
    targets: [target],
    steps,
    secrets: secretsOf(steps, handleOf(draft, facts, found, target.ref), facts.secrets),
    relied: found === null ? [] : reliedOn(draft, facts, found, runId),
  }
  return { plan, advice: adviceOn(draft, facts, plan, runId) }
}

const targetOf = (draft: EscrowDrillDraft, facts: Facts): Plan['targets'][number] => {
  if (draft.putOn === 'server')
    return { ref: facts.target?.target ?? noServer, identity: { ...(facts.target?.identity ?? {}) } }
  const token = tokenOf(facts)
  return { ref: token?.target ?? noToken, identity: { ...(token?.identity ?? {}) } }
}

const handleOf = (
  draft: EscrowDrillDraft,
  facts: Facts,
  found: PackageFact | null,
  target: TargetRef,
): HandleOfHole => {
  const shares = new Map(
    sharesOf(draft).map((handle, index) => [openingHoles.share(index + 1), handle] as const),
  )
  return (hole) => {
    if (hole === 'dmk_password')
      return draft.masterKeyPassword === null ? null : { handle: draft.masterKeyPassword, target }
    if (hole === pinHole.hole) {
      const pin = draft.pinMode === 'typed' ? draft.pin : (tokenOf(facts)?.keptPin ?? null)
      return pin === null ? null : { handle: pin, target }
    }
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
    ...reliedOnToken(facts, plannedItems(draft, found, runId)),
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

const reliedOnToken = (facts: Facts, items: readonly PlannedItem[]): ReliedFact[] => {
  const token = tokenOf(facts)
  if (token === null) return []
  const of = (fact: string, value: string): ReliedFact => ({ target: token.target.name, fact, value })
  const ids = items.flatMap(({ item, onToken }) => (onToken ? (tokenKeyOf(item)?.id ?? []) : []))
  return [
    of(
      'maker, model, firmware',
      [token.token.manufacturer, token.token.model, token.token.firmware].join(', '),
    ),
    of('key wrap', token.probe === null ? 'never probed' : probeWords(token.probe)),
    of(
      'public keys with an id of the package',
      token.shown
        .filter(({ id }) => ids.includes(id))
        .map(({ id }) => id)
        .join(', ') || 'none',
    ),
  ]
}
