import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    ...(has('set-encryption-on')
      ? [
          'Backups from before this run hold pages in clear, and so does what file systems and storage keep of the old pages.',
          'FILESTREAM data and buffer pool extension files are not encrypted by TDE.',
        ]
      : []),
    ...(has('fetch-certificate-pair')
      ? [
          'No restore or attach on another server was tried. It needs the certificate there first, with its private key.',
          'Whether availability replicas have the certificate was not asked of them.',
        ]
      : []),
    ...(has('set-encryption-on') || has('change-protector')
      ? ['No restart was made. What happens at one is read from the catalog: the master key opens by itself.']
      : []),
    ...(has('change-protector') || has('full-backup')
      ? [
          'Which backups need which TDE certificate is not in msdb: all backups from before are counted as possible users of the old one.',
        ]
      : []),
    ...(has('log-backup')
      ? ['The log backups were read back by their headers; they were not restored.']
      : []),
    ...(has('checkpoint')
      ? [
          'No view of the server shows how much of its log a CHECKPOINT has freed, nor which certificates the log still needs.',
        ]
      : []),
    ...(has('full-backup') ? ['The full backup was not restored, and it is not encrypted.'] : []),
  ]
}
