import type { Plan } from '../../../shared/model/plan.ts'

/** Whole sentences for the result page: what a run of this plan leaves open. */
export const notChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  const strictly = plan.steps.some(
    ({ kind, params }) =>
      kind === 'prove-credential' &&
      typeof params === 'object' &&
      params !== null &&
      'strict' in params &&
      params['strict'] === true,
  )
  return [
    ...(has('create-ekm-credential') && !strictly
      ? [
          'Whether the credential works was not tried on the server: that shows at the first key that is opened with it.',
        ]
      : []),
    ...(has('prove-wrap')
      ? [
          'That Azure let the application in was seen from this computer, not from the server and the profile of its service account.',
        ]
      : ['Whether the application may use a key was not asked of Azure.']),
    ...(has('prove-credential')
      ? [
          'A list of keys shows that the connector signed in; that a key unwraps is shown by open databases only.',
          'From which key a login was made is not in the catalog: links between credentials and databases are by the login, its name or the vault.',
        ]
      : []),
    ...(has('change-ekm-credential')
      ? [
          'Other servers that sign in as this application were not looked for, except nodes of the same availability groups.',
        ]
      : []),
    ...(has('create-client-secret')
      ? [
          'Whether the new secret is kept anywhere but in this keyring and on the servers was not checked. Back the keyring up.',
        ]
      : []),
  ]
}
