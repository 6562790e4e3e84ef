import type { Answers, NextStep } from '../../../shared/forms/form.ts'
import type { RunView } from '../../../shared/model/plan.ts'

/** Answers for a new draft about the vault key that the run read back; null: it read none, or the job takes none. */
export const answersCarried = (to: NextStep['to'], view: RunView): Answers | null => {
  const azure = view.plan.targets.find(({ ref }) => ref.kind === 'azure')?.ref.id
  const found = view.steps
    .flatMap(({ evidence }) => evidence)
    .find(({ data }) => typeof data?.['vaultKey'] === 'string' && typeof data['vaultHost'] === 'string')?.data
  if (azure === undefined || found === undefined || to !== 'vault-key-rotation') return null
  return {
    azure,
    vault: String(found['vaultHost']),
    to: 'other-key',
    otherKey: String(found['vaultKey']),
  }
}
