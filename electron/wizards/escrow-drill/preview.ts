import {
  drillPurposes,
  openedBy,
  putOn,
  shareFields,
  type EscrowDrillDraft,
} from '../../../shared/forms/escrow-drill-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { suggestedPutOn } from './options.ts'
import { packageOf, planEscrowDrill } from './plan.ts'

/** The statements that the answers so far lead to, once a package is read; secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const found = facts === null ? null : packageOf(facts)
  if (facts === null || found === null) return { statements: [], refused: null }
  const draft = withBlanks(answers, found)
  const all = found.manifest.items.map(({ number }) => String(number))
  return previewOf(
    () =>
      planEscrowDrill({ ...draft, items: draft.items.length > 0 ? draft.items : all }, facts, markBlank).plan,
  )
}

const withBlanks = (answers: Answers, { manifest }: PackageFact): EscrowDrillDraft => {
  const { text, oneOf } = blanksOf(answers)
  const handle = (field: string): string | null => text(field, '') || null
  const items = answers['items']
  const shares = Object.fromEntries(
    shareFields.map((field, index) => [field, handle(field) ?? (index < 2 ? `‹share ${index + 1}›` : null)]),
  ) as Pick<EscrowDrillDraft, (typeof shareFields)[number]>
  return {
    purpose: oneOf('purpose', drillPurposes),
    packageFolder: text('packageFolder', ''),
    packageName: text('packageName', ''),
    signerFingerprint: text('signerFingerprint', ''),
    items: Array.isArray(items) ? items : [],
    certificateNames: text('certificateNames', ''),
    openWith: oneOf('openWith', openedBy),
    ...shares,
    recipientFolder: handle('recipientFolder'),
    recipientKeyFile: text('recipientKeyFile', '‹private key file›'),
    recipientPassphrase: handle('recipientPassphrase'),
    putOn: putOn.find((one) => one === answers['putOn']) ?? suggestedPutOn(manifest.items).value,
    hsm: handle('hsm'),
    pinMode: oneOf('pinMode', ['kept', 'typed']),
    pin: handle('pin'),
    drillTarget: handle('drillTarget'),
    masterKeyMode: oneOf<'throw-away' | 'password' | 'use'>('masterKeyMode', [
      'throw-away',
      'password',
      'use',
    ]),
    masterKeyPassword: null,
    backupFiles: text('backupFiles', ''),
  }
}
