import type { Plan } from '../../../shared/model/plan.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

/** Whole sentences for the result page: what a drill of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const imports = plan.steps.filter(({ kind }) => kind === 'import-drill-certificate')
  const kept = imports.some(
    ({ params }) => readParams('import-drill-certificate', params).passwordFrom === 'kept',
  )
  const checked = plan.steps.some(
    ({ kind, params }) =>
      kind === 'check-drill-database' && readParams('check-drill-database', params).consistency,
  )
  const vault = plan.steps.some(({ kind }) => kind === 'check-drill-vault-keys')
  return [
    'Only these backups were drilled, on this day. Later backups, and those made under another certificate, need a drill of their own.',
    'The files were read from where the drill server sees them. Whether other copies are whole was not checked.',
    ...(vault
      ? [
          'The keys came from the vault as it is now. Whether the backups could be restored without it, from its key backup, was not checked.',
        ]
      : []),
    ...(kept ? ['A password came from Keyturn: whether people can find it elsewhere was not checked.'] : []),
    ...(checked ? [] : ['The pages of the restored databases were not checked.']),
    'No application used the restored data; logins, jobs and other objects outside of the databases were not restored.',
  ]
}
