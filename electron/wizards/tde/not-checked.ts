import type { Plan } from '../../../shared/model/plan.ts'
import { isSilent } from '../sqlserver/tde-facts.ts'

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
        ]
      : []),
    ...replicasLeft(plan),
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

/** Replicas are facts that the plan relied on, each with what it said. */
const replicasLeft = ({ relied, steps }: Plan): string[] => {
  const silent = relied.filter(({ value }) => isSilent(value)).map(({ target }) => target)
  return [
    ...(silent.length === 0
      ? []
      : [
          `Not seen on ${silent.join(', ')}: whether the certificate is there, and whether the databases followed.`,
        ]),
    ...(steps.some(({ kind }) => kind === 'watch-replica')
      ? ['No failover was made. That a replica can open the databases as the primary was not tried.']
      : []),
    ...(steps.some(({ kind }) => kind === 'regenerate-database-key')
      ? [
          'Whether availability replicas have the new key was not asked: their encryption state does not tell.',
        ]
      : []),
  ]
}
