import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { backupDatabase } from '../../scripts/tsql/backup.ts'
import { verifyOnly } from '../../scripts/tsql/restore.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { KeyContext } from './plan-keys.ts'

/** Above 65536 a TDE database is decrypted, compressed and encrypted again; below, compression finds nothing to do. */
export const transferSizeForTde = 131_072

export const transferSize = (
  draft: EncryptedBackupDraft,
  database: DatabaseFact | undefined,
): number | null => (draft.compression && database?.tde === true ? transferSizeForTde : null)

export const backupSteps = (context: KeyContext, facts: readonly DatabaseFact[]): Draftstep[] => {
  const { draft, names } = context
  return draft.databases.flatMap((database, index) => {
    const file = names.backupFiles[index] ?? ''
    const fact = facts.find(({ name }) => name === database)
    return [
      backupStep(context, database, file, fact),
      ...(draft.verifyAfter ? [verifyStep(context, database, file)] : []),
    ]
  })
}

const backupStep = (
  { draft, names, thumbprint, probe }: KeyContext,
  database: string,
  file: string,
  fact: DatabaseFact | undefined,
): Draftstep => ({
  kind: 'back-up-database',
  title: `Back up ${database} with ${draft.algorithm}`,
  now: 'No file of this run',
  after: `${file}, encrypted under certificate ${draft.certificateName}`,
  scripts: [
    backupDatabase({
      database,
      path: file,
      certificate: draft.certificateName,
      algorithm: draft.algorithm,
      copyOnly: draft.copyOnly,
      checksum: draft.checksum,
      compression: draft.compression,
      maxTransferSize: transferSize(draft, fact),
      name: names.backupSetName,
      description: names.description,
      stats: draft.stats,
    }),
  ],
  params: {
    database,
    file,
    probe,
    certificate: draft.certificateName,
    thumbprint,
    description: names.description,
    algorithm: draft.algorithm,
    checksum: draft.checksum,
    copyOnly: draft.copyOnly,
    compression: draft.compression,
    maxTransferSize: transferSize(draft, fact),
    stats: draft.stats,
  },
  permission: `BACKUP DATABASE on ${database}; VIEW DEFINITION on certificate ${draft.certificateName}`,
  undo: { can: false, because: `T-SQL can’t delete files. Stays on the server: ${file}` },
  resume: 'marked',
  stopNow: { leaves: `A partial file, ${file}, which no restore can read. ${database} is as it was` },
})

const verifyStep = ({ draft }: KeyContext, database: string, file: string): Draftstep => ({
  kind: 'verify-backup',
  title: `Read the backup of ${database} again`,
  now: 'Written, not read again',
  after: draft.checksum
    ? 'The whole file was read with the server’s key and its checksums compared'
    : 'The whole file was read with the server’s key; it holds no checksums',
  scripts: [verifyOnly(file, draft.checksum, draft.stats)],
  params: { database, file, checksum: draft.checksum },
  permission: 'CREATE ANY DATABASE (the server asks for it before RESTORE VERIFYONLY)',
  undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
  resume: 'named',
  stopNow: { leaves: 'Nothing: it only reads' },
})
