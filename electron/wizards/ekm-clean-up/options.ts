import { cleanUpParts, type CleanUpPart } from '../../../shared/forms/ekm-clean-up-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { inServerFolder, isScratch } from '../../../shared/forms/names.ts'
import { verdictOn } from '../../ports/verdicts.ts'
import { databasesUnderKey } from '../sqlserver/ekm-links.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { shownOf } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import {
  credentialNamed,
  heldBy,
  isManaged,
  keyNamed,
  linkOf,
  loginFor,
  placeOf,
  providerNamed,
} from './links.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  const credential = credentialNamed(facts, textIn(answers, 'credential'))
  return {
    options: {
      targets,
      keys: keyOptions(facts),
      providers: providerOptions(facts),
      keyLogins: loginOptions(answers, facts),
      credentials: credentialOptions(facts),
      scratch: scratchOf(facts).map((name) => ({ value: name, label: name, usable: true })),
      parts: partOptions(answers, facts),
    },
    shown: shownOn(screen, answers, facts),
    flags: {
      scratchThere: scratchOf(facts).length > 0,
      secretHelps: credential !== undefined && !isManaged(credential),
      nameAsked: nameAsked(answers, facts),
    },
    suggested: suggestions(answers, facts),
    checks: screen === 'objects' ? [sightCheck(facts)] : [],
    readAt: facts.readAt,
  }
}

const textIn = (answers: Answers, field: string): string => {
  const value = answers[field]
  return typeof value === 'string' ? value : ''
}

const listOf = (value: Answers[string] | undefined): readonly string[] => (Array.isArray(value) ? value : [])

/** The key goes, and nothing that was read stands against it: then a person types its name. */
export const nameAsked = (answers: Answers, facts: Facts | null): boolean => {
  if (facts === null || facts.use === null || !listOf(answers['parts']).includes('key')) return false
  return verdictOn(facts.use.value, listOf(answers['scratch'])).state === 'unused'
}

const scratchOf = ({ databases }: Facts): string[] =>
  databases.read ? databases.value.map(({ name }) => name).filter(isScratch) : []

const keyOptions = (facts: Facts): FactOption[] =>
  facts.ekm.keys.read
    ? facts.ekm.keys.value.map((key) => ({
        value: key.name,
        label: key.name,
        usable: true,
        facts: {
          Thumbprint: key.thumbprint,
          'Key in the vault': key.place.read ? (key.place.value ?? 'no place is noted') : 'not read',
          Login: loginFor(facts, key) ?? 'not told by the catalog',
          Databases: facts.ekm.databases.read
            ? databasesUnderKey(facts.ekm, key.thumbprint)
                .map(({ name }) => name)
                .join(', ') || 'none under it'
            : 'not read',
        },
      }))
    : []

const providerOptions = ({ ekm }: Facts): FactOption[] =>
  ekm.providers.read
    ? ekm.providers.value.map(({ name, dllPath: library, version, enabled }) => ({
        value: name,
        label: name,
        usable: true,
        facts: { Library: library, Version: version, State: enabled ? 'enabled' : 'disabled' },
      }))
    : []

const linkWords = {
  sid: 'made from the key, as its sid says',
  name: 'called like the key',
  word: 'the catalog does not say',
}

const loginOptions = (answers: Answers, facts: Facts): FactOption[] => {
  const key = keyNamed(facts, textIn(answers, 'key'))
  if (key === undefined || !facts.keyLogins.read) return []
  return facts.keyLogins.value.map(({ login }): FactOption => {
    const link = linkOf(facts, key, login)
    return {
      value: login,
      label: login,
      usable: typeof link !== 'object',
      ...(typeof link === 'object' ? { reason: `It was made from ${link.other}, as its sid says` } : {}),
      facts: {
        Key: typeof link === 'object' ? link.other : linkWords[link],
        Credential:
          heldBy(facts, login)
            .map(({ credential }) => credential)
            .join(', ') || 'none',
      },
    }
  })
}

const credentialOptions = ({ ekm }: Facts): FactOption[] =>
  ekm.credentials.read
    ? ekm.credentials.value
        .filter(({ provider }) => provider !== null)
        .map(({ name, identity, provider, logins }) => ({
          value: name,
          label: name,
          usable: true,
          facts: {
            Identity: identity,
            Provider: provider ?? '',
            'Held by': logins.map(({ login }) => login).join(', ') || 'no login',
          },
        }))
    : []

/** In the order in which they go. Unusable: not there, as far as was read. */
const partOptions = (answers: Answers, facts: Facts): FactOption[] => {
  const rest = answers['scope'] === 'rest'
  return cleanUpParts
    .filter((part) => !rest || (part !== 'login' && part !== 'key'))
    .map((part) => {
      const { label, reason } = partWords(part, answers, facts)
      return { value: part, label, usable: reason === null, ...(reason === null ? {} : { reason }) }
    })
}

const partWords = (
  part: CleanUpPart,
  answers: Answers,
  facts: Facts,
): { label: string; reason: string | null } => {
  const login = textIn(answers, 'keyLogin')
  const credential = textIn(answers, 'credential')
  const key = textIn(answers, 'key')
  const rest = answers['scope'] === 'rest'
  switch (part) {
    case 'mapping': {
      const held = rest ? (credentialNamed(facts, credential)?.logins ?? []).map((one) => one.login) : [login]
      return {
        label: rest
          ? `Credential ${credential || '(not chosen)'} off its logins`
          : `Credential off login ${login || '(not chosen)'}`,
        reason:
          held.some((one) => heldBy(facts, one).length > 0) || !facts.ekm.credentials.read
            ? null
            : 'No login holds one',
      }
    }
    case 'login':
      return {
        label: `Login ${login || '(not chosen)'}, made from the key`,
        reason: login === '' ? 'No login of the key is chosen' : null,
      }
    case 'key':
      return { label: `Asymmetric key ${key || '(not chosen)'} (the key in the vault stays)`, reason: null }
    case 'credential':
      return {
        label: `Credential ${credential || '(not chosen)'}, and off every login that holds it`,
        reason: credential === '' ? 'No credential is chosen' : null,
      }
    case 'provider': {
      const name = providerIn(answers, facts)
      return {
        label: `Cryptographic provider ${name ?? '(not chosen)'}`,
        reason: name === null || providerNamed(facts, name) === undefined ? 'No provider is shown' : null,
      }
    }
    case 'option':
      return {
        label: 'Option EKM provider enabled: off',
        reason: facts.ekm.option.read && !facts.ekm.option.value.inUse ? 'It is off already' : null,
      }
    case 'registry':
      return { label: 'Registry key of the connector, by hand and last', reason: null }
  }
}

const providerIn = (answers: Answers, facts: Facts): string | null => {
  const ofKey = answers['scope'] === 'rest' ? undefined : keyNamed(facts, textIn(answers, 'key'))
  const ofCredential = credentialNamed(facts, textIn(answers, 'credential'))
  return ofKey?.provider ?? (textIn(answers, 'provider') || ofCredential?.provider) ?? null
}

const shownOn = (screen: string, answers: Answers, facts: Facts): FormFacts['shown'] => {
  const { ekm } = facts
  const key = keyNamed(facts, textIn(answers, 'key'))
  if (screen === 'objects') {
    return [
      shownOf(ekm.option, 'EKM provider enabled', ({ inUse }) => (inUse ? 'on' : 'off')),
      shownOf(ekm.providers, 'Providers', names),
      shownOf(ekm.keys, 'Asymmetric keys of providers', names),
    ]
  }
  if (key === undefined || answers['scope'] === 'rest') return []
  if (screen === 'parts') {
    return [
      shownOf(key.place, 'Vault key', () => placeOf(key) ?? 'no place is noted'),
      shownOf(facts.keyLogins, 'Login of the key', () => loginFor(facts, key) ?? 'the catalog does not say'),
    ]
  }
  return lossShown(listOf(answers['scratch']), facts)
}

const names = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join(', ') || 'none'

const mostShown = 40

/** One line for each who needs the key, may need it, or could not be asked: by name. */
const lossShown = (scratch: readonly string[], { use, target }: Facts): FormFacts['shown'] => {
  if (use === null) return []
  const line = (label: string, value: string): FormFacts['shown'][number] => ({
    label,
    value,
    source: target.name,
    at: use.at,
  })
  const { users, notRead, mayNeed, checked } = use.value
  const left = users.filter(({ database }) => database === null || !scratch.includes(database))
  const lines = [
    ...left.map(({ what }, index) =>
      line(index === 0 ? 'Still needed by' : `Still needed by (${index + 1})`, what),
    ),
    ...(left.length === 0
      ? [
          line(
            'Still needed by',
            `nobody that was found in: ${checked.join('; ') || 'nothing that was told'}`,
          ),
        ]
      : []),
    ...notRead.map((what, index) => line(`Not read${index === 0 ? '' : ` (${index + 1})`}`, what)),
    ...mayNeed.map((what, index) => line(`May need it${index === 0 ? '' : ` (${index + 1})`}`, what)),
  ]
  return lines.length <= mostShown
    ? lines
    : [
        ...lines.slice(0, mostShown),
        line('More', `${lines.length - mostShown} lines, all of them on the review`),
      ]
}

const sightCheck = ({ ekm, keyLogins, readAt }: Facts): FormFacts['checks'][number] => {
  const parts: Read<unknown>[] = [ekm.keys, ekm.credentials, ekm.providers, ekm.databases, keyLogins]
  const unread = parts.find((one) => !one.read)
  return {
    name: 'What this login may see',
    state: unread === undefined ? 'ok' : 'failed',
    detail:
      unread === undefined || unread.read
        ? 'Keys, credentials, providers, logins and databases are shown'
        : `${unread.source}: ${unread.because}`,
    at: readAt,
    field: 'target',
  }
}

const suggestions = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const key = answers['scope'] === 'rest' ? undefined : keyNamed(facts, textIn(answers, 'key'))
  const login = key === undefined ? null : loginFor(facts, key)
  const held = login === null ? undefined : heldBy(facts, login)[0]?.credential
  const folder = facts.folders.read ? facts.folders.value.backup : null
  return {
    scope: { value: 'key', because: 'A key at a time' },
    ...(login === null ? {} : { keyLogin: { value: login, because: 'As far as the catalog tells' } }),
    ...(held === undefined ? {} : { credential: { value: held, because: 'The login of the key holds it' } }),
    ...(key === undefined
      ? {}
      : {
          parts: {
            value: login === null ? ['key'] : [...(held === undefined ? [] : ['mapping']), 'login', 'key'],
            because: 'What stands and falls with the key; credential and provider may serve others',
          },
        }),
    ...(folder === null || folder.startsWith('/')
      ? {}
      : {
          exportFolder: {
            value: inServerFolder(folder, '').replace(/\\$/, ''),
            because: 'A folder that is there',
          },
        }),
  }
}
