import { vaultHostOf } from '../../../shared/model/azure.ts'
import { networkRulesOf, type VaultDraft } from '../../../shared/forms/vault-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { SatisfiedStep } from '../../../shared/model/plan.ts'
import type { VaultNetwork, VaultRights } from '../../ports/azure-control.ts'
import type { Place } from '../../scripts/azure/control.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'

/** What every part of the plan needs; all of it follows from draft, facts and run id. */
export interface PlanContext {
  draft: VaultDraft
  facts: Facts
  runId: RunId
  mark: string
  place: Place
  vault: PlannedVault
  /** The model that holds once the plan ran; null: a managed HSM has its own. */
  rights: VaultRights | null
  /** Name of the key. */
  key: string
}

export interface PlannedVault {
  service: 'vault' | 'managed-hsm'
  isNew: boolean
  /** Resource id; of a new one, what Azure will give it. */
  id: string
  name: string
  group: string
  host: string
}

/** Steps that are needed, and what is right already. */
export interface Part {
  steps: Draftstep[]
  satisfied: SatisfiedStep[]
}

export const nothing: Part = { steps: [], satisfied: [] }
export const together = (...parts: readonly Part[]): Part => ({
  steps: parts.flatMap(({ steps }) => steps),
  satisfied: parts.flatMap(({ satisfied }) => satisfied),
})
export const needs = (...steps: Draftstep[]): Part => ({ steps, satisfied: [] })
export const already = (title: string, evidence: SatisfiedStep['evidence']): Part => ({
  steps: [],
  satisfied: [{ title, evidence }],
})

export const contextFor = (draft: VaultDraft, facts: Facts, runId: RunId): PlanContext => ({
  draft,
  facts,
  runId,
  mark: runMark(runId),
  place: { cloud: facts.cloud, subscription: facts.identity.subscriptionId },
  vault: plannedVault(draft, facts),
  rights: rightsAfter(draft, facts),
  key: keyOf(draft),
})

export const keyOf = ({ keyMode, key, keyName }: VaultDraft): string => (keyMode === 'use' ? key : keyName)

/** A new application has only new secrets. */
export const makesSecret = ({ applicationMode, secretMode }: VaultDraft): boolean =>
  applicationMode === 'create' || secretMode === 'create'

const plannedVault = (draft: VaultDraft, facts: Facts): PlannedVault => {
  const idOf = (group: string, type: string, name: string): string =>
    `/subscriptions/${facts.identity.subscriptionId}/resourceGroups/${group}/providers/Microsoft.KeyVault/${type}/${name}`
  if (draft.service === 'create') {
    const group = draft.groupMode === 'create' ? draft.newGroup : draft.group
    const { vaultName: name } = draft
    return {
      service: 'vault',
      isNew: true,
      id: idOf(group, 'vaults', name),
      name,
      group,
      host: vaultHostOf({ cloud: facts.cloud, service: 'vault', name }),
    }
  }
  const { service } = draft
  const there = service === 'vault' ? facts.chosenVault : facts.chosenHsm
  if (there !== null) {
    const { id, name, group, host } = there
    return { service, isNew: false, id, name, group, host }
  }
  // Not read: the review says so and blocks; the calls show what they would be.
  const name = service === 'vault' ? draft.vault : draft.managedHsm
  const group = '‹resource group›'
  return {
    service,
    isNew: false,
    id: idOf(group, service === 'vault' ? 'vaults' : 'managedHSMs', name),
    name,
    group,
    host: vaultHostOf({ cloud: facts.cloud, service, name }),
  }
}

const rightsAfter = (draft: VaultDraft, facts: Facts): VaultRights | null => {
  if (draft.service === 'managed-hsm') return null
  return draft.rights === 'as-is' ? (facts.chosenVault?.rights ?? 'roles') : draft.rights
}

/** What is asked for; null: as it is. */
export const wantedNetwork = (draft: VaultDraft): VaultNetwork | null => {
  const { trustedServices } = draft
  switch (draft.network) {
    case 'as-is':
      return null
    case 'all':
      return { publicAccess: true, otherwise: 'allow', trustedServices: true, addresses: [], subnets: [] }
    case 'chosen':
      return {
        publicAccess: true,
        otherwise: 'deny',
        trustedServices,
        ...networkRulesOf(draft.networkRules),
      }
    case 'private':
      return { publicAccess: false, otherwise: 'deny', trustedServices, addresses: [], subnets: [] }
  }
}
