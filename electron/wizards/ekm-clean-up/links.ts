import { hostOfIdentity, identityOf, managedIdentity } from '../../../shared/model/ekm.ts'
import type { CleanUpDraft, CleanUpPart } from '../../../shared/forms/ekm-clean-up-draft.ts'
import { databasesUnderKey, loginOfKey } from '../sqlserver/ekm-links.ts'
import type { CredentialFact, ProviderFact, ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import type { Facts } from './facts-model.ts'

/** Which object stands on which, as far as the facts tell. Pure. */

export const keyNamed = ({ ekm }: Facts, name: string): ProviderKeyFact | undefined =>
  ekm.keys.read ? ekm.keys.value.find((one) => one.name === name) : undefined

export const credentialNamed = ({ ekm }: Facts, name: string): CredentialFact | undefined =>
  ekm.credentials.read ? ekm.credentials.value.find((one) => one.name === name) : undefined

export const providerNamed = ({ ekm }: Facts, name: string): ProviderFact | undefined =>
  ekm.providers.read ? ekm.providers.value.find((one) => one.name === name) : undefined

/** `other`: its sid is that of another key. `word`: nothing tells; a person says so. */
export type LoginLink = 'sid' | 'name' | 'word' | { other: string }

/** How it is known that a login was made from a key. */
export const linkOf = (facts: Facts, key: ProviderKeyFact, login: string): LoginLink => {
  const own = facts.keyLogins.read ? facts.keyLogins.value.find((one) => one.login === login) : undefined
  if (own?.thumbprint != null) {
    if (own.thumbprint === key.thumbprint) return 'sid'
    const other = facts.ekm.keys.read
      ? facts.ekm.keys.value.find(({ thumbprint }) => thumbprint === own.thumbprint)
      : undefined
    if (other !== undefined) return { other: other.name }
  }
  return loginOfKey(facts.ekm, key.name) === login ? 'name' : 'word'
}

/** The login of a key as the facts have it; null: they do not tell. */
export const loginFor = (facts: Facts, key: ProviderKeyFact): string | null => {
  if (!facts.keyLogins.read) return null
  const bySid = facts.keyLogins.value.find(({ login }) => linkOf(facts, key, login) === 'sid')
  const named = loginOfKey(facts.ekm, key.name)
  return bySid?.login ?? (named !== null && linkOf(facts, key, named) === 'name' ? named : null)
}

/** Other keys under which a database is. */
export const otherKeysInUse = (facts: Facts, key: string): ProviderKeyFact[] =>
  facts.ekm.keys.read
    ? facts.ekm.keys.value.filter(
        ({ name, thumbprint }) => name !== key && databasesUnderKey(facts.ekm, thumbprint).length > 0,
      )
    : []

export interface Mapping {
  login: string
  credential: string
  provider: string
}

/** Every mapping, of credentials for providers. */
const mappings = ({ ekm }: Facts): Mapping[] =>
  ekm.credentials.read
    ? ekm.credentials.value.flatMap(({ name, provider, logins }) =>
        provider === null ? [] : logins.map(({ login }) => ({ login, credential: name, provider })),
      )
    : []

export const heldBy = (facts: Facts, login: string): Mapping[] =>
  mappings(facts).filter((one) => one.login === login)

export const has = ({ parts }: Pick<CleanUpDraft, 'parts'>, part: CleanUpPart): boolean =>
  parts.includes(part)

/** Mappings that the run takes away: those of the key's login, and all of a credential that goes. */
export const mappingsToTake = (draft: CleanUpDraft, facts: Facts): Mapping[] =>
  mappings(facts).filter(
    ({ login, credential }) =>
      (draft.scope === 'key' && draft.keyLogin === login && (has(draft, 'mapping') || has(draft, 'login'))) ||
      (credential === draft.credential &&
        (has(draft, 'credential') || (draft.scope === 'rest' && has(draft, 'mapping')))),
  )

/** The provider that the parts are about: of the key, of the credential, or chosen. */
export const providerOf = (draft: CleanUpDraft, facts: Facts): string | null => {
  const ofKey = draft.scope === 'key' ? (keyNamed(facts, draft.key)?.provider ?? null) : null
  return ofKey ?? (draft.provider || (credentialNamed(facts, draft.credential)?.provider ?? null))
}

/** Where a key is in the vault, from what the connector noted: `https://host/keys/name/version`. */
export const vaultKeyOf = ({ place }: ProviderKeyFact): { name: string; version: string | null } | null => {
  const uri = place.read ? place.value : null
  if (uri === null || !URL.canParse(uri)) return null
  const found = /^\/keys\/([A-Za-z0-9-]{1,26})(?:\/([0-9a-f]{32}))?\/?$/i.exec(new URL(uri).pathname)
  return found?.[1] === undefined ? null : { name: found[1], version: found[2]?.toLowerCase() ?? null }
}

export const placeOf = ({ place }: ProviderKeyFact): string | null => (place.read ? place.value : null)

export const isManaged = ({ identity }: Pick<CredentialFact, 'identity'>): boolean =>
  identity.toLowerCase() === managedIdentity.toLowerCase()

/** Whether a statement of Keyturn's makes this credential again as it was; its secret is another matter. */
export const canBeMadeAgain = (credential: CredentialFact): boolean => {
  if (isManaged(credential)) return hostOfIdentity(credential.name) === credential.name.toLowerCase()
  const host = hostOfIdentity(credential.identity)
  return host !== null && identityOf(host) === credential.identity
}

/** What undoes the drop of the credential, or why nothing does. */
export const credentialMeans = (
  draft: CleanUpDraft,
  credential: CredentialFact | undefined,
): { can: true } | { can: false; because: string } => {
  if (credential === undefined || !canBeMadeAgain(credential)) {
    return { can: false, because: 'Its IDENTITY is not written as Keyturn would write it again' }
  }
  if (isManaged(credential)) return { can: true }
  return draft.clientId !== '' && draft.clientSecret !== null
    ? { can: true }
    : {
        can: false,
        because: 'The server never shows its secret, and none was entered to make it again with',
      }
}
