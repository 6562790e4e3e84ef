import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import type { CertificateFact, DatabaseFact } from '../sqlserver/facts-model.ts'
import { bytesText } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { spaceFor } from './space.ts'
import { storageWarnings, vaultKeyWarnings } from './warnings-storage.ts'

/** From this many days on an expiry is called short: the next one has to be planned within a year. */
const shortValidityDays = 366

export const warningsOn = (draft: EncryptedBackupDraft, facts: Facts): Warning[] => {
  const certificate =
    draft.encryptor === 'certificate' && draft.certificateMode === 'use' && facts.certificates.read
      ? facts.certificates.value.find(({ name }) => name === draft.certificateName)
      : undefined
  const databases = facts.databases.read
    ? facts.databases.value.filter(({ name }) => draft.databases.includes(name))
    : []
  return [
    ...exportWarnings(certificate),
    ...expiryWarnings(draft, certificate, facts),
    ...replicaWarnings(draft, facts),
    ...tdeWarnings(draft, databases, certificate),
    ...optionWarnings(draft),
    ...spaceWarnings(draft, facts),
    ...vaultKeyWarnings(draft, facts),
    ...storageWarnings(draft, facts),
    ...runningWarnings(draft, facts),
  ]
}

const exportWarnings = (certificate: CertificateFact | undefined): Warning[] => {
  if (certificate === undefined) return []
  return certificate.lastExport === null
    ? [
        {
          what: `The private key of ${certificate.name} was never exported, as the catalog says`,
          why: `${certificate.backups ?? 'An unknown number of'} backups on record need it. This plan exports it before it is used`,
          screen: null,
        },
      ]
    : [
        {
          what: `The private key of ${certificate.name} was exported on ${certificate.lastExport.slice(0, 10)}`,
          why: 'The catalog records the export, not whether the file is still there, opens, or whose password it has. This plan exports it again into new files and opens them',
          screen: null,
        },
      ]
}

const expiryWarnings = (
  draft: EncryptedBackupDraft,
  certificate: CertificateFact | undefined,
  facts: Facts,
): Warning[] => {
  if (draft.encryptor === 'asymmetric-key') return []
  const expiry = draft.certificateMode === 'create' ? draft.certificateExpiry : certificate?.expiresOn
  if (expiry === undefined || expiry === '') return []
  const days = (Date.parse(`${expiry}T00:00:00Z`) - Date.parse(facts.readAt)) / 86_400_000
  return days > shortValidityDays
    ? []
    : [
        {
          what: `After ${expiry} (UTC) no new backup can be taken with ${draft.certificateName}`,
          why: `That is in ${Math.max(0, Math.floor(days))} days. Restores go on working; a schedule that uses it will fail (SQL 3096) until it names another certificate`,
          screen: 'keys',
        },
      ]
}

const replicaWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] => {
  if (!facts.replicas.read) {
    return [
      {
        what: 'Availability replicas: not read',
        why: `${facts.replicas.because}. Each replica that takes or restores these backups needs what encrypts them too`,
        screen: null,
      },
    ]
  }
  const needing = facts.replicas.value.filter(({ database }) => draft.databases.includes(database))
  const names = [...new Set(needing.map(({ replica }) => replica))]
  const key = draft.encryptor === 'certificate' ? 'the certificate' : 'provider, credential and key object'
  return names.length === 0
    ? []
    : [
        {
          what: `${names.join(', ')} ${names.length === 1 ? 'needs' : 'need'} ${key} too`,
          why: 'A replica without it can neither take these backups after a failover nor restore them. This plan does not bring it there',
          screen: null,
        },
      ]
}

const tdeWarnings = (
  draft: EncryptedBackupDraft,
  databases: readonly DatabaseFact[],
  certificate: CertificateFact | undefined,
): Warning[] => {
  const encrypted = databases.filter(({ tde }) => tde)
  if (encrypted.length === 0) return []
  const names = encrypted.map(({ name }) => name).join(', ')
  const shared = encrypted.some(
    ({ tdeThumbprint }) => tdeThumbprint !== null && tdeThumbprint === certificate?.thumbprint,
  )
  return [
    {
      what: `A restore of ${names} needs two keys`,
      why: 'The database is encrypted by TDE: besides what encrypts the backup, the protector of its database encryption key must be on the other server',
      screen: null,
    },
    ...(draft.compression && draft.destination === 'disk'
      ? [
          {
            what: `${names}: compression with TDE`,
            why: 'MAXTRANSFERSIZE = 131072 is added: only above 65536 the server decrypts, compresses and encrypts again. It takes more memory and processor time',
            screen: 'destination',
          },
        ]
      : []),
    ...(shared
      ? [
          {
            what: `${draft.certificateName} guards TDE and backups at once`,
            why: 'One lost or exposed key then opens both layers. A certificate of its own for backups keeps them apart',
            screen: 'keys',
          },
        ]
      : []),
  ]
}

const optionWarnings = (draft: EncryptedBackupDraft): Warning[] => {
  const warnings: Warning[] = []
  const warn = (what: string, why: string, screen: string): number => warnings.push({ what, why, screen })
  if (!draft.copyOnly) {
    warn(
      'These backups are not copy-only',
      'Differential backups of your own schedule will need them as their base',
      'destination',
    )
  }
  if (!draft.checksum) {
    warn(
      'No checksums are written',
      'A later check can’t tell whether pages changed in the file',
      'destination',
    )
  }
  if (!draft.verifyAfter)
    warn('The files are not read again', 'Only header and record are compared', 'destination')
  if (draft.encryptor === 'asymmetric-key') return warnings
  if (!draft.proveOnServer) {
    warn('The key files on the server are not opened', 'They are known only as written', 'files')
  }
  if (draft.localCopy === null) {
    warn(
      'No copy of the certificate pair leaves the server',
      'If that server’s disk is lost, key files and backups are lost together',
      'files',
    )
  }
  return warnings
}

const spaceWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] => {
  const { neededBytes, volume } = spaceFor(draft, facts)
  if (neededBytes === null || volume === null || volume.availableBytes >= neededBytes) return []
  return [
    {
      what: `${volume.mountPoint} may have too little free space`,
      why: `${bytesText(volume.availableBytes)} free; up to ${bytesText(neededBytes)} before compression`,
      screen: 'destination',
    },
  ]
}

const runningWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] =>
  facts.runningBackups.read
    ? facts.runningBackups.value
        .filter((database) => draft.databases.includes(database))
        .map((database) => ({
          what: `A backup of ${database} is running`,
          why: 'Both slow each other down; this one would start beside it',
          screen: null,
        }))
    : [
        {
          what: 'Running backups: not read',
          why: `${facts.runningBackups.because}. This one may start beside another of the same database`,
          screen: null,
        },
      ]
