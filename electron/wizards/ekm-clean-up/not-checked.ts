import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    ...(has('drop-asymmetric-key')
      ? [
          'Backups elsewhere may still need the key in the vault and its version: on other servers, in archives, and backups whose history was deleted here.',
          'Which backups on record TDE had encrypted, and under which key, is in no view: those that may need the key were named on the review.',
        ]
      : []),
    ...(has('drop-ekm-credential')
      ? [
          'The application in Entra, its secret and its role on the vault were not looked at and are as they were.',
        ]
      : []),
    ...(has('drop-provider')
      ? ['The connector is still installed, and sessions that were open keep it until the next restart.']
      : []),
    ...(has('registry-by-hand')
      ? [
          'Other instances of the computer and other nodes of a cluster were not asked whether they use the registry key.',
        ]
      : []),
    'Availability replicas and other servers keep their objects: nothing was read or dropped there.',
  ]
}
