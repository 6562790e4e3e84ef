import { defineErrors } from './catalogue-entry.ts'

/** What stands in the way of setting up a vault, beside what Azure itself answers. */
export const vaultJobErrors = defineErrors({
  'azure-foreign': {
    kind: 'not-mine',
    title: '«what» is there, and this run did not make it',
    unchanged: 'It was left as it is',
    causes: ['Someone made one of this name since the plan was read', 'It is of an earlier run'],
    next: 'Choose it as one that is there, or another name, and make a new plan',
    retrySafe: true,
  },
  'application-gone': {
    kind: 'refused',
    title: 'Application «what» is not in this tenant, or not visible with this sign-in',
    unchanged: 'Nothing was changed',
    causes: ['Someone deleted it since the plan was read', 'The sign-in may not read applications'],
    next: 'Restore it in Entra (30 days), or make a new plan with another application',
    retrySafe: true,
  },
  'vault-use-refused': {
    kind: 'refused',
    title: '«vault» still refuses «what» to «who» after «minutes» minutes',
    unchanged: 'Nothing was changed by this step; the key and its backup are there',
    causes: ['A role was given a moment ago: it can take longer', 'The role «role» is missing on «on»'],
    next: 'Give «role» on «on» to object «principal», wait some minutes, then retry the step',
    retrySafe: true,
  },
  'vault-secret-refused': {
    kind: 'refused',
    title: 'Entra did not sign «who» in with the kept secret',
    unchanged: 'Nothing was changed by this step; the key and its backup are there',
    causes: [
      'The secret was removed or has ended',
      'The id of the secret was entered in place of its value',
      'A secret made a moment ago is not everywhere known yet',
    ],
    next: 'Retry the step; where that does not help, make a new plan with a new secret',
    retrySafe: true,
  },
})
