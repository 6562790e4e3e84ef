import type { FactOption } from '../../../shared/forms/form.ts'
import { certificateRefusal } from './certificate-rules.ts'
import type { CertificateFact } from './facts-model.ts'

/** A certificate as a row to pick; one that takes no new backup says why. */
export const certificateOption = (certificate: CertificateFact, today: string): FactOption =>
  certificateRow(certificate, certificateRefusal(certificate, today))

/** The same for another use. `reason`: why it can't be picked; null: it can. */
export const certificateRow = (certificate: CertificateFact, reason: string | null): FactOption => ({
  value: certificate.name,
  label: certificate.name,
  usable: reason === null,
  ...(reason === null ? {} : { reason }),
  facts: {
    Thumbprint: certificate.thumbprint ?? 'not read',
    Expires: certificate.expiresOn,
    'Private key exported': certificate.lastExport?.slice(0, 10) ?? 'never, as the catalog says',
    'Needed by': neededBy(certificate),
  },
})

const neededBy = ({ backups, protects }: CertificateFact): string => {
  const parts = [
    backups === null ? 'backups not visible' : `${backups} backups on record`,
    protects === null ? 'TDE not visible' : protects.length === 0 ? '' : `TDE of ${protects.join(', ')}`,
  ]
  return parts.filter((part) => part !== '').join('; ')
}
