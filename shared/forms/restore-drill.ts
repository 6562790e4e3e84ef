import type { FormDescription } from './form.ts'
import {
  backupScreen,
  drillChecksScreen,
  drillKeysScreen,
  drillServerScreen,
} from './restore-drill-screens.ts'

/** The job "Restore drill" as data: the window renders it and knows nothing else of it. */
export const restoreDrillForm: FormDescription = {
  job: 'restore-drill',
  title: 'Hold a restore drill',
  summary:
    'Backups of one SQL Server restored on another, empty one, from the backup files and the key files alone; checked, timed, and removed again.',
  noun: 'Restore drill',
  targetFields: ['target', 'drillTarget'],
  intro: {
    question: 'Restore backups on another server, from their files alone',
    changes: [
      'On the drill server a master key is created if it has none, and a certificate is imported from each pair of key files',
      'Each backup is restored there under a name of this drill, checked, and removed before the next',
      'At the end everything that the drill made is removed; what was there before stays',
      'The server that took the backups is only read',
    ],
    needs: [
      'An empty SQL Server of the same or a later version, connected here: no user databases',
      'The backup files and the key files where that server’s service account can read them',
      'The passwords of the private key files',
      'Rights there: CONTROL on master, CREATE ANY DATABASE, VIEW SERVER STATE. Rights at the source: SELECT on the backup tables in msdb',
    ],
    cannotBeUndone: ['Nothing stays: an undo at any step removes what the drill made so far'],
    minutes:
      'A minute or two for the keys; each restore takes as long as a real one, and the page check about as long again',
  },
  screens: [backupScreen, drillServerScreen, drillKeysScreen, drillChecksScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'The drill is in the record, with its date, and in the list of drills.',
      label: 'See the drills',
      to: 'backups',
    },
    {
      text: 'A drill speaks for these backups and this day. Hold the next one after a key changes.',
      label: 'Hold another drill',
      to: 'restore-drill',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
