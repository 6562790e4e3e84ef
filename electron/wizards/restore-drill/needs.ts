import type { Thumbprint } from '../../../shared/model/ids.ts'
import type { Chain } from './chains.ts'
import type { Facts } from './facts-model.ts'

/** Which certificates a restore of these chains asks for, as far as the source can tell. */
export interface Needs {
  /** Encryptors of the backups themselves: the history has them. */
  backup: readonly Thumbprint[]
  /** Encryptors of the databases under TDE, as they are now; those of the time of the backup stand in the file. */
  tde: readonly { database: string; thumbprint: Thumbprint }[]
  all: readonly Thumbprint[]
}

export const needsOf = (chains: readonly Chain[], { source }: Facts): Needs => {
  const backup = [
    ...new Set(chains.flatMap(({ sets }) => sets.flatMap(({ thumbprint }) => thumbprint ?? []))),
  ].sort()
  const names = new Set(chains.flatMap(({ sets }) => sets.map(({ database }) => database)))
  const tde = source.databases.read
    ? source.databases.value.flatMap(({ name, tde: on, tdeThumbprint }) =>
        on && tdeThumbprint !== null && names.has(name)
          ? [{ database: name, thumbprint: tdeThumbprint }]
          : [],
      )
    : []
  return { backup, tde, all: [...new Set([...backup, ...tde.map(({ thumbprint }) => thumbprint)])] }
}
