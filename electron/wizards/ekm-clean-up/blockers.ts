import type { CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { verdictOn, type RetireVerdict } from '../../ports/verdicts.ts'
import { keysOfCredential } from '../sqlserver/ekm-links.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'
import {
  credentialNamed,
  has,
  keyNamed,
  linkOf,
  loginFor,
  otherKeysInUse,
  providerNamed,
  providerOf,
} from './links.ts'

/** Each user is a blocker by name; more of them are counted. */
const mostNamed = 30

type Parts = readonly Blocker[]

/** What the plan can't run with. Pure. */
export const blockersOn = (draft: CleanUpDraft, facts: Facts): Blocker[] => [
  ...unread(draft, facts),
  ...keyBlockers(draft, facts),
  ...scratchBlockers(draft, facts),
  ...credentialBlockers(draft, facts),
  ...secretBlockers(draft, facts),
  ...providerBlockers(draft, facts),
  ...optionBlockers(draft, facts),
  ...registryBlockers(draft, facts),
]

const blocker = (what: string, measured: string, limit: string, screen: string | null): Blocker => ({
  what,
  measured,
  limit,
  screen,
})

/** The verdict on the chosen key, without what goes earlier in the run. Null: no key is chosen, or it was not asked. */
export const verdictFor = (draft: Pick<CleanUpDraft, 'scratch'>, { use }: Facts): RetireVerdict | null =>
  use === null ? null : verdictOn(use.value, draft.scratch)

/** A list that was not read may hold anything, so that nothing of it is dropped. */
const unread = (draft: CleanUpDraft, { ekm, keyLogins }: Facts): Parts => {
  const needed: [Read<unknown>, string, boolean][] = [
    [ekm.keys, 'Asymmetric keys', true],
    [ekm.credentials, 'Credentials and who holds them', true],
    [ekm.providers, 'Cryptographic providers', has(draft, 'provider') || has(draft, 'option')],
    [ekm.databases, 'Databases and what their keys are under', true],
    [keyLogins, 'Logins that were made from keys', draft.scope === 'key'],
    [ekm.option, 'The option EKM provider enabled', has(draft, 'option')],
  ]
  return needed.flatMap(([read, what, counts]) =>
    read.read || !counts
      ? []
      : [
          blocker(
            `${what}: not read`,
            read.because,
            'Nothing is dropped while what stands on it is not read. Give the login the right, or connect with another one',
            'objects',
          ),
        ],
  )
}

const keyBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  if (draft.scope !== 'key' || !facts.ekm.keys.read) return []
  const key = keyNamed(facts, draft.key)
  if (key === undefined) {
    return [
      blocker(
        `Asymmetric key ${draft.key}`,
        `not on ${facts.target.name}`,
        'Choose one that is there, or clean up what is left without a key',
        'objects',
      ),
    ]
  }
  const goes = has(draft, 'key')
  const own = loginFor(facts, key)
  return [
    ...useBlockers(draft, facts),
    ...(draft.keyLogin === '' ? [] : loginBlockers(draft, facts)),
    ...(goes && own !== null && !(has(draft, 'login') && draft.keyLogin === own)
      ? [
          blocker(
            `Login ${own} stands on ${key.name}`,
            'It was made from it',
            'The server drops no key that a login was made from (SQL 15352). Let the login go too, or leave the key',
            'parts',
          ),
        ]
      : []),
    ...(goes && key.provider === null
      ? [
          blocker(
            `Provider of ${key.name}`,
            'not shown',
            'Without its provider nothing says how it would be made again. Leave the key',
            'objects',
          ),
        ]
      : []),
  ]
}

/** What takes the key away from the server: all three end its use. */
const endsUse = (draft: CleanUpDraft): boolean =>
  has(draft, 'mapping') || has(draft, 'login') || has(draft, 'key') || has(draft, 'credential')

const useBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  if (!endsUse(draft)) return []
  const verdict = verdictFor(draft, facts)
  if (verdict === null) {
    return [blocker(`Who needs ${draft.key}`, 'not read', 'Read the facts again', 'objects')]
  }
  switch (verdict.state) {
    case 'unknown':
      return [
        blocker(
          `Who needs ${draft.key} is not known`,
          verdict.why,
          'What can’t be read stops a clean-up as a need does. Give the right, or bring the database online',
          'loss',
        ),
      ]
    case 'in-use': {
      const more = verdict.users.length - mostNamed
      const way =
        'Turn TDE off or change the protector in the job for that; take a log backup; delete the history of backups that no longer exist'
      return [
        ...verdict.users
          .slice(0, mostNamed)
          .map((user) => blocker(`${draft.key} is in use`, user, way, 'loss')),
        ...(more > 0 ? [blocker(`${draft.key} is in use`, `${more} more`, way, 'loss')] : []),
      ]
    }
    case 'unused':
      return has(draft, 'key') && draft.confirmation === ''
        ? [
            blocker(
              `The name of ${draft.key} is not typed`,
              'Dropping it may lose what no list of this server shows',
              'Look at what may be lost, and type the name there',
              'loss',
            ),
          ]
        : []
  }
}

const loginBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  const key = keyNamed(facts, draft.key)
  const touched = has(draft, 'login') || has(draft, 'mapping')
  if (key === undefined || !touched || !facts.keyLogins.read) return []
  if (!facts.keyLogins.value.some(({ login }) => login === draft.keyLogin)) {
    return [
      blocker(
        `Login ${draft.keyLogin}`,
        'no login of that name was made from a key',
        'Choose one that is there, or leave the login out',
        'parts',
      ),
    ]
  }
  const link = linkOf(facts, key, draft.keyLogin)
  if (typeof link === 'object') {
    return [
      blocker(
        `Login ${draft.keyLogin}`,
        `It was made from ${link.other}, as its sid says`,
        `Choose the login of ${key.name}`,
        'parts',
      ),
    ]
  }
  const others = otherKeysInUse(facts, key.name)
  return link === 'word' && others.length > 0
    ? [
        blocker(
          `From which key ${draft.keyLogin} was made is in no view`,
          `${others.map(({ name }) => name).join(', ')} is needed by databases, and it may be the login of that one`,
          'A database whose key has no login does not open at the next start. Clean this login up when no other key is needed',
          'parts',
        ),
      ]
    : []
}

/** Only what Keyturn named so, and only what is there. */
const scratchBlockers = (draft: CleanUpDraft, facts: Facts): Parts =>
  draft.scratch.flatMap((name) =>
    facts.databases.read && !facts.databases.value.some((one) => one.name === name)
      ? [blocker(`Scratch database ${name}`, `not on ${facts.target.name}`, 'Take it out', 'parts')]
      : [],
  )

const credentialBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  const ends = has(draft, 'credential') || (draft.scope === 'rest' && has(draft, 'mapping'))
  if (!ends || !facts.ekm.credentials.read) return []
  const credential = credentialNamed(facts, draft.credential)
  if (credential === undefined || credential.provider === null) {
    return [
      blocker(
        `Credential ${draft.credential}`,
        credential === undefined
          ? `not on ${facts.target.name}`
          : 'it is for no provider (storage, for instance)',
        'Choose a credential of a provider',
        'parts',
      ),
    ]
  }
  const others = keysOfCredential(facts.ekm, credential).filter(
    ({ key }) => !(draft.scope === 'key' && has(draft, 'key') && key.name === draft.key),
  )
  return others.map(({ key, databases }) =>
    blocker(
      `Key ${key.name} stands on ${credential.name}`,
      databases.length === 0
        ? 'no database is under it now'
        : `${databases.map(({ name }) => name).join(', ')}: under it`,
      'Without a credential the key opens no longer. Clean that key up first, or leave the credential',
      'parts',
    ),
  )
}

const secretBlockers = ({ clientSecret, ...draft }: CleanUpDraft, { secrets }: Facts): Parts =>
  clientSecret === null || !draft.parts.includes('credential') || secrets[clientSecret] !== undefined
    ? []
    : [
        blocker(
          'The secret of the application is not kept any more',
          'An undo could not send it',
          'Enter it again, or take it out with the client id',
          'parts',
        ),
      ]

const providerBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  if (!has(draft, 'provider') || !facts.ekm.providers.read) return []
  const name = providerOf(draft, facts)
  if (name === null || providerNamed(facts, name) === undefined) {
    return [
      blocker(
        `Provider ${name ?? ''}`.trim(),
        name === null ? 'not chosen' : `not on ${facts.target.name}`,
        'Choose one that is there',
        'objects',
      ),
    ]
  }
  return standing(draft, facts, (provider) => provider === name).map((what) =>
    blocker(
      `${what} stands on ${name}`,
      'It is there and does not go in this run',
      'Let it go first, or leave the provider',
      'parts',
    ),
  )
}

/** Keys and credentials that stay. */
const standing = (
  draft: CleanUpDraft,
  { ekm }: Facts,
  of: (provider: string | null) => boolean,
): string[] => [
  ...(ekm.keys.read
    ? ekm.keys.value
        .filter(
          ({ name, provider }) =>
            of(provider) && !(draft.scope === 'key' && has(draft, 'key') && name === draft.key),
        )
        .map(({ name }) => `Key ${name}`)
    : []),
  ...(ekm.credentials.read
    ? ekm.credentials.value
        .filter(
          ({ name, provider }) =>
            provider !== null && of(provider) && !(has(draft, 'credential') && name === draft.credential),
        )
        .map(({ name }) => `Credential ${name}`)
    : []),
]

const optionBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  const { providers } = facts.ekm
  if (!has(draft, 'option') || !providers.read) return []
  const going = has(draft, 'provider') ? providerOf(draft, facts) : null
  return providers.value
    .filter(({ name }) => name !== going)
    .map(({ name }) =>
      blocker(
        `Provider ${name} needs the option`,
        'It is there and does not go in this run',
        'Let it go first, or leave the option on',
        'parts',
      ),
    )
}

const registryBlockers = (draft: CleanUpDraft, facts: Facts): Parts => {
  if (!has(draft, 'registry') || facts.registry === null) return []
  if (!facts.registry.read) {
    return [
      blocker(
        'The registry key of the connector',
        facts.registry.because,
        'A step that nobody can check is not planned. Leave it out and delete the key by hand, late',
        'parts',
      ),
    ]
  }
  return standing(draft, facts, () => true)
    .filter((what) => what.startsWith('Key '))
    .map((what) =>
      blocker(
        `${what} is found through the registry`,
        'It is there and does not go in this run',
        'Without its entry the key opens no longer (connector 2053). Clean it up first, or leave the registry',
        'parts',
      ),
    )
}
