import type { VaultDraft } from '../../../shared/forms/vault-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { networkText, retentionText, rightsText } from '../azure/words.ts'
import { numbered } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { contextFor, together, type PlanContext } from './plan-context.ts'
import { identityPart, sealedSecrets } from './plan-identity.ts'
import { firstUseOf, grantPart, keyPart } from './plan-key.ts'
import { vaultPart } from './plan-vault.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planVault = (draft: VaultDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const ctx = contextFor(draft, facts, runId)
  const grant = grantPart(ctx)
  const { steps, satisfied } = together(
    vaultPart(ctx, firstUseOf(grant)),
    identityPart(ctx),
    keyPart(ctx, grant),
  )
  const plan: Plan = {
    format: 1,
    job: 'vault',
    runId,
    title: `Key ${ctx.key} in ${ctx.vault.name} for SQL Server`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps: numbered(steps, facts.target),
    secrets: sealedSecrets(ctx),
    relied: reliedOn(ctx),
  }
  return { plan, advice: adviceOn(ctx, satisfied) }
}

/** Words for what changed, should somebody change it between review and run. */
const reliedOn = ({ facts, draft, vault, key }: PlanContext): ReliedFact[] => {
  const on = (target: string, fact: string, value: string): ReliedFact => ({ target, fact, value })
  const settings = facts.chosenVault
  const found = facts.key?.read === true ? facts.key.value : null
  const application = facts.application?.read === true ? facts.application.value : null
  return [
    ...(facts.nameFree?.read === true
      ? [on(vault.name, 'Name', facts.nameFree.value.free ? 'free' : facts.nameFree.value.why)]
      : []),
    ...(settings === null
      ? []
      : [
          on(vault.name, 'Resource id', settings.id.toLowerCase()),
          on(vault.name, 'Tier', settings.tier),
          on(vault.name, 'Rights', rightsText(settings.rights)),
          on(vault.name, 'Retention', retentionText(settings)),
          on(vault.name, 'Networks', networkText(settings.network)),
        ]),
    ...(facts.chosenHsm === null ? [] : [on(vault.name, 'Activation', facts.chosenHsm.activation)]),
    ...(found === null
      ? []
      : [
          on(
            vault.name,
            `Key ${key}`,
            found.key === null
              ? found.deleted === null
                ? 'not there'
                : 'deleted, recoverable'
              : `${found.key.version}, ${found.key.type} ${found.key.bits ?? ''}, ${found.key.enabled ? 'enabled' : 'disabled'}`,
          ),
        ]),
    ...(draft.applicationMode === 'use'
      ? [
          on(
            facts.target.name,
            `Application ${draft.application}`,
            application === null
              ? 'not there'
              : `service principal ${application.servicePrincipal?.objectId ?? 'none'}`,
          ),
        ]
      : []),
  ]
}
