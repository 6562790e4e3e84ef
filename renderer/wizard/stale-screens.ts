import type { FormDescription } from '../../shared/forms/form.ts'
import { ask } from '../bridge/index.ts'

/** Later screens, among those visited, whose answers no longer fit after this one changed. They keep what was typed. */
export const screensThatNeedAChange = async (
  draft: string,
  changed: string,
  visited: readonly string[],
  form: FormDescription,
): Promise<ReadonlySet<string>> => {
  const at = form.screens.findIndex(({ id }) => id === changed)
  const later = form.screens.slice(at + 1).filter(({ id }) => visited.includes(id))
  const checked = await Promise.all(
    later.map(async ({ id }) => ({ id, ...(await ask('wizard.check', { draft, screen: id })) })),
  )
  return new Set(checked.filter(({ problem }) => problem !== null).map(({ id }) => id))
}
