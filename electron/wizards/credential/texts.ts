import type { CredentialFact, EkmFacts } from '../sqlserver/ekm-facts.ts'
import { databasesNotOpen, databasesOfCredential, isUncertain } from '../sqlserver/ekm-links.ts'

/** Sooner than this a secret's end is worth a warning. */
export const soonDays = 60

export const databasesText = (ekm: EkmFacts, credential: CredentialFact): string => {
  if (!ekm.databases.read) return ekm.databases.because
  const names = databasesOfCredential(ekm, credential).map(({ name, state }) =>
    state === 'ONLINE' ? name : `${name} (${state})`,
  )
  const closed = databasesNotOpen(ekm).map(({ name, state }) => `${name} (${state}; perhaps)`)
  const all = [...names, ...(credential.logins.some(({ type }) => type === 'K') ? closed : [])]
  return all.length === 0
    ? 'none'
    : `${all.join(', ')}${isUncertain(ekm, credential) ? '; perhaps: the catalog does not rule out another credential' : ''}`
}
