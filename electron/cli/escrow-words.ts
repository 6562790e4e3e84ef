import { contentOf } from '../../shared/model/escrow.ts'
import type { ManifestItem } from '../escrow/package/manifest.ts'
import type { SignerCheck } from '../escrow/package/signer.ts'
import type { PackageCheck } from '../escrow/package/verify.ts'

export const signerLines = ({ fingerprint, standing }: SignerCheck): string[] => [
  `Signature: fits the key ${fingerprint}`,
  standing === 'package-only'
    ? 'Signer: known from this package alone. Whoever changed the package could have signed it anew: compare the 64 digits with those that were noted, or give them with --signer'
    : 'Signer: the one that was given',
]

export const packageLines = ({ manifest, files, bytes, signer }: PackageCheck): string[] => {
  const { id, made, group, recipients, items } = manifest
  return [
    `Package ${id}, made ${made.at} by run ${made.run}`,
    `Files: ${files} files, ${bytes} bytes; each has the length and the SHA-256 that the manifest lists, and there is no other`,
    ...signerLines(signer),
    `Share group: ${group.name} (${group.id}), ${group.threshold} of ${group.members.length} shares open it`,
    ...recipients.map(({ number, kind, name }) => `Recipient ${number}: ${name} (${kind})`),
    ...items.map(itemLine),
    'Not checked: whether it opens. That takes shares or the key of a recipient',
  ]
}

export const itemLine = (item: ManifestItem): string =>
  `Item ${item.number}: ${item.name}; ${contentOf(item).words}; from ${item.from.target}`

export const exitWords = `Exit codes: 0 done, signer given · 3 done, signer known from the package alone · 1 not done, a sentence says why · 2 the command was not understood`
