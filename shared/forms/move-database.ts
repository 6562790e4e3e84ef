import type { FormDescription } from './form.ts'
import { moveScreenList } from './move-database-screens.ts'

/** The job "Move a database" as data. */
export const moveDatabaseForm: FormDescription = {
  job: 'move-database',
  title: 'Move a database to another server',
  summary:
    'One database, encrypted or not, to another SQL Server: its certificate goes first and is compared there, then the database by backup or by its files, then its own master key is opened under the new service master key.',
  noun: 'Move of a database',
  targetFields: ['target', 'destination'],
  intro: {
    question: 'Move a database with the keys that it needs',
    changes: [
      'The certificate that the database is under, and the one of the backup, come into master of the destination',
      'By backup: a copy-only backup on a folder that you name, restored on the destination under file names with the mark of the run',
      'By files: everybody is disconnected, the database is detached, attached on the destination, and attached again on the source',
      'The database’s own master key gets a copy under the destination’s service master key',
    ],
    needs: [
      'A master key in master of the destination that opens by itself; the same or a later version; for TDE an edition that has it',
      'Rights on both: CONTROL on the certificate and ALTER on the database at the source; CREATE ANY DATABASE and CREATE CERTIFICATE at the destination',
      'By files: someone who may copy files between the two machines while the run waits',
      'No restart',
    ],
    cannotBeUndone: [
      'The file of the backup stays until someone deletes it',
      'Sessions that were in a database when it was detached are ended',
      'A certificate on the destination that something needs by then stays',
    ],
    minutes: '10 minutes to answer; the run takes as long as the data takes to travel',
  },
  screens: moveScreenList,
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'Compare logins, SQL Server Agent jobs and linked servers: they are in master and msdb and did not travel. Point applications to the new server.',
      label: 'See the audit entries',
      to: 'audit',
    },
    {
      text: 'Take a full backup of the database on the destination: its chain begins there.',
      label: 'Take an encrypted backup',
      to: 'encrypted-backup',
    },
    {
      text: 'Keep the pair of the certificate: older backups of the database need it on any server.',
      label: 'See the keys',
      to: 'keys',
    },
  ],
}
