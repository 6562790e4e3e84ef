import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { packageIdOf } from '../../escrow/package-id.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import { namedSecret, numbered } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import { usableRecipients } from '../escrow/recipients.ts'
import type { Facts } from './facts-model.ts'
import { holeOf, itemsOf, passphraseHole, passwordsOf } from './items.ts'
import { packageSteps } from './plan-steps.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEscrowExport = (draft: EscrowExportDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const id = packageIdOf(runId)
  const plan: Plan = {
    format: 1,
    job: 'escrow-export',
    runId,
    title: `Escrow package ${id} with keys of ${facts.target.name}`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps: numbered(
      packageSteps({
        id,
        group: facts.group,
        recipients: usableRecipients(facts),
        items: itemsOf(draft, facts),
        places: facts.places.map(({ id: place, kind }) => ({ id: place, kind })),
        server: facts.target.name,
      }),
      facts.target,
    ),
    secrets: secretsOf(draft, facts),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, id) }
}

const secretsOf = (draft: EscrowExportDraft, facts: Facts): SecretUse[] => [
  ...passwordsOf(draft).flatMap((handle) => {
    const kept = facts.kept.find((one) => one.handle === handle)
    const use = { handle, target: facts.target }
    return kept === undefined ? [] : [namedSecret(holeOf(draft, handle), kept.purpose, use, facts.secrets)]
  }),
  ...(draft.passphrase === null
    ? []
    : [
        namedSecret(
          passphraseHole,
          'escrow.passphrase',
          { handle: draft.passphrase, target: facts.target },
          facts.secrets,
        ),
      ]),
]

const reliedOn = (draft: EscrowExportDraft, facts: Facts): ReliedFact[] => [
  ...reliedOnServer(facts, draft.certificates),
  ...(facts.group === null
    ? []
    : [
        {
          target: facts.group.facts.name,
          fact: 'share group',
          value: `${facts.group.facts.id}, ${facts.group.facts.state}, key ${facts.group.facts.spkiSha256 ?? 'not made'}`,
        },
      ]),
  ...(facts.files?.read === true ? facts.files.value.chosen : []).map(({ name, sha256 }) => ({
    target: facts.files?.read === true ? facts.files.value.label : '',
    fact: `SHA-256 of ${name}`,
    value: sha256,
  })),
  ...usableRecipients(facts).map(({ file, sha256 }) => ({
    target: facts.recipients?.read === true ? facts.recipients.value.label : '',
    fact: `SHA-256 of the certificate in ${file}`,
    value: sha256,
  })),
  ...facts.places.map(({ label, kind, field }) => ({ target: label ?? '', fact: field, value: kind })),
]
