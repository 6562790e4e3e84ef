import { defineErrors } from './catalogue-entry.ts'

/** Blob storage, as SQL Server meets it. */
export const blobBackupErrors = defineErrors({
  'url-credential-missing': {
    kind: 'refused',
    title: '«target» has no credential for «path»: «what»',
    unchanged: 'Nothing was written or read there',
    causes: [
      'No credential is called exactly like the address of the container, without a / at its end',
      'A page blob needs WITH CREDENTIAL, and the one that it names is not there',
    ],
    next: 'Create the credential (job Credential, or in the run itself), then retry the step',
    retrySafe: true,
  },
  'url-credential-style': {
    kind: 'refused',
    title: '«target» does not take this with blob storage: «what»',
    unchanged: 'Nothing was written or read there',
    causes: [
      'WITH CREDENTIAL is for page blobs and the access key of an account; a token is found by the container’s address',
      'Page blobs take no stripes and no sizes',
      'The address of the blob is malformed or too long',
    ],
    next: 'Choose the access that fits the kind of blob, or correct the address, and make the plan again',
    retrySafe: false,
  },
  'url-refused': {
    kind: 'refused',
    title: 'Storage refused «target» at «path»: «what»',
    unchanged: 'A block blob that was not finished is not there; a page blob may be half written',
    causes: [
      'The token has ended, or begins later than now by the clock of storage',
      'It does not allow read, write, delete and list, or is for another container',
      'The access key that signed it was made anew',
      'The firewall of the account does not let the server in',
    ],
    next: 'Renew the token and change the credential (ALTER CREDENTIAL), or let the server in; then retry the step',
    retrySafe: true,
  },
  'url-secret-malformed': {
    kind: 'refused',
    title: 'The secret of the credential is none that storage understands: «what»',
    unchanged: 'Nothing was written or read there',
    causes: [
      'A token that begins with ? or was cut off',
      'An access key where a token belongs, or the other way round',
      'A managed identity on a version of SQL Server that has none',
    ],
    next: 'Enter the secret again (ALTER CREDENTIAL), then retry the step',
    retrySafe: true,
  },
  'url-not-found': {
    kind: 'refused',
    title: '«target» finds nothing at «path»',
    unchanged: 'A block blob that was not finished is not there; a page blob may be half written',
    causes: ['The blob or its container was deleted or renamed', 'The address has a mistake in it'],
    next: 'Look at the container in the portal, then retry the step',
    retrySafe: true,
  },
  'url-not-reached': {
    kind: 'unreachable',
    title: '«target» did not reach storage at «path»: «what»',
    unchanged: 'A block blob that was not finished is not there; a page blob may be half written',
    causes: [
      'The name of the account does not resolve on that server',
      'Its proxy or firewall keeps it from port 443',
      'The service failed or the connection broke',
      'The server’s own error log says more',
    ],
    next: 'Try the address from the server itself, then retry the step',
    retrySafe: true,
  },
  'url-blob-exists': {
    kind: 'not-mine',
    title: 'A blob is there already: «path»',
    unchanged: 'It was not written over',
    causes: ['Something else wrote a blob of that name'],
    next: 'Start again with a new plan: its names are new',
    retrySafe: false,
  },
  'url-leased': {
    kind: 'refused',
    title: 'A lease keeps «target» away from «path»',
    unchanged: 'The blob is as it was',
    causes: [
      'Another backup writes it',
      'A page-blob backup that was killed left its lease, which does not end by itself',
    ],
    next: 'Break the lease in the storage account where no backup writes any more, then retry the step',
    retrySafe: true,
  },
  'url-device': {
    kind: 'broken',
    title: 'The server could not work with the blob «path»: «what»',
    unchanged: 'The database is as it was; a block blob that was not finished is not there',
    causes: [
      'More than 50,000 blocks: the backup is larger than its stripes hold',
      'The account does not take this kind of blob',
      'A policy of the container forbids changing the blob',
    ],
    next: 'Use more stripes, a larger transfer size or another container, then make the plan again',
    retrySafe: false,
  },
  'url-no-identity': {
    kind: 'refused',
    title: '«target» has no managed identity for storage: «what»',
    unchanged: 'Nothing was written or read there',
    causes: [
      'The machine is no Azure VM with an identity, or is not enabled by Azure Arc',
      'This version or update of SQL Server does not use identities for backups',
    ],
    next: 'Give the machine an identity and SQL Server 2022 CU17 or later, or use a token',
    retrySafe: true,
  },
  'storage-credential-other': {
    kind: 'not-mine',
    title: 'Credential «credential» on «target» is not as planned: «what»',
    unchanged: 'It was not changed',
    causes: ['Somebody changed or dropped it since the plan was made'],
    next: 'Make the plan again',
    retrySafe: false,
  },
})
