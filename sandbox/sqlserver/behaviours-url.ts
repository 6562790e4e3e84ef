import type { Behaviour } from './behaviours.ts'

/** BACKUP and RESTORE with a URL: blobs of Azure Storage. S3 is not simulated. */
export const URL_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'url.block-blob',
    certainty: 'documented',
    says: 'A credential with the container’s address as its name and a shared access signature writes block blobs, up to 64 stripes; blocks are of MAXTRANSFERSIZE.',
  },
  {
    id: 'url.page-blob',
    certainty: 'documented',
    says: 'WITH CREDENTIAL names an account key and writes one page blob, under a lease that a failed backup takes away with the blob, and a killed one leaves.',
  },
  {
    id: 'url.page-blob-length',
    certainty: 'assumed',
    says: 'A page blob is made for a terabyte and cut at the end; the length of what is in it is in metadata of ours.',
  },
  {
    id: 'url.uncommitted',
    certainty: 'assumed',
    says: 'A block blob appears, or is replaced, when its list of blocks is put at the end: a backup that was stopped or killed leaves uncommitted blocks and no blob.',
  },
  {
    id: 'url.credential-missing',
    certainty: 'documented',
    says: 'A URL without a credential that fits, and WITH CREDENTIAL of one that is not there. Which of the two numbers a server from 2016 answers is from memory.',
    numbers: [3288, 3289],
  },
  {
    id: 'url.credential-style',
    certainty: 'documented',
    says: 'WITH CREDENTIAL of a shared access signature, and on a block blob.',
    numbers: [3220, 3225],
  },
  {
    id: 'url.exists',
    certainty: 'documented',
    says: 'A blob that is there is refused without FORMAT.',
    numbers: [3296],
  },
  {
    id: 'url.options',
    certainty: 'documented',
    says: 'INIT, NOINIT, EXPIREDATE and RETAINDAYS are not for URLs; BLOCKSIZE, MAXTRANSFERSIZE and stripes not for page blobs.',
  },
  {
    id: 'url.options-number',
    certainty: 'assumed',
    says: 'Each of these options answers 3291.',
    numbers: [3291],
  },
  {
    id: 'url.credential-with-disk',
    certainty: 'assumed',
    says: 'CREDENTIAL with DISK is a conflict of options.',
    numbers: [3031],
  },
  {
    id: 'url.malformed',
    certainty: 'assumed',
    says: 'https, an account, a container and a blob, at most 259 characters; the limit is documented, not its number.',
    numbers: [3297],
  },
  {
    id: 'url.operating-system-errors',
    certainty: 'assumed',
    says: 'Refusals of the service come as errors of the operating system: 5 for a signature or a right that is missing, 2 for a blob, 86 for a malformed secret, 1117 for what can’t be written.',
    numbers: [3201, 3202, 3203],
  },
  {
    id: 'url.other-operating-system-errors',
    certainty: 'assumed',
    says: '3 for a container that is gone, 12007 for a name that does not resolve, 59 for a connection that broke, 50 for a blob of the other kind.',
    numbers: [12007],
  },
  {
    id: 'url.page-blob-errors',
    certainty: 'assumed',
    says: 'Page blobs have numbers of their own: 3290 before the first page, 3271 behind it, 3298 for a failure of the service, 3292 where there is no connection.',
    numbers: [3271, 3290, 3292, 3298],
  },
  {
    id: 'url.lease',
    certainty: 'assumed',
    says: 'A lease on the blob keeps a backup away; restores take none.',
    numbers: [3294],
  },
  {
    id: 'url.tries',
    certainty: 'assumed',
    says: 'A request that ends without an answer or with a failure of the service is sent three times.',
  },
  {
    id: 'url.managed-identity',
    certainty: 'assumed',
    says: 'From 2022 the identity "Managed Identity" asks for one, and no machine here has any; before, it is a malformed secret.',
    numbers: [37563],
  },
  {
    id: 'url.edition',
    certainty: 'documented',
    says: 'Express has no backups to URLs; the number is from memory.',
    numbers: [1844],
  },
  {
    id: 'url.rights',
    certainty: 'assumed',
    says: 'Without ALTER ANY CREDENTIAL the credential can’t be found; that the permission is needed is documented.',
    numbers: [15151],
  },
  {
    id: 'url.device-type',
    certainty: 'documented',
    says: 'Device type 9 in history and header.',
  },
  {
    id: 'url.master-key',
    certainty: 'documented',
    says: 'From 2022 database master keys go to a URL and come from one; that failures are those of files is assumed.',
    numbers: [15240, 15317],
  },
]
