import type { VaultKeyRotationDraft } from '../../../shared/forms/vault-key-rotation-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { secretHole } from '../../scripts/azure/key-vault.ts'
import { ekmSecretHole } from '../../scripts/tsql/ekm.ts'
import { logNeed, remedyFor } from '../sqlserver/log-rule.ts'
import { namedSecret, numbered } from '../sqlserver/plan-parts.ts'
import { keyOf } from '../sqlserver/tde-facts.ts'
import { adviceOn } from './advice.ts'
import { contextFor, oldKeyOf, wantedKey, type PlanContext } from './plan-context.ts'
import { databaseSteps } from './plan-databases.ts'
import { serverSteps } from './plan-server.ts'
import { vaultSteps } from './plan-vault.ts'
import { replicasRelied } from './replicas.ts'
import type { Facts } from './facts-model.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planVaultKeyRotation = (
  draft: VaultKeyRotationDraft,
  facts: Facts,
  runId: RunId,
): PlanOutcome => {
  const ctx = contextFor(draft, facts, runId)
  const steps = numbered(
    [...vaultSteps(ctx), ...ctx.servers.flatMap((server) => serverSteps(ctx, server)), ...databaseSteps(ctx)],
    facts.target,
  )
  const count = draft.databases.length
  const plan: Plan = {
    format: 1,
    job: 'vault-key-rotation',
    runId,
    title: `${draft.to === 'new-version' ? 'New version of' : 'Vault key'} ${ctx.vaultKey} for ${
      count === 1 ? (draft.databases[0] ?? '') : `${count} databases`
    } on ${facts.target.name}`,
    targets: [
      ...ctx.servers.map(({ facts: own }) => ({ ref: own.target, identity: { ...own.identity } })),
      ...(facts.azure === null ? [] : [{ ref: facts.azure.target, identity: { ...facts.azure.identity } }]),
    ],
    steps,
    secrets: secretsOf(ctx, steps),
    relied: reliedOn(ctx),
  }
  return { plan, advice: adviceOn(ctx, plan) }
}

/** One secret by two names: the sign-in of the proof asks for it by one, the statement by the other. */
const secretsOf = ({ draft, facts }: PlanContext, steps: Plan['steps']): SecretUse[] => {
  const handle = draft.applicationSecret
  if (handle === null || handle === '' || facts.azure === null) return []
  const kept = { handle, target: facts.azure.target }
  const created = steps.some(({ kind }) => kind === 'create-ekm-credential')
  return [secretHole, ...(created ? [ekmSecretHole] : [])].map((hole) =>
    namedSecret(hole, 'ekm.client-secret', kept, facts.secrets),
  )
}

/** Words for what changed, should somebody change it between review and run. */
const reliedOn = (ctx: PlanContext): ReliedFact[] => {
  const { draft, facts, servers, vaultKey } = ctx
  const on = (target: string, fact: string, value: string): ReliedFact => ({ target, fact, value })
  const wanted = wantedKey(draft, facts)
  return [
    ...servers.flatMap(({ facts: own, ekm, provider, there }) => [
      on(own.target.name, 'login', own.principal),
      on(own.target.name, 'version', own.server.read ? own.server.value.version : own.server.because),
      on(
        own.target.name,
        `provider ${provider}`,
        ekm.providers.read
          ? (ekm.providers.value.find(({ name }) => name === provider)?.version ?? 'not there')
          : ekm.providers.because,
      ),
      on(own.target.name, `asymmetric key of ${vaultKey}`, there?.thumbprint ?? 'made in this run'),
    ]),
    ...replicasRelied(ctx),
    ...(wanted === null
      ? []
      : [
          on(
            draft.vault,
            `newest version of ${vaultKey}`,
            wanted.present === null
              ? 'not there'
              : `${wanted.present.version}, ${wanted.present.type} ${wanted.present.bits ?? ''}, ${wanted.present.enabled ? 'enabled' : 'disabled'}`,
          ),
        ]),
    ...draft.databases.flatMap((database) => {
      const key = keyOf(facts, database)
      return [
        on(
          facts.target.name,
          `database encryption key of ${database}`,
          !facts.keys.read
            ? facts.keys.because
            : key === undefined
              ? 'none'
              : `state ${key.state}, under ${oldKeyOf(facts, database)?.name ?? 'a protector that is not seen'} ${key.thumbprint ?? ''}, changed ${key.modified ?? '(no time)'}`,
        ),
        on(
          facts.target.name,
          `log of ${database}`,
          `${remedyFor(facts, database).because}; ${logNeed(facts, database)?.because ?? 'no change of the key since its last backup'}`,
        ),
      ]
    }),
  ]
}
