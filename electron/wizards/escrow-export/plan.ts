import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { packageIdOf } from '../../escrow/package-id.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import { namedSecret, numbered } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import { usableRecipients } from '../escrow/recipients.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { sideOf } from '../escrow/azure-side.ts'
import type { VaultKeyChoice } from '../escrow/read-vault-keys.ts'
import type { Facts, PlaceFact } from './facts-model.ts'
import { holeOf, itemsOf, passphraseHole, passwordsOf } from './items.ts'
import { packageSteps } from './plan-steps.ts'
import { versionsOf } from './vault-items.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planEscrowExport = (draft: EscrowExportDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const id = packageIdOf(runId)
  const side = sideOf(facts.azure)
  const plan: Plan = {
    format: 1,
    job: 'escrow-export',
    runId,
    title: `Escrow package ${id} with keys of ${facts.target.name}`,
    targets: [
      { ref: facts.target, identity: { ...facts.identity } },
      ...(side !== null && usesAzure(draft, facts)
        ? [{ ref: side.target, identity: { ...side.identity } }]
        : []),
    ],
    steps: numbered(
      packageSteps({
        id,
        group: facts.group,
        recipients: usableRecipients(facts),
        items: itemsOf(draft, facts),
        places: facts.places.map(placeOf),
        server: facts.target.name,
      }),
      facts.target,
    ),
    secrets: secretsOf(draft, facts),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, id) }
}

/** A subscription that was chosen and is not needed is no target: its lock would be for nothing. */
const usesAzure = (draft: EscrowExportDraft, { places }: Facts): boolean =>
  draft.vaultKeys.length > 0 || places.some(({ kind }) => kind === 'blob-container')

const placeOf = (place: PlaceFact): ParamsOf<'copy-escrow-package'>['place'] =>
  place.kind === 'blob-container'
    ? { kind: place.kind, azure: place.azure, host: place.host, container: place.container }
    : { kind: place.kind, id: place.id }

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
  ...facts.places.map((place) => ({
    target: place.label ?? '',
    fact: place.field,
    value: place.kind === 'blob-container' ? `${place.kind}, ${place.retention}` : place.kind,
  })),
  ...vaultKeysOf(facts).map(({ name, versions }) => ({
    target: sideOf(facts.azure)?.vault?.host ?? '',
    fact: `versions of ${name}`,
    value: versionsOf(versions).join(', '),
  })),
]

const vaultKeysOf = (facts: Facts): readonly VaultKeyChoice[] => {
  const chosen = sideOf(facts.azure)?.vault?.chosen
  return chosen?.read === true ? chosen.value : []
}
