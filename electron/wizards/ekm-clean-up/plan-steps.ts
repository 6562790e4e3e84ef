import type { CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import { inServerFolder } from '../../../shared/forms/names.ts'
import { hostOfIdentity } from '../../../shared/model/ekm.ts'
import { providerKey } from '../../../shared/model/host-calls.ts'
import { hostScript } from '../../scripts/powershell/script.ts'
import { providerAsItWas, reopenAsymmetricKey } from '../../scripts/tsql/clean-up.ts'
import { dropScratch } from '../../scripts/tsql/database.ts'
import * as ekm from '../../scripts/tsql/ekm.ts'
import type { Draftstep, UndoPlan } from '../sqlserver/plan-parts.ts'
import type { Facts } from './facts-model.ts'
import {
  credentialMeans,
  credentialNamed,
  has,
  heldBy,
  isManaged,
  keyNamed,
  mappingsToTake,
  placeOf,
  providerNamed,
  providerOf,
  vaultKeyOf,
  type Mapping,
} from './links.ts'

/** The steps of a clean-up, each when nothing stands on its object any more. Pure. */
export const cleanUpSteps = (draft: CleanUpDraft, facts: Facts, mark: string): Draftstep[] => [
  ...draft.scratch.map(scratchStep),
  ...mappingsToTake(draft, facts).map((mapping) => mappingStep(draft, facts, mapping)),
  ...(has(draft, 'login') ? loginSteps(draft, facts) : []),
  ...(has(draft, 'key') ? keySteps(draft, facts) : []),
  ...(has(draft, 'credential') ? [credentialStep(draft, facts)] : []),
  ...(has(draft, 'provider') ? [providerStep(draft, facts)] : []),
  ...(has(draft, 'option') ? [optionStep(facts)] : []),
  ...(has(draft, 'key') ? namingSteps(draft, facts) : []),
  ...(has(draft, 'registry') ? registrySteps(draft, facts, mark) : []),
]

const scratchStep = (scratch: string): Draftstep => ({
  kind: 'drop-scratch',
  title: `Drop scratch database ${scratch}`,
  now: 'Left by a run that ended early',
  after: 'No such database',
  scripts: [dropScratch(scratch)],
  params: { scratch },
  permission: `CONTROL on ${scratch}, or ALTER ANY DATABASE`,
  undo: { can: false, because: 'It was made to try a key, and holds nothing' },
  resume: 'named',
  stopNow: null,
})

/** A credential that is not made again takes the ways back before it along. */
const whileCredential = (
  draft: CleanUpDraft,
  facts: Facts,
  credential: string,
  undo: Extract<UndoPlan, { can: true }>,
): UndoPlan =>
  has(draft, 'credential') &&
  credential === draft.credential &&
  !credentialMeans(draft, credentialNamed(facts, credential)).can
    ? { ...undo, can: 'until-first', of: 'drop-ekm-credential' }
    : undo

const mappingStep = (draft: CleanUpDraft, facts: Facts, mapping: Mapping): Draftstep => {
  const { login, credential } = mapping
  const lost = login === draft.keyLogin && has(draft, 'login') ? whyKeyStays(draft, facts) : null
  return {
    kind: 'unmap-credential',
    title: `Take credential ${credential} off login ${login}`,
    now: `${login} holds ${credential}`,
    after: `${login} holds no credential for ${mapping.provider}`,
    scripts: [ekm.unmapCredential(login, credential)],
    params: mapping,
    permission: 'ALTER ANY LOGIN',
    undo:
      lost !== null
        ? { can: false, because: `Its login is not made again: ${lost}` }
        : whileCredential(draft, facts, credential, {
            can: true,
            action: `Give ${credential} to ${login} again`,
            script: ekm.mapCredential(login, credential),
          }),
    resume: 'named',
    stopNow: null,
  }
}

/** The credential with which the key is opened again: the chosen one, or the one that its login holds. */
const credentialForUndo = (draft: CleanUpDraft, facts: Facts): string | null =>
  draft.credential || (heldBy(facts, draft.keyLogin)[0]?.credential ?? null)

/** Why a dropped key object can't be made again; null: it can. Only where it is part of the run. */
const whyKeyStays = (draft: CleanUpDraft, facts: Facts): string | null => {
  if (!has(draft, 'key')) return null
  const key = keyNamed(facts, draft.key)
  if (key === undefined || vaultKeyOf(key) === null) {
    return 'where the key is in the vault was not read, so that the same version can’t be named'
  }
  return credentialForUndo(draft, facts) === null && heldBy(facts, facts.principal).length === 0
    ? 'no credential is there with which the key could be opened'
    : null
}

const loginSteps = (draft: CleanUpDraft, facts: Facts): Draftstep[] => {
  const { keyLogin: login } = draft
  const stays = whyKeyStays(draft, facts)
  return [
    {
      kind: 'drop-key-login',
      title: `Drop login ${login}`,
      now: `Made from ${draft.key}`,
      after: `No login, so that nothing can use ${draft.key}`,
      scripts: [ekm.dropLogin(login)],
      params: { login, key: draft.key, thumbprint: thumbprintOf(draft, facts), dropped: draft.scratch },
      permission: 'ALTER ANY LOGIN',
      undo:
        stays !== null
          ? { can: false, because: `It is made from the key, and ${stays}` }
          : whileCredential(draft, facts, credentialForUndo(draft, facts) ?? '', {
              can: true,
              action: 'Make it again from the key; permissions that it was given are not given again',
              script: ekm.createKeyLogin(login, draft.key),
            }),
      resume: 'named',
      stopNow: null,
    },
  ]
}

/** Before a server was read there is none: the review refuses such a plan. */
const thumbprintOf = (draft: CleanUpDraft, facts: Facts): string =>
  keyNamed(facts, draft.key)?.thumbprint || '00'

const keySteps = (draft: CleanUpDraft, facts: Facts): Draftstep[] => {
  const key = keyNamed(facts, draft.key)
  const provider = key?.provider ?? '‹provider›'
  const vaultKey = key === undefined ? null : vaultKeyOf(key)
  const stays = whyKeyStays(draft, facts)
  const credential = credentialForUndo(draft, facts)
  const taken = mappingsToTake(draft, facts)
  const holds = heldBy(facts, facts.principal).some(
    (one) =>
      one.provider === provider &&
      !taken.some(({ login, credential: gone }) => login === one.login && gone === one.credential),
  )
  const setup = credential === null || holds ? null : { login: facts.principal, credential }
  const place = key === undefined ? null : placeOf(key)
  return [
    {
      kind: 'drop-asymmetric-key',
      title: `Drop asymmetric key ${draft.key}`,
      now: `Thumbprint ${key?.thumbprint ?? 'not read'}, leads to ${place ?? 'a key of the vault whose place was not read'}`,
      after: 'No key object on this server. The key in the vault is as it was',
      scripts: [ekm.dropAsymmetricKey(draft.key)],
      params: {
        key: draft.key,
        provider,
        thumbprint: thumbprintOf(draft, facts),
        vaultKey,
        setup,
        dropped: draft.scratch,
      },
      permission: `CONTROL on ${draft.key}`,
      undo:
        stays !== null || vaultKey === null
          ? { can: false, because: stays ?? 'where the key is in the vault was not read' }
          : whileCredential(draft, facts, credential ?? '', {
              can: true,
              action: `Open ${vaultKey.name}${vaultKey.version === null ? '' : `/${vaultKey.version}`} again (OPEN_EXISTING), and compare the thumbprint`,
              script: reopenAsymmetricKey(
                { name: draft.key, provider, vaultKey: vaultKey.name, version: vaultKey.version },
                setup,
              ),
            }),
      resume: 'before-image',
      stopNow: null,
    },
  ]
}

const credentialStep = (draft: CleanUpDraft, facts: Facts): Draftstep => {
  const credential = credentialNamed(facts, draft.credential)
  const provider = credential?.provider ?? providerOf(draft, facts) ?? '‹provider›'
  const means = credentialMeans(draft, credential)
  return {
    kind: 'drop-ekm-credential',
    title: `Drop credential ${draft.credential}`,
    now: `IDENTITY ${credential?.identity ?? 'not read'}, for ${provider}`,
    after: 'No credential. The application and its secret in Entra are as they were',
    scripts: [ekm.dropCredential(draft.credential)],
    params: { credential: draft.credential, provider, identity: credential?.identity ?? '' },
    permission: 'ALTER ANY CREDENTIAL',
    undo:
      means.can && credential !== undefined
        ? {
            can: true,
            action: isManaged(credential)
              ? 'Make it again for the managed identity'
              : 'Make it again with the client id and the secret that were entered',
            script: isManaged(credential)
              ? ekm.createManagedIdentityCredential(credential.name, provider)
              : ekm.createEkmCredential({
                  name: credential.name,
                  provider,
                  host: hostOfIdentity(credential.identity) ?? '',
                  clientId: draft.clientId,
                }),
          }
        : { can: false, because: means.can ? 'It was not read' : means.because },
    resume: 'named',
    stopNow: null,
  }
}

const providerStep = (draft: CleanUpDraft, facts: Facts): Draftstep => {
  const name = providerOf(draft, facts) ?? '‹provider›'
  const found = providerNamed(facts, name)
  const library = found?.dllPath ?? '‹library›'
  const enabled = found?.enabled ?? true
  return {
    kind: 'drop-provider',
    title: `Drop cryptographic provider ${name}`,
    now: `${library}, version ${found?.version ?? 'not read'}${enabled ? '' : ', disabled'}`,
    after:
      'No provider. Its library stays on the disk; sessions that are open keep it until the next restart',
    scripts: [ekm.dropProvider(name)],
    params: { provider: name, dllPath: library, enabled },
    permission: 'CONTROL SERVER',
    undo: {
      can: true,
      action: `Register ${library} again under that name`,
      script: providerAsItWas(name, library, enabled),
    },
    resume: 'named',
    stopNow: null,
  }
}

const optionStep = ({ ekm: { option } }: Facts): Draftstep => {
  const advancedShown = option.read && option.value.advancedShown
  return {
    kind: 'disable-ekm',
    title: 'Turn the option EKM provider enabled off',
    now: 'On',
    after: 'Off. show advanced options is as it was',
    scripts: [ekm.disableEkm(advancedShown)],
    params: { advancedShown },
    permission: 'ALTER SETTINGS',
    undo: { can: true, action: 'Turn it on again', script: ekm.enableEkm(advancedShown) },
    resume: 'named',
    stopNow: null,
  }
}

/** Reads only, when the objects are gone: what the server still shows of the key in the vault. */
const namingSteps = (draft: CleanUpDraft, facts: Facts): Draftstep[] => {
  const key = keyNamed(facts, draft.key)
  return [
    {
      kind: 'name-vault-keys',
      title: 'Name the keys in the vault that this server no longer uses',
      now: key === undefined ? 'Not read' : (placeOf(key) ?? 'Where the key is in the vault was not read'),
      after: 'Named on the result, and left as they are: backups elsewhere may need them',
      scripts: [],
      params: {
        keys: [
          {
            key: draft.key,
            thumbprint: thumbprintOf(draft, facts),
            place: key === undefined ? null : placeOf(key),
          },
        ],
      },
      permission: 'VIEW ANY DEFINITION, VIEW SERVER STATE, SELECT in msdb',
      undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
      resume: 'named',
      stopNow: null,
    },
  ]
}

/** Nothing to do where the key is not there. A person deletes it: other instances of the computer use the same one. */
const registrySteps = (draft: CleanUpDraft, facts: Facts, mark: string): Draftstep[] => {
  if (facts.registry?.read === true && !facts.registry.value) return []
  const computer = facts.identity.machineName
  const file = inServerFolder(draft.exportFolder, `keyturn-registry-${mark}.reg`)
  const title = `Registry key of the connector on ${computer || 'the host'}: export it, and wait until a person deleted it`
  return [
    {
      kind: 'registry-by-hand',
      title,
      now: `HKLM\\${providerKey} is there`,
      after: `Exported to ${file}, then deleted by a person; the step looks whether it is gone`,
      scripts: [
        hostScript(
          [
            { call: 'export-registry', key: providerKey, path: file },
            { call: 'read-registry', key: providerKey },
          ],
          { title, mark, computer: computer || null },
        ),
      ],
      params: { computer, file },
      permission: 'Administrator of the host',
      undo: { can: false, because: `It comes back from ${file}, by hand: reg import` },
      resume: 'named',
      stopNow: null,
    },
  ]
}
