import { sharesOf, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { ManifestItem } from '../../escrow/package/manifest.ts'
import { openingHoles, type OpenedWith } from '../../scripts/escrow/drill-work.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import { drillCertificateName } from '../sqlserver/drill-names.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { recoveredName } from './own-names.ts'

/** What all steps of a plan are made of, whichever target takes the keys. */

/** A chosen item, and what the target takes of it. */
export interface PlannedItem {
  item: ManifestItem
  /** The name that its certificate gets on the server; null: it is none, or a token takes the keys. */
  certificate: string | null
  /** It is a key that a token takes. */
  onToken: boolean
}

export const plannedItems = (
  draft: Pick<EscrowDrillDraft, 'items' | 'purpose' | 'certificateNames' | 'putOn'>,
  { manifest }: PackageFact,
  runId: RunId,
): PlannedItem[] =>
  manifest.items
    .filter(({ number }) => draft.items.includes(String(number)))
    .map((item, index) => ({
      item,
      certificate:
        item.kind !== 'certificate' || draft.putOn === 'token'
          ? null
          : draft.purpose === 'drill'
            ? drillCertificateName(runId, index)
            : recoveredName(draft, item),
      onToken: draft.putOn === 'token' && item.kind === 'hsm-key',
    }))

export const once = { stopNow: null } as const
export const onlyReads = { can: false, because: 'It changes nothing', leaves: 'nothing' } as const

export const itemParams = ({ number, kind, name }: ManifestItem) => ({ number, kind, name })

/** What every step that reads the package is told of it. */
export type PackageParams = Omit<ParamsOf<'verify-escrow-package'>, 'purpose'>

export const packageParams = (
  draft: EscrowDrillDraft,
  { folder, manifest, manifestSha256, signer }: PackageFact,
): PackageParams => ({
  place: draft.packageFolder,
  folder,
  package: manifest.id,
  manifestSha256,
  signer: signer.fingerprint,
  standing: signer.standing === 'given' ? 'given' : 'known',
})

const passphraseHole = ({ recipientPassphrase }: EscrowDrillDraft): string | null =>
  recipientPassphrase === null ? null : openingHoles.passphrase

const holesOf = (draft: EscrowDrillDraft): string[] =>
  sharesOf(draft).map((_, index) => openingHoles.share(index + 1))

export const openingOf = (
  draft: EscrowDrillDraft,
  { keyFile }: Facts,
): ParamsOf<'open-escrow-package'>['opening'] =>
  draft.openWith === 'shares'
    ? { kind: 'shares', holes: holesOf(draft) }
    : {
        kind: 'recipient',
        place: draft.recipientFolder ?? '',
        file: draft.recipientKeyFile,
        sha256: (keyFile?.read === true ? keyFile.value.sha256 : null) ?? '0'.repeat(64),
        passphrase: passphraseHole(draft),
      }

export const shownOpening = (draft: EscrowDrillDraft, { manifest: { group } }: PackageFact): OpenedWith =>
  draft.openWith === 'shares'
    ? { kind: 'shares', group: group.name, holes: holesOf(draft) }
    : { kind: 'recipient', file: draft.recipientKeyFile, passphrase: passphraseHole(draft) }
