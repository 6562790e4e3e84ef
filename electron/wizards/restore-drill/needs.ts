import type { Chain } from './chains.ts'
import type { Facts } from './facts-model.ts'
import { vaultProtector } from './vault-keys.ts'

/** Which certificates a restore of these chains asks for, as far as the source can tell. */
export interface Needs {
  /** Encryptors of the backups themselves: the history has them. */
  backup: readonly string[]
  /** Encryptors of the databases under TDE, as they are now; those of the time of the backup stand in the file. */
  tde: readonly { database: string; thumbprint: string }[]
  /** Databases under TDE whose encryptor this login does not see: which certificate they ask for is not known. */
  unseen: readonly string[]
  all: readonly string[]
}

/** At least so many pairs of key files are asked for: one certificate may be behind all that is not seen. */
export const fewestKeys = ({ all, unseen }: Needs): number => Math.max(all.length, unseen.length > 0 ? 1 : 0)

/** At most so many: each database whose encryptor is not seen may have one of its own. */
export const mostKeysNeeded = ({ all, unseen }: Needs): number => all.length + unseen.length

/** Keys in vaults are not among them: those have no files (`vaultKeysOf`). */
export const needsOf = (chains: readonly Chain[], facts: Facts): Needs => {
  const { source } = facts
  const backup = [
    ...new Set(
      chains.flatMap(({ sets }) =>
        sets.flatMap(({ thumbprint, encryptor }) =>
          encryptor === 'asymmetric-key' ? [] : (thumbprint ?? []),
        ),
      ),
    ),
  ].sort()
  const names = new Set(chains.flatMap(({ sets }) => sets.map(({ database }) => database)))
  const under = source.databases.read
    ? source.databases.value.filter(
        ({ name, tde: on }) => on && names.has(name) && vaultProtector(facts, name) === null,
      )
    : []
  const tde = under.flatMap(({ name, tdeThumbprint }) =>
    tdeThumbprint === null ? [] : [{ database: name, thumbprint: tdeThumbprint }],
  )
  const unseen = under.flatMap(({ name, tdeThumbprint }) => (tdeThumbprint === null ? [name] : []))
  return { backup, tde, unseen, all: [...new Set([...backup, ...tde.map(({ thumbprint }) => thumbprint)])] }
}
