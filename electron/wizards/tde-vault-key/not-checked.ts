import type { Plan } from '../../../shared/model/plan.ts'
import { isSilent } from '../sqlserver/tde-facts.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = ({ steps, relied, targets }: Plan): string[] => {
  const has = (kind: string): boolean => steps.some((step) => step.kind === kind)
  const silent = relied.filter(({ value }) => isSilent(value)).map(({ target }) => target)
  const sees = relied.some(({ fact, value }) => fact.startsWith('key ') && value.startsWith('version '))
  return [
    'No restart was made after the databases were encrypted: that they open again at one is what only a restart shows.',
    'No restore or attach on another server was tried. It needs provider, credential and the same key there first.',
    'A backup of the vault’s key is not visible in Azure: whether one is kept, and opens, was not checked.',
    ...(sees
      ? []
      : [
          'Azure was not asked: size, dates and version of the key, purge protection and the end of the secret are not known.',
        ]),
    ...(has('run-on-host') || has('restart-service')
      ? [
          'The path from the service to the vault beyond this moment (proxy, firewall, name resolution) was not looked at.',
        ]
      : [
          'The host was not looked at again: connector and registry key are taken from what the server uses.',
        ]),
    ...(targets.length > 1 && has('watch-replica')
      ? ['No failover was made. That a replica can open the databases as the primary was not tried.']
      : []),
    ...(silent.length === 0
      ? []
      : [
          `Not seen on ${silent.join(', ')}: whether the key is set up there, and whether the databases followed.`,
        ]),
    'Backups from before this run hold pages in clear, and so does what file systems and storage keep of the old pages.',
  ]
}
