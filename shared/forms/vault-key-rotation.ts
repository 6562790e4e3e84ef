import type { FormDescription } from './form.ts'
import { databasesScreen, keyScreen, serverScreen } from './vault-key-rotation-screens.ts'

/** The job "Rotation of a vault key" as data. */
export const vaultKeyRotationForm: FormDescription = {
  job: 'vault-key-rotation',
  title: 'Put databases under a new vault key',
  summary:
    'A new version of the vault key, or another key of the same vault, as TDE protector of one or many databases. Old versions stay, each with what still needs it.',
  noun: 'Vault key rotation',
  targetFields: ['target', 'azure'],
  intro: {
    question: 'Change the vault key over the database encryption keys',
    changes: [
      'Where it is to be new: a version of the vault key that carries the mark of the run; then the key’s backup in a folder of yours',
      'The application signs in and lets the vault wrap and unwrap with that version, before the server uses it',
      'A second credential, an asymmetric key and a login made from it, on the server and on each replica that has a connection',
      'Each database encryption key is put under the new asymmetric key; no page is rewritten. Thumbprints are compared',
      'Where a key was changed since the last log backup, that backup comes first (a CHECKPOINT in SIMPLE recovery)',
    ],
    needs: [
      'Databases whose encryption key is under an asymmetric key of an EKM provider',
      'A connected Azure subscription; for a new version Key Vault Crypto Officer on the vault',
      'The secret of the application that SQL Server signs in as',
      'Rights on the server: ALTER ANY CREDENTIAL, ALTER ANY LOGIN, CREATE ASYMMETRIC KEY in master, CONTROL on each database, VIEW SERVER STATE',
    ],
    cannotBeUndone: [
      'A new version of a vault key stays: a version can’t be deleted, and this job disables none',
      'Once a database was under the new key, its asymmetric key, login and credential stay',
      'Key and log backups that were written stay until someone deletes them',
    ],
    minutes: '10 minutes to answer; a change of the protector takes seconds per database',
  },
  screens: [databasesScreen, keyScreen, serverScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'Keep every old version enabled while it is still needed: backups and log records from before open with nothing else. The result lists by whom.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Take a full backup. Its log may still hold records under the old version, so a restore of it can need both. A restart proves that a database recovers with the new one; this run makes none.',
      label: 'Take an encrypted backup',
      to: 'encrypted-backup',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
