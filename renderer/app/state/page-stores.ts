const emptiers = new Set<() => void>()

/** A store that holds anything read from targets registers here: locking empties all of them. */
export const emptiedOnLock = (empty: () => void): void => {
  emptiers.add(empty)
}

export const emptyPageStores = (): void => {
  for (const empty of emptiers) empty()
}
