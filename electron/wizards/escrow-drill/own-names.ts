import type { EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import { givenNames } from '../../../shared/forms/escrow-drill-names.ts'
import type { ManifestItem } from '../../escrow/package/manifest.ts'

/** What the certificate was called on its server: the manifest has it as `server.master.name`. Null: it came from files. */
export const ownName = ({ from, sqlNames }: Pick<ManifestItem, 'from' | 'sqlNames'>): string | null => {
  const before = `${from.identity}.master.`
  return sqlNames.find((one) => one.startsWith(before))?.slice(before.length) ?? null
}

export const hasNoName = (item: ManifestItem): boolean =>
  item.kind === 'certificate' && ownName(item) === null

/** What stands in a plan that can't be approved before the name is given. */
const missing = ({ number }: ManifestItem): string => `‹name of item ${number}›`

/** The name that a recovery gives a certificate: its own, or where the package does not have it, the person’s. */
export const recoveredName = (
  { certificateNames }: Pick<EscrowDrillDraft, 'certificateNames'>,
  item: ManifestItem,
) => ownName(item) ?? givenNames(certificateNames).get(item.number) ?? missing(item)

/**
 * Why the names that were given do not fit the chosen items of a recovery; null: they do. A name for an item that has its
 * own would be passed over in silence, so it is refused.
 */
export const namesUnfit = (
  draft: Pick<EscrowDrillDraft, 'items' | 'certificateNames'>,
  items: readonly ManifestItem[],
): string | null => {
  const given = givenNames(draft.certificateNames)
  const chosen = items.filter((item) => draft.items.includes(String(item.number)) && hasNoName(item))
  const nameless = chosen.filter(({ number }) => !given.has(number))
  if (nameless.length > 0)
    return `The package has no name for ${nameless.map(({ number, name }) => `item ${number} (${name})`).join(', ')}: it came from files. Enter the name that its certificate gets`
  const idle = [...given.keys()].filter((one) => !chosen.some(({ number }) => number === one))
  return idle.length === 0
    ? null
    : `Item ${idle.join(', ')} is not chosen, is no certificate or has its own name in the package. Take its line out`
}
