import type { CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact, SecretUse } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { verdictOn } from '../../ports/verdicts.ts'
import { ekmSecretHole } from '../../scripts/tsql/ekm.ts'
import { namedSecret, numbered } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { credentialMeans, credentialNamed, has, keyNamed, linkOf, placeOf, providerOf } from './links.ts'
import { cleanUpSteps } from './plan-steps.ts'

/** Pure: the same draft, facts and run id give the same plan. */
export const planCleanUp = (draft: CleanUpDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const mark = runMark(runId)
  const plan: Plan = {
    format: 1,
    job: 'ekm-clean-up',
    runId,
    title:
      draft.scope === 'key'
        ? `Clean up key ${draft.key} on ${facts.target.name}`
        : `Clean up what is left of EKM on ${facts.target.name}`,
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps: numbered(cleanUpSteps(draft, facts, mark), facts.target),
    secrets: secretOf(draft, facts),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, mark) }
}

/** Only an undo sends it: no step of the way forward has a hole for it. */
const secretOf = (draft: CleanUpDraft, facts: Facts): SecretUse[] => {
  const { clientSecret: handle } = draft
  const credential = credentialNamed(facts, draft.credential)
  if (handle === null || !has(draft, 'credential') || !credentialMeans(draft, credential).can) return []
  return [namedSecret(ekmSecretHole, 'ekm.client-secret', { handle, target: facts.target }, facts.secrets)]
}

/** Names and states, no counts: a log backup between review and run changes nothing of the plan. */
const reliedOn = (draft: CleanUpDraft, facts: Facts): ReliedFact[] => {
  const target = facts.target.name
  const fact = (name: string, value: string): ReliedFact => ({ target, fact: name, value })
  const { option, providers } = facts.ekm
  const key = draft.scope === 'key' ? keyNamed(facts, draft.key) : undefined
  const credential = credentialNamed(facts, draft.credential)
  const provider = providerOf(draft, facts)
  const link = key === undefined || draft.keyLogin === '' ? null : linkOf(facts, key, draft.keyLogin)
  return [
    fact('login', facts.principal),
    fact('version', facts.server.read ? facts.server.value.version : facts.server.because),
    fact('EKM provider enabled', option.read ? String(option.value.inUse) : option.because),
    ...(draft.scope === 'key'
      ? [
          fact(
            `asymmetric key ${draft.key}`,
            key === undefined
              ? 'not read'
              : `thumbprint ${key.thumbprint}, of ${key.provider ?? 'no provider that is shown'}, ${placeOf(key) ?? 'place not read'}`,
          ),
          fact(`login ${draft.keyLogin || 'of it'}`, JSON.stringify(link)),
          fact(
            `use of ${draft.key}`,
            facts.use === null ? 'not read' : verdictOn(facts.use.value, draft.scratch).state,
          ),
        ]
      : []),
    ...(draft.credential === ''
      ? []
      : [
          fact(
            `credential ${draft.credential}`,
            credential === undefined
              ? 'not read'
              : `${credential.identity}, held by ${credential.logins.map(({ login }) => login).join(', ') || 'no login'}`,
          ),
        ]),
    ...(provider === null
      ? []
      : [
          fact(
            `provider ${provider}`,
            providers.read
              ? (providers.value.find(({ name }) => name === provider)?.dllPath ?? 'none')
              : providers.because,
          ),
        ]),
    ...(facts.registry === null
      ? []
      : [fact('registry key', facts.registry.read ? String(facts.registry.value) : facts.registry.because)]),
  ]
}
