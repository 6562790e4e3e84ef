import { clientIdOf, providerKeyName } from '../../../shared/model/ekm.ts'
import * as tsql from '../../scripts/tsql/ekm.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import {
  credentialNameOf,
  credentialOf,
  holds,
  identityText,
  keyObjectOf,
  loginIsThere,
  providerOf,
} from './found.ts'
import type { PlanContext } from './plan.ts'

type UndoScript = Extract<UndoPlan, { can: true }>['script']

/** Key object, login and credential stay once a database key was under the vault's key, the scratch one's too. */
const untilFirstKey = (action: string, script: UndoScript): UndoPlan => ({
  can: 'until-first',
  of: 'create-database-key',
  action,
  script,
  final: true,
})

/** From the option to the credential of the key's login; what is there already is left out. */
export const serverSteps = (ctx: PlanContext): Draftstep[] => {
  const { draft, facts } = ctx
  const { keyLogin } = draft
  const setup = facts.principal
  const credential = credentialOf(facts, draft)
  const newKey = keyObjectOf(facts, draft) === undefined
  const mapsSetup = newKey && !holds(credential, setup)
  return [
    ...(facts.ekm.option.read && facts.ekm.option.value.inUse ? [] : [enableStep(ctx)]),
    ...(providerOf(facts, draft) === undefined ? [providerStep(ctx)] : []),
    ...(credential === undefined ? [credentialStep(ctx)] : []),
    ...(mapsSetup ? [mapStep(ctx, setup, `Map the credential to ${setup}, who makes the key object`)] : []),
    ...(newKey ? [keyStep(ctx)] : []),
    ...(loginIsThere(facts, draft) ? [] : [loginStep(ctx)]),
    ...(mapsSetup ? [unmapStep(ctx, setup)] : []),
    ...(holds(credential, keyLogin)
      ? []
      : [mapStep(ctx, keyLogin, `Map the credential to ${keyLogin}, as whom the engine opens databases`)]),
  ]
}

const enableStep = ({ facts }: PlanContext): Draftstep => {
  const { option } = facts.ekm
  const advancedShown = option.read && option.value.advancedShown
  return {
    kind: 'enable-ekm',
    title: 'Turn extensible key management on',
    now: 'EKM provider enabled is off',
    after: 'On, without a restart; show advanced options stays as it is',
    scripts: [tsql.enableEkm(advancedShown)],
    params: { advancedShown },
    permission: 'ALTER SETTINGS',
    undo: untilFirstKey('Turn it off again', tsql.disableEkm(advancedShown)),
    resume: 'named',
    stopNow: null,
  }
}

const providerStep = ({ draft }: PlanContext): Draftstep => ({
  kind: 'create-provider',
  title: `Create provider ${draft.providerName}`,
  now: 'No provider of that name',
  after: `It loads ${draft.providerLibrary}`,
  scripts: [tsql.createProvider(draft.providerName, draft.providerLibrary)],
  params: { provider: draft.providerName, dllPath: draft.providerLibrary },
  permission: 'CONTROL SERVER',
  undo: untilFirstKey('Drop the provider', tsql.dropProvider(draft.providerName)),
  resume: 'named',
  stopNow: null,
})

const credentialStep = ({ draft }: PlanContext): Draftstep => {
  const name = credentialNameOf(draft)
  const managed = draft.identityKind === 'managed-identity'
  const identity = identityText(draft)
  return {
    kind: 'create-ekm-credential',
    title: `Create credential ${name}`,
    now: 'No credential of that name',
    after: `IDENTITY ${identity}, ${managed ? 'without a secret' : 'SECRET of the client id and the secret'}, for ${draft.providerName}`,
    scripts: [
      managed
        ? tsql.createManagedIdentityCredential(draft.vaultHost, draft.providerName)
        : tsql.createEkmCredential({
            name,
            provider: draft.providerName,
            host: draft.vaultHost,
            clientId: clientIdOf(draft.clientId),
          }),
    ],
    params: {
      credential: name,
      provider: draft.providerName,
      identity,
      secret: managed ? null : { kept: null },
    },
    permission: 'ALTER ANY CREDENTIAL',
    undo: untilFirstKey('Drop the credential', tsql.dropCredential(name)),
    resume: 'named',
    stopNow: null,
  }
}

const mapStep = ({ draft }: PlanContext, login: string, title: string): Draftstep => {
  const credential = credentialNameOf(draft)
  return {
    kind: 'map-credential',
    title,
    now: `${login} does not hold ${credential}`,
    after: `${login} holds ${credential}`,
    scripts: [tsql.mapCredential(login, credential)],
    params: { credential, provider: draft.providerName, login },
    permission: 'ALTER ANY LOGIN',
    undo: untilFirstKey(`Take it away from ${login}`, tsql.unmapCredential(login, credential)),
    resume: 'named',
    stopNow: null,
  }
}

const unmapStep = ({ draft }: PlanContext, login: string): Draftstep => {
  const credential = credentialNameOf(draft)
  return {
    kind: 'unmap-credential',
    title: `Take the credential away from ${login} again`,
    now: `${login} holds ${credential}`,
    after: `${login} holds none of ${draft.providerName}: the key’s login gets it`,
    scripts: [tsql.unmapCredential(login, credential)],
    params: { credential, provider: draft.providerName, login },
    permission: 'ALTER ANY LOGIN',
    undo: untilFirstKey(`Map it to ${login} again`, tsql.mapCredential(login, credential)),
    resume: 'named',
    stopNow: null,
  }
}

const keyStep = ({ draft }: PlanContext): Draftstep => {
  const version = draft.versionMode === 'pinned' ? draft.keyVersion : null
  return {
    kind: 'create-asymmetric-key',
    title: `Create key object ${draft.keyName}`,
    now: 'No key of that name in master',
    after: `It leads to ${draft.vaultKey} of ${draft.vaultHost}, ${version === null ? 'the newest version' : `version ${version}`}; no key is made in the vault`,
    scripts: [
      tsql.createAsymmetricKey({
        name: draft.keyName,
        provider: draft.providerName,
        vaultKey: draft.vaultKey,
        version,
      }),
    ],
    params: {
      key: draft.keyName,
      provider: draft.providerName,
      vaultKey: providerKeyName(draft.vaultKey, version),
    },
    permission: 'CREATE ASYMMETRIC KEY on master; the credential on the own login',
    undo: untilFirstKey(
      'Drop the key object; the key in the vault stays as it is',
      tsql.dropAsymmetricKey(draft.keyName),
    ),
    resume: 'before-image',
    stopNow: null,
  }
}

const loginStep = ({ draft }: PlanContext): Draftstep => ({
  kind: 'create-key-login',
  title: `Create login ${draft.keyLogin} from ${draft.keyName}`,
  now: 'No login of that name',
  after: 'The engine uses the key as this login; nobody signs in with it',
  scripts: [tsql.createKeyLogin(draft.keyLogin, draft.keyName)],
  params: { login: draft.keyLogin, key: draft.keyName },
  permission: 'ALTER ANY LOGIN',
  undo: untilFirstKey('Drop the login', tsql.dropLogin(draft.keyLogin)),
  resume: 'named',
  stopNow: null,
})
