import type { KeyRow } from '../../shared/ipc/schemas.ts'
import { eachAtOnce } from '../platform/at-once.ts'
import type { KeyVault, VaultCallOptions, VaultKeyFacts } from '../ports/key-vault.ts'

/**
 * How many keys of one vault are asked for their versions at the same time. A vault takes 4,000 such requests in 10 s;
 * with eight in flight that would need answers within 20 ms.
 */
export const versionsAtOnce = 8

/**
 * Every version of every key, key by key as the answers come (so in no order of keys), oldest version first. A key that
 * was deleted in between has none. Keeps only the names, at most 10,000. Permission: `keys/read`; errors of
 * `KeyVault.keys`. Changes nothing.
 */
export const eachKey = async (
  vault: KeyVault,
  take: (versions: readonly VaultKeyFacts[]) => void,
  options: VaultCallOptions = {},
): Promise<void> => {
  const names = (await vault.keys(options)).map(({ name }) => name)
  await eachAtOnce(names, versionsAtOnce, async (name) => take(await vault.versions(name, options)))
}

/** A row for each version: an old one may still be needed. */
export const readVaultKeys = async (
  vault: KeyVault,
  at: { target: KeyRow['target']; environment: KeyRow['environment']; now: Date },
): Promise<KeyRow[]> => {
  const rows: KeyRow[] = []
  await eachKey(vault, (versions) => {
    rows.push(...versions.map((version, index) => rowOf(version, index === versions.length - 1, at)))
  })
  return rows
}

const rowOf = (
  key: VaultKeyFacts,
  newest: boolean,
  { target, environment, now }: { target: string; environment: KeyRow['environment']; now: Date },
): KeyRow => ({
  id: key.id,
  name: `${key.name}, ${(key.version ?? '').slice(0, 8)} (${newest ? 'newest' : 'older'})`,
  kind: 'key in a vault',
  target,
  environment,
  state: stateOf(key, now),
  thumbprint: null,
  algorithm: null,
  expires: key.expires,
  // A vault says nothing of the backups that were taken of a key.
  lastExport: 'not-recorded',
  changed: key.updated ?? key.created,
  protects: [],
  needs: [],
  readAt: now.toISOString(),
  source: key.id,
})

/** Words of NIST SP 800-57. A disabled version can be enabled again. */
const stateOf = ({ enabled, notBefore, expires }: VaultKeyFacts, now: Date): string => {
  if (!enabled) return 'suspended'
  if (notBefore !== null && new Date(notBefore) > now) return 'pre-activation'
  return expires !== null && new Date(expires) <= now ? 'deactivated' : 'active'
}
