import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  const consistency = plan.steps.some(
    ({ kind, scripts }) => kind === 'check-moved-database' && scripts.length > 0,
  )
  return [
    'Users whose login the destination does not have (orphaned users) were not looked for: logins live in master and did not travel.',
    'SQL Server Agent jobs, linked servers, credentials and everything else in master and msdb did not travel and was not compared.',
    'Whether applications reach the database on the destination was not tried.',
    'A restart of the destination was not tried; that the master key of master opens by itself was read from the catalog.',
    ...(has('repair-master-key')
      ? []
      : ['Whether the database has a master key of its own that the destination can open was not tried.']),
    ...(consistency ? [] : ['The pages of the database on the destination were not checked (DBCC CHECKDB).']),
    ...(has('restore-moved-database')
      ? ['What was written on the source after the backup began is not on the destination.']
      : [
          'Cross-database ownership chaining, which attaching turns off, was not read on the source and not set back.',
        ]),
  ]
}
