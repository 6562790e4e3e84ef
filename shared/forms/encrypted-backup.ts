import type { FormDescription } from './form.ts'
import { destinationScreen } from './encrypted-backup-destination.ts'
import { filesScreen } from './encrypted-backup-files.ts'
import { keysScreen, serverScreen } from './encrypted-backup-server.ts'

/** The job "Encrypted backup" as data: the window renders it and knows nothing else of it. */
export const encryptedBackupForm: FormDescription = {
  job: 'encrypted-backup',
  title: 'Take an encrypted backup',
  summary:
    'Encrypted backups of the databases of one SQL Server, to disk or to Azure Blob Storage: under a certificate whose exported files were opened again, or under a key in a vault.',
  noun: 'Encrypted backup',
  targetFields: ['target'],
  intro: {
    question: 'Take encrypted backups, with the keys exported before they are used',
    changes: [
      'If master has no database master key, one is created; one that does not open by itself is repaired',
      'If you create a certificate, it is added to master',
      'Key files are written to a folder on the server, and the certificate pair to a folder of yours',
      'A scratch database is created, opens the key files, and is dropped',
      'One backup per database is written: a file in a folder on the server, or one blob per stripe in a container',
      'If you choose so, a credential for the container is created on the server',
    ],
    needs: [
      'SQL Server 2014 or later, not Express and not Web',
      'Rights: CONTROL on master, backup rights on each database, CREATE ANY DATABASE for the scratch database; ALTER ANY CREDENTIAL for storage. The least-privilege script grants them',
      'A folder on the server that the service account may write to, with room for the backups; or a container that the server reaches',
      'With a certificate, a place outside this program for the passwords of the key files',
      'No restart',
    ],
    cannotBeUndone: [
      'Key files and backups that were written stay until someone deletes them there',
      'A certificate that a backup was taken with stays: the backup needs it',
    ],
    minutes: '10 minutes to answer; the run takes as long as the backups take',
  },
  screens: [serverScreen, keysScreen, filesScreen, destinationScreen],
  exports: ['runbook-sql', 'runbook-md', 'agent-job', 'ola'],
  next: [
    {
      text: 'Store the key files and their passwords apart from this server, and write down where they are.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
    {
      text: 'Another server or schedule needs a run of its own.',
      label: 'Take another encrypted backup',
      to: 'encrypted-backup',
    },
  ],
}
