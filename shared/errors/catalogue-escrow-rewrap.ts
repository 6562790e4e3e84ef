import { defineErrors } from './catalogue-entry.ts'

/** Wrapping packages anew for another share group. */
export const escrowRewrapErrors = defineErrors({
  'package-same-group': {
    kind: 'input',
    title: 'The package was not wrapped anew: it is for the group «group» already',
    unchanged: 'The package is as it was. Nothing was written',
    causes: [],
    next: 'Choose another group',
    retrySafe: true,
  },
  'rewrap-group-other': {
    kind: 'refused',
    title: 'The package was not wrapped anew: the group «group» is not the active one of the plan any more',
    unchanged: 'Nothing was opened, and nothing was written',
    causes: ['The group was replaced since the review'],
    next: 'Leave this run as it is, and plan anew for a group that is active; what is done already is not taken again',
    retrySafe: true,
  },
  'rewrap-package-other': {
    kind: 'not-mine',
    title: 'The package was not wrapped anew: in «place» lies another one than the plan names',
    unchanged: 'Nothing was opened, and nothing was written',
    causes: ['The folder or the medium was exchanged since the review'],
    next: 'Put the package of the review back, or leave this run and plan anew',
    retrySafe: true,
  },
  'rewrap-replaced-already': {
    kind: 'not-mine',
    title: 'The package «package» was not marked: the list says that «by» replaced it',
    unchanged: 'The list of packages is as it was',
    causes: ['Another run wrapped it anew meanwhile'],
    next: 'Undo this run, or leave it as it is and decide which of the two packages is kept',
    retrySafe: true,
  },
})
