import { copyLines } from '../../../shared/model/token-key.ts'
import { isLastKnown, isProven } from '../../ports/verdicts.ts'
import type { Facts } from './facts-model.ts'

/** What a person types to destroy the last known copy. */
export const nameToType = ({ label, id }: { label: string; id: string }): string =>
  label.trim() === '' ? id : label

/** No other copy that is known to be one; also where nothing was asked. */
export const isLast = ({ copies }: Pick<Facts, 'copies'>): boolean => copies === null || isLastKnown(copies)

/** Why the copies do, or don't, stand for the key. */
export const verdictWords = ({ copies, key }: Pick<Facts, 'copies' | 'key'>): string => {
  if (copies === null || key === null) return 'No key is chosen'
  const { vaults, packages } = copies
  if (!isLastKnown(copies)) {
    const proven = packages.filter(isProven)
    return [
      ...(vaults.length > 0 ? [`${vaults.length} versions of vault keys are the same key`] : []),
      ...(proven.length > 0
        ? [`a drill opened it out of package ${proven.map(({ id }) => id).join(', ')}`]
        : []),
    ].join('; ')
  }
  if (packages.length === 0) return 'No copy of it is known: not in a vault that answered, not in a package'
  return packages.some(({ escrowedAt }) => escrowedAt.length > 0)
    ? 'It is escrowed, and no drill ever opened it out of a package'
    : 'A package with it was written, and never read back from where it is stored'
}

/** All copies, one a line. */
export const linesOf = (copies: NonNullable<Facts['copies']>): string[] => copyLines(copies)
