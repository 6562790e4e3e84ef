import type { TdeVaultKeyDraft } from '../../../shared/forms/tde-vault-key-draft.ts'
import { clientIdOf } from '../../../shared/model/ekm.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { ekmSecretHole } from '../../scripts/tsql/ekm.ts'
import { namedSecret, numbered, type Draftstep } from '../sqlserver/plan-parts.ts'
import { answeredReplicas, keyOf, whySilent } from '../sqlserver/tde-facts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import {
  accountOf,
  azureOf,
  connectorState,
  credentialNameOf,
  credentialOf,
  keyObjectOf,
  providerOf,
  registryState,
} from './found.ts'
import { databaseSteps, scratchSteps } from './plan-databases.ts'
import { hostSteps } from './plan-host-part.ts'
import { serverSteps } from './plan-server.ts'

/** What the parts of the plan have in common. Pure. */
export interface PlanContext {
  draft: TdeVaultKeyDraft
  facts: Facts
  mark: string
}

/** Pure: the same draft, facts and run id give the same plan. */
export const planTdeVaultKey = (draft: TdeVaultKeyDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const ctx: PlanContext = { draft, facts, mark: runMark(runId) }
  const steps = numbered(draftsteps(ctx), facts.target)
  const secrets = secretsOf(ctx, steps)
  const plan: Plan = {
    format: 1,
    job: 'tde-vault-key',
    runId,
    title:
      draft.task === 'prepare'
        ? `Prepare ${facts.target.name} for TDE with key ${draft.vaultKey}`
        : `TDE with key ${draft.vaultKey} for ${draft.databases.join(', ')} on ${facts.target.name}`,
    targets: targetsOf(ctx, secrets),
    steps,
    secrets,
    relied: reliedOn(ctx),
  }
  return { plan, advice: adviceOn(ctx, plan) }
}

const draftsteps = (ctx: PlanContext): Draftstep[] => [
  ...hostSteps(ctx),
  ...serverSteps(ctx),
  ...scratchSteps(ctx),
  ...(ctx.draft.task === 'turn-on' ? databaseSteps(ctx) : []),
]

const targetsOf = ({ draft, facts }: PlanContext, secrets: readonly SecretUse[]): Plan['targets'] => {
  const replicas = draft.task === 'turn-on' ? answeredReplicas(facts).map((one) => one.facts) : []
  const azure = azureOf(facts)
  return [
    ...[facts, ...replicas].map(({ target, identity }) => ({ ref: target, identity: { ...identity } })),
    ...(azure !== null && secrets.some(({ target }) => target.id === azure.target.id)
      ? [{ ref: azure.target, identity: { ...azure.identity } }]
      : []),
  ]
}

/** The secret of the application: kept for the subscription, or typed for this server. */
const secretsOf = ({ draft, facts }: PlanContext, steps: Plan['steps']): SecretUse[] => {
  if (!steps.some(({ kind }) => kind === 'create-ekm-credential')) return []
  if (draft.identityKind === 'managed-identity') return []
  const azure = azureOf(facts)
  const kept = draft.azureMode === 'connected' && draft.secretFrom === 'kept'
  const handle = kept ? draft.keptSecret : draft.clientSecret
  const target = kept ? azure?.target : facts.target
  return handle === null || handle === '' || target === undefined
    ? []
    : [namedSecret(ekmSecretHole, 'ekm.client-secret', { handle, target }, facts.secrets)]
}

const reliedOn = ({ draft, facts }: PlanContext): ReliedFact[] => {
  const server = facts.target.name
  const { option } = facts.ekm
  const provider = providerOf(facts, draft)
  const credential = credentialOf(facts, draft)
  const key = keyObjectOf(facts, draft)
  const vaultKey = azureOf(facts)?.key
  return [
    {
      target: server,
      fact: 'EKM provider enabled',
      value: option.read ? String(option.value.inUse) : option.because,
    },
    {
      target: server,
      fact: `provider ${draft.providerName}`,
      value:
        provider === undefined ? 'none' : `${provider.dllPath}, ${provider.enabled ? 'enabled' : 'disabled'}`,
    },
    {
      target: server,
      fact: `credential ${credentialNameOf(draft)}`,
      value:
        credential === undefined
          ? 'none'
          : `${credential.identity}, held by ${credential.logins.map(({ login }) => login).join(', ') || 'no login'}`,
    },
    {
      target: server,
      fact: `key object ${draft.keyName}`,
      value: key === undefined ? 'none' : key.thumbprint,
    },
    { target: server, fact: 'service account', value: accountOf(facts) ?? 'not read' },
    {
      target: server,
      fact: 'application',
      value: draft.clientId === '' ? 'none' : clientIdOf(draft.clientId),
    },
    { target: facts.identity.machineName, fact: 'connector', value: stateText(connectorState(facts, draft)) },
    { target: facts.identity.machineName, fact: 'registry key', value: stateText(registryState(facts)) },
    ...(vaultKey?.read === true
      ? [
          {
            target: draft.vaultHost,
            fact: `key ${draft.vaultKey}`,
            value: vaultKey.value.key === null ? 'none' : `version ${vaultKey.value.key.version}`,
          },
        ]
      : []),
    ...draft.databases.map((database) => {
      const own = keyOf(facts, database)
      return {
        target: server,
        fact: `database encryption key of ${database}`,
        value: !facts.keys.read
          ? facts.keys.because
          : own === undefined
            ? 'none'
            : `thumbprint ${own.thumbprint ?? 'not shown'}, state ${own.state}`,
      }
    }),
    ...facts.replicasAsked.map((replica) => ({
      target: replica.name,
      fact: `replica of ${replica.databases.join(', ')}`,
      value: replica.asked === 'answered' ? 'answers' : whySilent(replica),
    })),
  ]
}

const stateText = (state: string | null | undefined): string =>
  state === undefined ? 'not known' : (state ?? 'in order')
