import type { CertificateFact, ServerFacts } from './facts-model.ts'

/** Why no new backup can be taken with it, or null. The list of certificates shows the same words. */
export const certificateRefusal = (certificate: CertificateFact, today: string): string | null => {
  if (certificate.privateKey === 'NA') return 'no private key on this server'
  if (certificate.privateKey === 'PW')
    return 'private key under a password, so the server can’t open it by itself'
  if (certificate.privateKey !== 'MK') return 'private key not under the master key'
  if (certificate.expiresOn === '') return 'its expiry could not be read'
  if (certificate.expiresOn <= today) {
    return `expired ${certificate.expiresOn}; restores go on working, new backups are refused (SQL 3096)`
  }
  if (certificate.startsOn > today) return `starts only on ${certificate.startsOn}`
  return certificate.thumbprint === null ? 'its thumbprint could not be read' : null
}

/** Day of the reading, UTC, `YYYY-MM-DD`. */
export const todayOf = (facts: Pick<ServerFacts, 'readAt'>): string => facts.readAt.slice(0, 10)

/** Bits of the key that CREATE CERTIFICATE makes; it takes no size. Facts: 1024 up to 2014, 2048 to 2019, 3072 from 2022. */
export const generatedKeyBits = (major: number): number => (major >= 16 ? 3072 : major >= 13 ? 2048 : 1024)

/** First version that encrypts backups (SQL Server 2014). */
export const firstEncryptingMajor = 12
const expressEngine = 4

/** Why no encrypted backup can be taken with this edition, or null. */
export const editionRefusal = (edition: string, engineEdition: number): string | null =>
  engineEdition === expressEngine || /^(express|web)\b/i.test(edition)
    ? `${edition} restores encrypted backups but does not create them`
    : null
