import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => [
  'No backup was taken or restored with the new certificate.',
  'Jobs were not changed. Schedules outside SQL Server Agent, and scripts that jobs call, were not looked at.',
  'Backups that msdb of this server does not know (history cleared, or taken by another replica) need the old certificate too; how many was not counted.',
  plan.steps.some(({ kind }) => kind === 'prove-on-server')
    ? 'The key files were opened on this server, minutes after they were written. Whether they are still there later was not checked.'
    : 'The key files on the server were written but not opened.',
  'Whether the files and the password of the old certificate are still kept somewhere was not checked.',
  'Other replicas and other servers were not asked whether they have the new certificate.',
]
