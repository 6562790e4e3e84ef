import type { Plan } from '../../../shared/model/plan.ts'
import { isSilent } from '../sqlserver/tde-facts.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  const silent = plan.relied.filter(({ value }) => isSilent(value)).map(({ target }) => target)
  return [
    'No restart was made. That a database recovers with the new version shows only at one; the engine has opened it as the login of the key.',
    'Whether the backup of the key restores was not tried: that needs a second vault (same subscription and geography) or managed HSM (same security domain).',
    'Who still needs the old versions is what this server’s views and msdb tell: backups that msdb forgot, backups of other servers and copies of files are not in it.',
    'Other servers and services that open the vault key by its name were not looked for.',
    'Which backups TDE had encrypted, and under which version, is not in msdb: all from before are counted as possible users of the old one.',
    ...(silent.length === 0
      ? []
      : [
          `Not seen on ${silent.join(', ')}: whether the new key is there, and whether the databases followed.`,
        ]),
    ...(has('watch-replica')
      ? ['No failover was made. That a replica can open the databases as the primary was not tried.']
      : []),
    ...(has('log-backup')
      ? ['The log backups were read back by their headers; they were not restored.']
      : []),
    ...(has('checkpoint')
      ? ['No view of the server shows how much of its log a CHECKPOINT has freed before SQL Server 2019.']
      : []),
  ]
}
