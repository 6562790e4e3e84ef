import type { SecretUse } from '../../../shared/model/plan.ts'
import type { SecretPurpose } from '../../../shared/model/secrets.ts'
import * as directory from '../../scripts/azure/directory.ts'
import { monthsLater, nameOfRun, secretLabel } from '../azure/names.ts'
import { namedSecret } from '../sqlserver/plan-parts.ts'
import { secretHole } from '../../scripts/azure/key-vault.ts'
import { importPasswordHole } from '../azure/steps/imported-key.ts'
import {
  already,
  makesSecret,
  needs,
  nothing,
  together,
  type Part,
  type PlanContext,
} from './plan-context.ts'

/** The application, its service principal, its secret. */
export const identityPart = (ctx: PlanContext): Part =>
  together(applicationPart(ctx), servicePrincipalPart(ctx), secretPart(ctx))

/** Client id; null: this run registers it. */
export const applicationOf = ({ draft }: PlanContext): string | null =>
  draft.applicationMode === 'use' ? draft.application.toLowerCase() : null

/** What it is called, for titles. */
export const applicationName = ({ draft, facts }: PlanContext): string => {
  if (draft.applicationMode === 'create') return draft.applicationName
  return facts.application?.read === true
    ? (facts.application.value?.application.name ?? draft.application)
    : draft.application
}

const objectIdOf = ({ draft, facts }: PlanContext): string | null =>
  draft.applicationMode === 'use' && facts.application?.read === true
    ? (facts.application.value?.application.objectId ?? null)
    : null

const registers = 'Application.ReadWrite.OwnedBy (Application Developer)'

const applicationPart = (ctx: PlanContext): Part => {
  const { draft, facts, place, mark } = ctx
  if (draft.applicationMode === 'use') {
    const found = facts.application
    return found?.read === true && found.value !== null
      ? already('Application', {
          statement: `Application ${found.value.application.name}`,
          value: found.value.application.clientId,
          source: found.source,
          at: found.at,
        })
      : nothing
  }
  const { applicationName: name } = draft
  return needs({
    kind: 'register-application',
    title: `Register application ${name}`,
    now: 'no application of this run',
    after: `${name}, in this tenant only, with no right on any API`,
    scripts: [directory.postApplication(place.cloud, name, mark)],
    params: { name },
    permission: registers,
    undo: {
      can: true,
      action: `Delete application ${name} with its secrets; Entra can restore it for 30 days`,
      script: directory.deleteApplication(place.cloud, null),
    },
    resume: 'marked',
    stopNow: null,
  })
}

const servicePrincipalPart = (ctx: PlanContext): Part => {
  const { draft, facts, place } = ctx
  const found = facts.application
  const principal = found?.read === true ? (found.value?.servicePrincipal ?? null) : null
  const name = applicationName(ctx)
  if (draft.applicationMode === 'use' && found !== null && principal !== null) {
    return already('Service principal', {
      statement: `Service principal of ${name}`,
      value: principal.objectId,
      source: found.source,
      at: found.at,
    })
  }
  return needs({
    kind: 'create-service-principal',
    title: `Create the service principal of ${name}`,
    now: 'none in this tenant',
    after: 'the identity that roles are given to',
    scripts: [directory.postServicePrincipal(place.cloud, applicationOf(ctx))],
    params: { application: applicationOf(ctx) },
    permission: registers,
    undo:
      draft.applicationMode === 'create'
        ? { can: false, because: 'it goes with its application', leaves: 'nothing' }
        : { can: false, because: 'without a role it can do nothing, and others may have begun to use it' },
    resume: 'named',
    stopNow: null,
  })
}

export const secretOf = ({ draft, facts, runId }: PlanContext, application: string) => ({
  secret: nameOfRun('keyturn', runId),
  expires: monthsLater(facts.plannedAt, draft.secretMonths),
  label: secretLabel(application, runId),
})

const secretPart = (ctx: PlanContext): Part => {
  const { draft, place } = ctx
  if (!makesSecret(draft)) return nothing
  const name = applicationName(ctx)
  const { secret, expires, label } = secretOf(ctx, name)
  const objectId = objectIdOf(ctx)
  return needs({
    kind: 'create-client-secret',
    title: `Make a secret of ${name}`,
    now: 'none of this run',
    after: `secret ${secret}, until ${expires.slice(0, 10)} (UTC); its value only in the keyring`,
    scripts: [directory.addPassword(place.cloud, objectId, { name: secret, expires })],
    params: { application: applicationOf(ctx), secret, expires, label },
    permission: registers,
    undo: {
      can: true,
      action: `Remove secret ${secret}, and its value from the keyring`,
      script: directory.removePassword(place.cloud, objectId),
    },
    resume: 'marked',
    stopNow: null,
  })
}

/** A secret that was entered is sealed for the run; one that is made in it is kept by its own step. */
export const sealedSecrets = ({ draft, facts }: PlanContext): SecretUse[] => {
  const use = (hole: string, purpose: SecretPurpose, handle: string | null): SecretUse[] =>
    handle === null ? [] : [namedSecret(hole, purpose, { handle, target: facts.target }, facts.secrets)]
  return [
    ...(makesSecret(draft) ? [] : use(secretHole, 'ekm.client-secret', draft.applicationSecret)),
    ...(draft.keyMode === 'import'
      ? use(importPasswordHole, 'sql.key-file-password', draft.importPassword)
      : []),
  ]
}
