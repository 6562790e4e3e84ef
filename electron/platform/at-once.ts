/**
 * Does the work for each item, at most `limit` at the same time, in the order of the items. The first failure is thrown
 * after what had begun has ended; nothing more begins after it.
 */
export const eachAtOnce = async <Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  let next = 0
  let failed: { thrown: unknown } | null = null
  const lane = async (): Promise<void> => {
    while (failed === null && next < items.length) {
      const item = items[next] as Item
      next += 1
      try {
        await work(item)
      } catch (thrown) {
        failed ??= { thrown }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  if (failed !== null) throw (failed as { thrown: unknown }).thrown
}
