import { defineErrors } from './catalogue-entry.ts'

/** Writing an escrow package as a run. */
export const escrowExportErrors = defineErrors({
  'export-group-other': {
    kind: 'refused',
    title: 'The package was not written: the share group «group» is not the active one of the plan any more',
    unchanged: 'Nothing was read from the server, and nothing was written',
    causes: ['The group was replaced or its ceremony was declared void since the review'],
    next: 'Leave this run as it is, and plan the export anew for a group that is active',
    retrySafe: true,
  },
  'export-key-twice': {
    kind: 'refused',
    title: 'The package was not written: «item» has the key of «other»',
    unchanged: 'Nothing was written',
    causes: [
      'The .pfx holds a certificate that is chosen on the server too: that shows only when it is opened',
    ],
    next: 'Leave this run as it is, and plan the export anew with this key once',
    retrySafe: true,
  },
  'export-vault-key-other': {
    kind: 'refused',
    title:
      'The package was not written: the versions of key «key» in «host» are not those of the plan («there» there, «planned» planned)',
    unchanged: 'Nothing was written. The vault is as it was; a backup that it gave already was wiped',
    causes: ['The key was rotated, deleted or restored since the review'],
    next: 'Leave this run as it is, and plan the export anew: the review reads the versions again',
    retrySafe: true,
  },
  'export-backup-too-large': {
    kind: 'refused',
    title:
      'The package was not written: the backup of key «key» has «bytes» bytes, and an item holds 1,048,576',
    unchanged: 'Nothing was written. The vault is as it was; the backup was wiped',
    causes: ['The key has very many versions: each is in the backup'],
    next: 'Leave this run as it is, plan the export anew without this key, and have the job “Vault” write its backup as a file',
    retrySafe: true,
  },
  'export-item-other': {
    kind: 'broken',
    title: 'The package was not taken as this run’s: item «number» is not the key that the plan names',
    unchanged: 'The package is as it was. It does not count as escrowed',
    causes: ['The certificate on the server was replaced by another one of its name since it was sealed'],
    next: 'Leave this run as it is, compare the thumbprints, and plan the export anew',
    retrySafe: true,
  },
})
