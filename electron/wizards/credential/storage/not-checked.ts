import type { Plan } from '../../../../shared/model/plan.ts'

/** Whole sentences for the result page of a plan on storage. */
export const storageNotChecked = (plan: Plan): string[] => {
  const has = (kind: string): boolean => plan.steps.some((step) => step.kind === kind)
  return [
    has('prove-storage-credential')
      ? 'That the server may write to the container was not tried: storage let it in to look for a blob. The first backup shows it.'
      : 'Whether storage lets the server in was not tried.',
    'Other servers that use the same container were not looked for.',
    ...(has('make-storage-token')
      ? [
          'Whether the token is kept anywhere but in this keyring and on the server was not checked. What signed it can end it early.',
        ]
      : [
          'When a token ends that Keyturn did not sign is known from its own words at most: the server does not show it.',
        ]),
  ]
}
