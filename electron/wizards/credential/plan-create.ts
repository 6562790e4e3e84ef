import * as tsql from '../../scripts/tsql/ekm.ts'
import type { CredentialFact } from '../sqlserver/ekm-facts.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import {
  clientIdIn,
  listSecrets,
  newIdentity,
  newName,
  proveInAzure,
  proveOn,
  secretSource,
  type PlanContext,
} from './plan-context.ts'

/** The credential that a login holds for a provider; undefined: none, or none that is visible. */
export const heldBy = ({ node }: Facts, login: string, provider: string): CredentialFact | undefined =>
  node.ekm.credentials.read
    ? node.ekm.credentials.value.find(
        (one) => one.provider === provider && one.logins.some((held) => held.login === login),
      )
    : undefined

/** Why the credential can't be mapped to the person's own login for the proof; null: it can. */
export const noProofHere = ({ draft, facts }: PlanContext): string | null => {
  if (!draft.proveHere) return 'it was not wished'
  if (!facts.ownLogin.read) return facts.ownLogin.because
  if (!facts.ownLogin.value) return `${facts.principal} is no login of its own: it comes in through a group`
  const held = heldBy(facts, facts.principal, draft.provider)
  return held === undefined ? null : `${facts.principal} holds ${held.name} of this provider already`
}

/** Azure first: where the application can't use the key, nothing was made on the server. */
export const stepsToCreate = (ctx: PlanContext): Draftstep[] => {
  const { draft, facts } = ctx
  const { principal } = facts
  const name = newName(ctx)
  const proves = noProofHere(ctx) === null
  const toOwn = draft.mapTo === 'login' && draft.login === principal
  return [
    ...[proveInAzure(ctx), listSecrets(ctx)].filter((step) => step !== null),
    createStep(ctx),
    ...(proves
      ? [
          mapStep(ctx, principal, toOwn ? null : 'for the proof'),
          proveOn(facts.node, name, draft.provider, true),
          ...(toOwn ? [] : [unmapStep(ctx, principal)]),
        ]
      : []),
    ...(draft.mapTo === 'login' && !(toOwn && proves) ? [mapStep(ctx, draft.login, null)] : []),
  ]
}

const createStep = (ctx: PlanContext): Draftstep => {
  const { draft } = ctx
  const name = newName(ctx)
  const identity = newIdentity(ctx)
  const managed = draft.identityKind === 'managed-identity'
  return {
    kind: 'create-ekm-credential',
    title: `Create credential ${name}`,
    now: 'no credential of that name',
    after: managed
      ? `IDENTITY ${identity}, without a secret, for ${draft.provider}`
      : `IDENTITY ${identity}, SECRET of the client id and the secret, for ${draft.provider}`,
    scripts: [
      managed
        ? tsql.createManagedIdentityCredential(name, draft.provider)
        : tsql.createEkmCredential({
            name,
            provider: draft.provider,
            host: draft.vaultHost,
            clientId: clientIdIn(ctx),
          }),
    ],
    params: {
      credential: name,
      provider: draft.provider,
      identity,
      secret: managed ? null : secretSource(ctx),
    },
    permission: 'ALTER ANY CREDENTIAL',
    undo: { can: true, action: `Drop credential ${name}`, script: tsql.dropCredential(name) },
    resume: 'named',
    stopNow: null,
  }
}

const mapStep = (ctx: PlanContext, login: string, purpose: string | null): Draftstep => {
  const name = newName(ctx)
  return {
    kind: 'map-credential',
    title: `Map ${name} to ${login}${purpose === null ? '' : `, ${purpose}`}`,
    now: `${login} holds no credential of ${ctx.draft.provider}`,
    after: `${login} holds ${name}`,
    scripts: [tsql.mapCredential(login, name)],
    params: { credential: name, provider: ctx.draft.provider, login },
    permission: 'ALTER ANY LOGIN',
    undo: {
      can: true,
      action: `Take ${name} away from ${login}`,
      script: tsql.unmapCredential(login, name),
    },
    resume: 'named',
    stopNow: null,
  }
}

const unmapStep = (ctx: PlanContext, login: string): Draftstep => {
  const name = newName(ctx)
  return {
    kind: 'unmap-credential',
    title: `Take ${name} away from ${login} again`,
    now: `${login} holds it for the proof`,
    after: `${login} holds no credential of ${ctx.draft.provider}`,
    scripts: [tsql.unmapCredential(login, name)],
    params: { credential: name, provider: ctx.draft.provider, login },
    permission: 'ALTER ANY LOGIN',
    undo: { can: false, because: 'it only takes away what this run mapped', leaves: 'nothing' },
    resume: 'named',
    stopNow: null,
  }
}
