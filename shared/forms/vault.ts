import type { FormDescription } from './form.ts'
import { identityScreen, keyScreen } from './vault-screens-use.ts'
import { settingsScreen, vaultScreen } from './vault-screens.ts'

/** Said wherever a key is made in a vault. */
export const neverEscrowed =
  'A key made in the vault can never be escrowed: its private part never leaves Azure'

/** The job "Vault" as data. */
export const vaultForm: FormDescription = {
  job: 'vault',
  title: 'Set up a key vault for SQL Server',
  summary:
    'A vault or managed HSM, an application with one role, and a key whose backup was written before its first use; proven by signing in as the application. What is there already is checked.',
  noun: 'Vault',
  targetFields: ['azure'],
  intro: {
    question: 'Set up, or check, a vault with a key for SQL Server',
    changes: [
      'Where they are new: a resource group, a key vault with its settings, a lock, where its log goes',
      'Where it is new: an application of the tenant, its service principal, and a secret that goes straight into the keyring',
      'A key (RSA, 2,048 or 3,072 bits), and its backup in a folder of yours before anything uses it',
      'One role for the application: read, wrap and unwrap with that key. Then it signs in and proves it',
    ],
    needs: [
      'A connected Azure subscription. Your own rights are read first, and the role that helps is named where one is missing',
      'For a new vault: Contributor on the resource group; for roles and locks Owner or User Access Administrator',
      'For the application: Application Developer in Entra, or the right to register applications',
      'For the key: Key Vault Crypto Officer on the vault; the run can give it to you',
    ],
    cannotBeUndone: [
      'Purge protection, once it is on',
      'A key stays once the application may use it: vault keys are never disabled or deleted by this job',
      'A vault that an undo deletes keeps its name taken until its retention ends',
      'A resource group, and the file of a key’s backup, stay',
    ],
    minutes: '10 minutes to answer, 2 to 10 to run: a new role takes minutes to work',
  },
  screens: [vaultScreen, settingsScreen, identityScreen, keyScreen],
  exports: ['runbook-az', 'runbook-md'],
  next: [
    {
      text: 'Renew the application’s secret before it ends. Back the key up again after each change of it: its backup holds only the versions and attributes of that moment.',
      label: 'Check the vault again',
      to: 'vault',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
