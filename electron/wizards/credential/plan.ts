import type { CredentialDraft } from '../../../shared/forms/credential-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { secretHole } from '../../scripts/azure/key-vault.ts'
import { ekmSecretHole } from '../../scripts/tsql/ekm.ts'
import { namedSecret, numbered, type Draftstep } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import {
  applicationName,
  azureOf,
  chosenIn,
  listSecrets,
  newName,
  nodesOf,
  proofOf,
  secretHandle,
  type PlanContext,
} from './plan-context.ts'
import { stepsToCreate } from './plan-create.ts'
import { oldSecretOf, stepsToRenew } from './plan-renew.ts'
import { silenceOf } from './nodes.ts'

/** Pure: the same draft, facts and run id give the same plan. */
export const planCredential = (draft: CredentialDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const ctx: PlanContext = { draft, facts, runId }
  const steps = numbered(draftsteps(ctx), facts.target)
  const azure = azureOf(facts)
  const plan: Plan = {
    format: 1,
    job: 'credential',
    runId,
    title: titleOf(ctx),
    targets: [
      ...nodesOf(facts)
        .filter(
          ({ target }) => target.id === facts.target.id || steps.some((step) => step.target.id === target.id),
        )
        .map(({ target, identity }) => ({ ref: target, identity: { ...identity } })),
      ...(azure === null ? [] : [{ ref: azure.target, identity: { ...azure.identity } }]),
    ],
    steps,
    secrets: secretsOf(ctx, steps),
    relied: reliedOn(ctx),
  }
  return { plan, advice: adviceOn(ctx, plan) }
}

const titleOf = (ctx: PlanContext): string => {
  const { draft, facts } = ctx
  switch (draft.task) {
    case 'create':
      return `Credential ${newName(ctx)} on ${facts.target.name}`
    case 'prove':
      return `Prove credentials of ${facts.target.name}`
    case 'renew':
      return `New secret of ${applicationName(ctx)} on ${[...new Set(chosenIn(ctx).map(({ node }) => node.target.name))].join(', ') || facts.target.name}`
  }
}

const draftsteps = (ctx: PlanContext): Draftstep[] => {
  switch (ctx.draft.task) {
    case 'create':
      return stepsToCreate(ctx)
    case 'prove':
      return [
        ...chosenIn(ctx).flatMap((one) => proofOf(one, false)),
        ...[listSecrets(ctx)].filter((step) => step !== null),
      ]
    case 'renew':
      return stepsToRenew(ctx)
  }
}

/** The secret of the application, where a step sends it to a server, and where one signs in with it at Azure. */
const secretsOf = (ctx: PlanContext, steps: Plan['steps']): SecretUse[] => {
  const kept = secretHandle(ctx)
  if (kept === null) return []
  const sends = steps.some(({ kind }) => kind === 'create-ekm-credential' || kind === 'change-ekm-credential')
  const signsIn = steps.some(({ kind }) => kind === 'prove-wrap')
  const use = (hole: string): SecretUse => namedSecret(hole, 'ekm.client-secret', kept, ctx.facts.secrets)
  return [...(sends ? [use(ekmSecretHole)] : []), ...(signsIn ? [use(secretHole)] : [])]
}

const reliedOn = (ctx: PlanContext): ReliedFact[] => {
  const { draft, facts } = ctx
  const old = oldSecretOf(ctx)
  return [
    ...nodesOf(facts).map(({ target, ekm }) => ({
      target: target.name,
      fact: 'providers',
      value: ekm.providers.read
        ? ekm.providers.value
            .map(
              ({ name, dllPath: library, enabled }) =>
                `${name} ${library} ${enabled ? 'enabled' : 'disabled'}`,
            )
            .join('; ') || 'none'
        : ekm.providers.because,
    })),
    ...chosenIn(ctx).map(({ node, name, fact }) => ({
      target: node.target.name,
      fact: `credential ${name}`,
      value:
        fact === undefined
          ? 'not there, or not visible'
          : `${fact.identity}, ${fact.provider ?? 'no provider'}, changed ${fact.changed ?? '(no time)'}, held by ${fact.logins.map(({ login }) => login).join(', ') || 'no login'}`,
    })),
    ...(draft.task === 'renew'
      ? facts.others.map((one) => ({
          target: one.name,
          fact: `node of ${one.databases.join(', ')}`,
          value: one.asked === 'answered' ? 'answers' : silenceOf(one),
        }))
      : []),
    ...(old === null ? [] : [{ target: applicationName(ctx), fact: 'old secret', value: old.keyId }]),
  ]
}
