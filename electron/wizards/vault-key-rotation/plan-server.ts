import type { SatisfiedStep } from '../../../shared/model/plan.ts'
import { identityOf } from '../../../shared/model/ekm.ts'
import * as ekm from '../../scripts/tsql/ekm.ts'
import type { CredentialFact } from '../sqlserver/ekm-facts.ts'
import { hostOfCredential } from '../sqlserver/ekm-links.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import { keyOn, type PlanContext, type RotatedServer } from './plan-context.ts'

/**
 * Two credentials: the old login keeps its own for as long as databases, logs or backups need the old key, and a login
 * holds one credential for a provider, a credential one login. So the new login gets a second one, of the same identity.
 */
export const serverSteps = (ctx: PlanContext, server: RotatedServer): Draftstep[] =>
  server.there === null
    ? [
        createCredential(ctx, server),
        ...setupSteps(ctx, server),
        createLogin(ctx, server),
        ...unmapSetup(ctx, server),
        mapLogin(ctx, server),
        comparePlace(ctx, server),
      ]
    : [comparePlace(ctx, server)]

export const alreadyOn = (ctx: PlanContext, { there, facts, ekm: own }: RotatedServer): SatisfiedStep[] =>
  there === null
    ? []
    : [
        {
          title: `Asymmetric key on ${facts.target.name}`,
          evidence: {
            statement: `${there.name} leads to version ${ctx.version ?? ''} of ${ctx.vaultKey} already; thumbprint`,
            value: there.thumbprint,
            source: own.keys.source,
            at: own.keys.at,
          },
        },
      ]

/** Ends for good with the first database that was put under the new key: its log may hold records under it. */
const untilUsed = (action: string, script: ReturnType<typeof ekm.dropLogin>): UndoPlan => ({
  can: 'until-first',
  of: 'change-protectors',
  action,
  script,
  final: true,
})

/** The credential that the signed-in login holds for the provider; undefined: none, so it needs the new one for a moment. */
export const setupCredential = ({ facts, ekm: own, provider }: RotatedServer): CredentialFact | undefined =>
  own.credentials.read
    ? own.credentials.value.find(
        (one) =>
          one.provider === provider && one.logins.some(({ login }) => sameLogin(login, facts.principal)),
      )
    : undefined

const sameLogin = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** A credential of its own opens keys of one vault: whether that is the wanted one. */
export const setupIsElsewhere = (ctx: PlanContext, server: RotatedServer): string | null => {
  const held = setupCredential(server)
  if (held === undefined) return null
  const host = hostOfCredential(held)
  return host === ctx.draft.vault.toLowerCase() ? null : `${held.name}, IDENTITY ${held.identity}`
}

const at = ({ facts }: RotatedServer): Pick<Draftstep, 'target'> => ({ target: facts.target })
const on = (ctx: PlanContext, { facts }: RotatedServer): string =>
  ctx.servers.length > 1 ? ` on ${facts.target.name}` : ''

const createCredential = (ctx: PlanContext, server: RotatedServer): Draftstep => {
  const { draft } = ctx
  const { credentialName: credential, application: clientId } = draft
  const { provider } = server
  const identity = identityOf(draft.vault)
  return {
    kind: 'create-ekm-credential',
    ...at(server),
    title: `Create credential ${credential}${on(ctx, server)}`,
    now: 'no credential of that name',
    after: `IDENTITY ${identity}, for provider ${provider}; the old credential stays with the old login`,
    scripts: [ekm.createEkmCredential({ name: credential, provider, host: draft.vault, clientId })],
    params: { credential, provider, identity, secret: { kept: null } },
    permission: 'ALTER ANY CREDENTIAL',
    undo: untilUsed('Drop the credential', ekm.dropCredential(credential)),
    resume: 'named',
    stopNow: null,
  }
}

/** The login that creates the key opens it in the vault: with its own credential, or with the new one for a moment. */
const setupSteps = (ctx: PlanContext, server: RotatedServer): Draftstep[] => {
  const { draft, vaultKey, version } = ctx
  const { keyName: key, credentialName: credential } = draft
  const { provider, facts } = server
  const login = facts.principal
  const pinned = draft.to !== 'new-version' && draft.reference === 'pinned' ? version : null
  const inVault = pinned === null ? vaultKey : `${vaultKey}/${pinned}`
  return [
    ...(setupCredential(server) === undefined
      ? [
          {
            kind: 'map-credential' as const,
            ...at(server),
            title: `Give ${login} the credential${on(ctx, server)}`,
            now: `${login} has no credential for ${provider}`,
            after: 'It opens keys in the vault, until a step below takes the credential away again',
            scripts: [ekm.mapCredential(login, credential)],
            params: { credential, provider, login },
            permission: 'ALTER ANY LOGIN',
            undo: untilUsed('Take it away again', ekm.unmapCredential(login, credential)),
            resume: 'named' as const,
            stopNow: null,
          },
        ]
      : []),
    {
      kind: 'create-asymmetric-key',
      ...at(server),
      title: `Create asymmetric key ${key}${on(ctx, server)}`,
      now: 'no asymmetric key of that name',
      after: `The connector opened ${inVault}${
        pinned === null ? `, its newest version (${version ?? 'that of this run'})` : ''
      }; nothing is under it yet`,
      scripts: [ekm.createAsymmetricKey({ name: key, provider, vaultKey, version: pinned })],
      params: { key, provider, vaultKey: inVault },
      permission: 'CREATE ASYMMETRIC KEY on master',
      undo: untilUsed('Drop the asymmetric key; the key in the vault stays', ekm.dropAsymmetricKey(key)),
      resume: 'before-image',
      stopNow: null,
    },
  ]
}

const createLogin = (ctx: PlanContext, server: RotatedServer): Draftstep => {
  const { keyLogin: login, keyName: key } = ctx.draft
  return {
    kind: 'create-key-login',
    ...at(server),
    title: `Create login ${login} from ${key}${on(ctx, server)}`,
    now: 'no login of that name',
    after: 'The engine uses the key as this login; nobody can sign in with it',
    scripts: [ekm.createKeyLogin(login, key)],
    params: { login, key },
    permission: 'ALTER ANY LOGIN',
    undo: untilUsed('Drop the login', ekm.dropLogin(login)),
    resume: 'named',
    stopNow: null,
  }
}

const unmapSetup = (ctx: PlanContext, server: RotatedServer): Draftstep[] => {
  if (setupCredential(server) !== undefined) return []
  const { credentialName: credential } = ctx.draft
  const { provider, facts } = server
  const login = facts.principal
  return [
    {
      kind: 'unmap-credential',
      ...at(server),
      title: `Take the credential from ${login}${on(ctx, server)}`,
      now: `${login} holds ${credential}`,
      after: 'It is free for the login of the key: a credential belongs to one login',
      scripts: [ekm.unmapCredential(login, credential)],
      params: { credential, provider, login },
      permission: 'ALTER ANY LOGIN',
      undo: untilUsed('Give it to the login again', ekm.mapCredential(login, credential)),
      resume: 'named',
      stopNow: null,
    },
  ]
}

const mapLogin = (ctx: PlanContext, server: RotatedServer): Draftstep => {
  const { keyLogin: login, credentialName: credential } = ctx.draft
  const { provider } = server
  return {
    kind: 'map-credential',
    ...at(server),
    title: `Give ${login} the credential${on(ctx, server)}`,
    now: `${login} has no credential`,
    after: 'The engine opens the key with it, at each start too',
    scripts: [ekm.mapCredential(login, credential)],
    params: { credential, provider, login },
    permission: 'ALTER ANY LOGIN',
    undo: untilUsed('Take it away again', ekm.unmapCredential(login, credential)),
    resume: 'named',
    stopNow: null,
  }
}

const comparePlace = (ctx: PlanContext, server: RotatedServer): Draftstep => ({
  kind: 'compare-key-place',
  ...at(server),
  title: `Compare where ${keyOn(ctx, server)} leads to${on(ctx, server)}`,
  now: 'not compared',
  after: `The registry of the server has ${ctx.version === null ? 'the version of this run' : `version ${ctx.version}`} of ${ctx.vaultKey} for its thumbprint`,
  scripts: [],
  params: {
    asymmetricKey: keyOn(ctx, server),
    host: ctx.draft.vault.toLowerCase(),
    key: ctx.vaultKey,
    version: ctx.version,
  },
  permission: 'sysadmin, to read the registry; without it this is said to be not read',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: null,
})
