import type { FormDescription } from './form.ts'
import { hostScreen, identityScreen, keyScreen, taskScreen } from './tde-vault-key-screens.ts'

/** The job "TDE with a vault key" as data. */
export const tdeVaultKeyForm: FormDescription = {
  job: 'tde-vault-key',
  title: 'Encrypt databases with a key of a vault',
  summary:
    'Transparent data encryption (TDE) whose protector is in Azure Key Vault or a managed HSM: connector, credential and key set up and tried on a scratch database first.',
  noun: 'TDE with a vault key',
  targetFields: ['target', 'azure'],
  intro: {
    question: 'Encrypt databases with TDE under a key of a vault',
    changes: [
      'On the host, where it is missing: the connector, its registry key with the right of the service account (what was there is exported first), and a restart of the service',
      'On the server: the option for extensible key management, the provider, a credential, the key object and a login made from it',
      'A scratch database is encrypted and decrypted again before any of yours',
      'Each chosen database gets a key and all its pages are encrypted; three places are compared afterwards: key object, database key and registry',
    ],
    needs: [
      'A vault, an application with its secret, and a key with a kept backup: the job “Vault” makes them',
      'An edition with TDE and extensible key management: Enterprise or Developer; Standard from SQL Server 2019 on',
      'Rights: CONTROL SERVER for the provider, ALTER SETTINGS, ALTER ANY CREDENTIAL, ALTER ANY LOGIN, CONTROL on each database; an administrator of the host for what T-SQL does not reach',
      'Connections to every replica of an availability group, or your word that they are prepared',
    ],
    cannotBeUndone: [
      'Once a database key was under the vault’s key, key object, login and credential stay',
      'The connector, its registry key and a restart',
      'The vault’s key is never disabled or deleted by this job',
    ],
    minutes: '10 minutes to answer; a scan takes as long as the server needs to rewrite the files',
  },
  screens: [taskScreen, keyScreen, identityScreen, hostScreen],
  exports: ['runbook-sql', 'runbook-ps1', 'runbook-md'],
  next: [
    {
      text: 'Take a full backup of each database. A restore elsewhere needs provider, credential and the same key there first (SQL 33111).',
      label: 'Take an encrypted backup',
      to: 'encrypted-backup',
    },
    {
      text: 'The application’s secret ends on a date: at the next start after it the databases stay closed. Back the vault’s key up again after each change of it.',
      label: 'Check the vault',
      to: 'vault',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
