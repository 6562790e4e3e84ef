import type { Plan } from '../../../shared/model/plan.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const kinds = new Set(plan.steps.map(({ kind }) => kind))
  const items = plan.steps.flatMap(({ kind, params }) =>
    kind === 'open-escrow-item' ? [readParams('open-escrow-item', params).item] : [],
  )
  const opening = plan.steps.flatMap(({ kind, params }) =>
    kind === 'open-escrow-package' ? [readParams('open-escrow-package', params).opening.kind] : [],
  )
  const recovery = plan.steps.some(
    ({ kind, params }) =>
      kind === 'verify-escrow-package' && readParams('verify-escrow-package', params).purpose === 'recovery',
  )
  const others = items.filter(({ kind }) => kind !== 'certificate')
  return [
    ...(opening.includes('shares')
      ? ['Shares of the other holders were not asked for: each holder can check their own alone.']
      : ['No share was asked for: this run says nothing about the holders.']),
    ...(kinds.has('restore-escrow-certificate') && !kinds.has('read-escrow-backup')
      ? ['No backup was read with the restored certificates.']
      : []),
    ...(kinds.has('read-escrow-backup')
      ? ['The backup was read as a whole and not restored: a restore drill does that.']
      : []),
    ...(others.length > 0
      ? [
          `Opened and not tried on anything: ${others.map(({ name }) => name).join(', ')}. Nothing was told of their content but a length, and of key files the beginning of a hash.`,
        ]
      : []),
    ...(kinds.has('try-escrow-hsm-key') || kinds.has('prove-escrow-hsm-key')
      ? [
          'Which padding a vendor’s EKM provider uses when SQL Server wraps with the key: tried was RSA-OAEP, or for an AES key its own wrap.',
          'Whether the vendor’s provider finds the key on this token: it was used through PKCS #11.',
          'Whether the temporary key stayed in the memory of the module’s native part: Keyturn can’t wipe that.',
        ]
      : []),
    'Other copies of the package were not looked at.',
    ...(recovery
      ? [
          'What has to be replaced now: the share group, if its shares were given, by a new ceremony and packages wrapped anew; and every key of this package that somebody else may have.',
        ]
      : []),
  ]
}
