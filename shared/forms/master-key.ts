import type { FormDescription } from './form.ts'
import { actScreen } from './master-key-act.ts'
import { filesScreen, serverScreen } from './master-key-screens.ts'

/** The job "Master key" as data. */
export const masterKeyForm: FormDescription = {
  job: 'master-key',
  title: 'Work on a master key',
  summary:
    'Service and database master keys of one SQL Server: create, export, restore, regenerate, passwords, and the copy that lets the server open a key by itself.',
  noun: 'Master key',
  targetFields: ['target'],
  exports: ['runbook-sql', 'runbook-md'],
  intro: {
    question: 'Create, export or change a master key, with a file of it that was opened',
    changes: [
      'One master key: the service master key of an instance, or the database master key of one database',
      'Key files are written to a folder on the server: of the key as it was before a change, and of the one after it',
      'A scratch database opens the file of a database master key and is dropped',
    ],
    needs: [
      'Rights: CONTROL on the database of the key; CONTROL SERVER for the service master key; CREATE ANY DATABASE for the scratch database',
      'The password of a key that does not open by itself',
      'A folder on the server that the service account may write to',
      'A place outside this program for passwords of keys and of key files',
      'No restart. Regenerating and restoring encrypt everything below the key anew: a quiet hour is better',
    ],
    cannotBeUndone: [
      'Key files that were written on the server stay until someone deletes them there',
      'A key that was regenerated or restored: the way back is restoring the file that this job writes before the change',
      'With FORCE: what the old key can’t decrypt is lost for good',
    ],
    minutes: '5 minutes to answer; the run takes seconds',
  },
  screens: [serverScreen, actScreen, filesScreen],
  next: [
    {
      text: 'Store the key file and its password apart from this server, and write down where they are.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
    {
      text: 'Files of a key that was replaced open nothing that was made after it. Keep them with the backups of their time.',
      label: 'Work on another master key',
      to: 'master-key',
    },
  ],
}
