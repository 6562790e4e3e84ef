import type { VaultKeyRotationDraft } from '../../../shared/forms/vault-key-rotation-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { VaultKey } from '../../ports/key-vault.ts'
import { keyPlaceOf, type KeyPlace } from '../azure/key-uri.ts'
import type { DatabaseUnderKey, EkmFacts, ProviderKeyFact } from '../sqlserver/ekm-facts.ts'
import { databasesUnderKey } from '../sqlserver/ekm-links.ts'
import type { ServerFacts } from '../sqlserver/facts-model.ts'
import { answeredReplicas, keyOf } from '../sqlserver/tde-facts.ts'
import type { Facts, KeyInVault } from './facts-model.ts'

/** What every part of the plan needs; all of it follows from draft, facts and run id. */
export interface PlanContext {
  draft: VaultKeyRotationDraft
  facts: Facts
  runId: RunId
  mark: string
  /** Asymmetric keys that the chosen databases hang on now, in the order of their names. */
  old: readonly OldKey[]
  /** Name of the vault key that they are to hang on. */
  vaultKey: string
  /** The version of it; null: the one that this run makes. */
  version: string | null
  /** The newest version that is there; null: not read, or no such key. */
  present: VaultKey | null
  /** The server, then each replica that answered. */
  servers: readonly RotatedServer[]
}

export interface OldKey {
  key: ProviderKeyFact
  /** Null: not read, or not noted. */
  place: KeyPlace | null
  /** Those of the chosen ones whose keys are under it. */
  databases: readonly string[]
}

export interface RotatedServer {
  facts: ServerFacts
  ekm: EkmFacts
  /** The provider of the old keys. */
  provider: string
  /** An asymmetric key that leads to the wanted version already; null: one is made. */
  there: ProviderKeyFact | null
}

export const contextFor = (draft: VaultKeyRotationDraft, facts: Facts, runId: RunId): PlanContext => {
  const old = oldKeysOf(draft.databases, facts)
  const vaultKey = draft.to === 'other-key' ? draft.otherKey : draft.vaultKey
  const present = wantedKey(draft, facts)?.present ?? null
  const version = draft.to === 'new-version' ? null : (present?.version ?? '‹version›')
  const provider = old[0]?.key.provider ?? '‹provider›'
  const wanted: KeyPlace = { host: draft.vault.toLowerCase(), key: vaultKey, version }
  const server = (own: ServerFacts, ekm: EkmFacts): RotatedServer => ({
    facts: own,
    ekm,
    provider,
    there: version === null ? null : keyAtPlace(ekm, wanted),
  })
  return {
    draft,
    facts,
    runId,
    mark: runMark(runId),
    old,
    vaultKey,
    version,
    present,
    servers: [
      server(facts, facts.ekm),
      ...answeredReplicas(facts).flatMap(({ facts: own }) => {
        const keys = facts.replicaKeys[own.target.id]
        return keys === undefined ? [] : [server(own, keys)]
      }),
    ],
  }
}

/** The key in the vault whose version is wanted; null: not read. */
export const wantedKey = ({ to }: Pick<VaultKeyRotationDraft, 'to'>, { azure }: Facts): KeyInVault | null => {
  const read = to === 'other-key' ? azure?.other : azure?.old
  return read?.read === true ? read.value : null
}

export const placeOfKey = ({ place }: ProviderKeyFact): KeyPlace | null =>
  place.read && place.value !== null ? keyPlaceOf(place.value) : null

const keyAtPlace = ({ keys }: EkmFacts, wanted: KeyPlace): ProviderKeyFact | null =>
  (keys.read
    ? keys.value.find((key) => {
        const place = placeOfKey(key)
        return (
          place !== null &&
          place.host === wanted.host &&
          place.key.toLowerCase() === wanted.key.toLowerCase() &&
          place.version === wanted.version?.toLowerCase()
        )
      })
    : undefined) ?? null

/** The database with what its key is under, as the server shows it. */
export const underKey = (facts: Facts, database: string): DatabaseUnderKey | null =>
  (facts.ekm.databases.read ? facts.ekm.databases.value.find(({ name }) => name === database) : undefined) ??
  null

/** The asymmetric key of a provider that a database hangs on; null: none that this login sees. */
export const oldKeyOf = (facts: Facts, database: string): ProviderKeyFact | null => {
  const thumbprint = underKey(facts, database)?.key?.thumbprint ?? null
  if (thumbprint === null || !facts.ekm.keys.read || keyOf(facts, database) === undefined) return null
  return facts.ekm.keys.value.find((key) => key.thumbprint === thumbprint) ?? null
}

const oldKeysOf = (databases: readonly string[], facts: Facts): OldKey[] => {
  const byName = new Map<string, OldKey & { databases: string[] }>()
  for (const database of databases) {
    const key = oldKeyOf(facts, database)
    if (key === null) continue
    const known = byName.get(key.name) ?? { key, place: placeOfKey(key), databases: [] }
    known.databases.push(database)
    byName.set(key.name, known)
  }
  return [...byName.values()].toSorted((a, b) => a.key.name.localeCompare(b.key.name))
}

/** Name of the asymmetric key on one server. */
export const keyOn = ({ draft }: PlanContext, { there }: RotatedServer): string =>
  there?.name ?? draft.keyName

/** Every database whose key is under an old key when the plan is made, chosen or not: their backups may need it. */
export const usersOf = ({ facts }: Pick<PlanContext, 'facts'>, { key, databases }: OldKey): string[] =>
  facts.ekm.databases.read
    ? databasesUnderKey(facts.ekm, key.thumbprint).map(({ name }) => name)
    : [...databases]
