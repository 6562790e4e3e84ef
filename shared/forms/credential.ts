import { credentialScreen, taskScreen } from './credential-screens.ts'
import { identityScreen, useScreen } from './credential-screens-use.ts'
import type { FormDescription } from './form.ts'

/** The job "Credential" as data. */
export const credentialForm: FormDescription = {
  job: 'credential',
  title: 'Create, prove or renew a credential',
  summary:
    'Credentials with which SQL Server signs in to a key vault or to blob storage: made and proven, listed with what hangs on them, and their secret renewed.',
  noun: 'Credential',
  targetFields: ['target', 'azure'],
  intro: {
    question:
      'Create a credential for a key vault or for storage, prove those that are there, or renew a secret',
    changes: [
      'Creating: one credential, mapped to a login where wished; nothing is encrypted with it yet',
      'Proving reads only, on the server and, where it is asked, in Azure',
      'For storage: where you choose that, an account, a container and a token are made in Azure',
      'Renewing: a new secret in Entra or an entered one; it goes to every node first, then each node is restarted by you, one at a time',
      'The old secret is removed last, where you choose that, and only after every node was proven with the new one',
    ],
    needs: [
      'For a key vault: extensible key management in use and a provider for the connector (the job “TDE with a vault key” sets both up)',
      'Rights: ALTER ANY CREDENTIAL, ALTER ANY LOGIN, VIEW ANY DEFINITION, VIEW SERVER STATE',
      'For new secrets: an Azure connection whose sign-in may change the application (its owner, or Application Administrator)',
      'Renewing: a time for the restart of each server; a new secret counts from then on',
    ],
    cannotBeUndone: [
      'A changed credential: no server tells the secret that it had',
      'A removed secret of an application; restarts',
    ],
    minutes: '5 minutes to answer; a renewal takes as long as the restarts are apart',
  },
  screens: [taskScreen, credentialScreen, identityScreen, useScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'Note when the secret ends. This job lists credentials with it, and renews them well before.',
      label: 'Prove or renew credentials',
      to: 'credential',
    },
    {
      text: 'A key of the vault, its backup and the right of the application are checked by the job “Vault”.',
      label: 'Check the vault',
      to: 'vault',
    },
  ],
}
