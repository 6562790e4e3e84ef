import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => [
  'Other nodes of a group or cluster were not changed: each needs the same connector before it takes over.',
  'No backup was restored. Backups of before may answer SQL 33111 where their key is opened with another generation of the connector.',
  'No key of the vault was opened anew: which thumbprint it gets from this connector shows when that is done.',
  plan.steps.some(({ kind }) => kind === 'bring-online')
    ? 'A database that is ONLINE showed that its key opens as the service’s account does it. Encrypted backups under other keys of the connector were not tried.'
    : 'No database is under a key of the connector: nothing showed that a key opens with it.',
  'Whether the setup of the version before is still on the host, for the way back, was not checked.',
]
