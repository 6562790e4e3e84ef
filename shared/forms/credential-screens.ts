import { storagePlaceFields, storageTask } from './credential-storage-screens.ts'
import type { Screen } from './form.ts'

export const creates = { field: 'task', is: ['create'] } as const
export const renews = { field: 'task', is: ['renew'] } as const
export const withAzure = { field: 'azureMode', is: ['connected'] } as const
export const withoutAzure = { field: 'azureMode', is: ['without'] } as const
/** A service principal is the default: only a managed identity has no application and no secret. */
export const principal = { field: 'identityKind', is: ['service-principal'] } as const

export const taskScreen: Screen = {
  id: 'task',
  noun: 'Task',
  question: 'What is it for, and what is to be done?',
  purpose: 'The other questions follow from these answers.',
  reads: {
    facts: ['Version and edition', 'Providers', 'Credentials for key vaults'],
    checks: ['Extensible key management', 'Provider'],
  },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'The credential is on this server. A renewal also takes the other nodes of its availability groups',
      rule: 'One connected SQL Server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'use',
      label: 'What is it for?',
      why: 'Each kind has its own statements and its own proof',
      options: [
        {
          value: 'key-vault',
          label: 'A key vault or managed HSM (EKM)',
          detail: 'SQL Server’s connector signs in with it to wrap and unwrap keys',
        },
        {
          value: 'storage',
          label: 'Azure Blob Storage',
          detail: 'Backups and restores with a URL sign in with it',
        },
      ],
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'Task',
      why: 'Proving changes nothing; renewing needs a restart of each server',
      options: [
        {
          value: 'create',
          label: 'Create a credential',
          detail:
            'For an application with its secret, or for a managed identity; mapped to a login where wished',
        },
        {
          value: 'prove',
          label: 'List and prove credentials',
          detail: 'Who holds them, which databases hang on them, and what proves that they work. Reads only',
        },
        {
          value: 'renew',
          label: 'Renew a secret',
          detail:
            'The new one on every node first, then one restart at a time with a proof after each; the old one is removed last',
        },
      ],
      when: { field: 'use', is: ['key-vault'] },
    },
    storageTask,
    {
      kind: 'choice',
      name: 'azureMode',
      label: 'Azure',
      why: 'Azure says when secrets end, makes new ones, and lets the application prove its right on a key',
      options: [
        { value: 'connected', label: 'Ask Azure too', detail: 'With a connection to the subscription' },
        {
          value: 'without',
          label: 'Without Azure',
          detail: 'Ids and secrets are entered; no expiry is known',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'Its tenant has the application; kept secrets belong to it',
      from: 'subscriptionTargets',
      service: 'azure',
      many: false,
      when: withAzure,
    },
  ],
}

const hostField = {
  name: 'vaultHost',
  label: 'Vault or managed HSM',
  why: 'The connector gets its name (in other clouds and for managed HSMs the host) as IDENTITY',
} as const

export const credentialScreen: Screen = {
  id: 'credential',
  noun: 'Credential',
  question: 'Which credential?',
  purpose: 'No server shows the secret of a credential: what can be read is its identity and who holds it.',
  reads: { facts: ['Service started'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'provider',
      label: 'Provider',
      why: 'The connector as the server knows it. Where none is listed, “TDE with a vault key” sets it up',
      from: 'providers',
      many: false,
      when: creates,
    },
    {
      kind: 'choice',
      name: 'identityKind',
      label: 'SQL Server signs in as',
      why: 'An application has a secret that ends; a managed identity has none',
      options: [
        { value: 'service-principal', label: 'An application (service principal)' },
        {
          value: 'managed-identity',
          label: 'The managed identity of the machine',
          detail:
            'SQL Server 2022 from CU17 on a virtual machine of Azure, or 2025 with Azure Arc. Where the machine runs can’t be read from here',
        },
      ],
      when: creates,
    },
    {
      ...hostField,
      kind: 'pick',
      from: 'vaults',
      many: false,
      when: { ...creates, also: withAzure },
    },
    {
      ...hostField,
      kind: 'text',
      rule: 'The whole host, without https:// and without a path',
      hint: 'For instance myvault.vault.azure.net or myhsm.managedhsm.azure.net',
      maxLength: 100,
      when: { ...creates, also: withoutAzure },
    },
    {
      kind: 'text',
      name: 'credentialName',
      label: 'Name of the credential',
      why: 'Statements name it. A credential for a managed identity is called like the vault’s host',
      rule: '1 to 128 characters, on one line, not beginning with #',
      hint: 'For instance tde_sqlprod_cred',
      maxLength: 128,
      when: { ...principal, also: creates },
    },
    {
      kind: 'pick',
      name: 'credentials',
      label: 'Credentials',
      why: 'Each is proven by itself, as far as the server lets it be',
      rule: '1 to 20',
      from: 'credentials',
      many: true,
      opaque: true,
      when: { field: 'task', is: ['prove'] },
    },
    {
      kind: 'pick',
      name: 'credentials',
      label: 'Credentials that sign in as this application',
      why: 'The server does not say which application a credential is of. Choose those of this one, on every node',
      rule: '1 to 20; a credential that is left out keeps the old secret',
      from: 'credentials',
      many: true,
      opaque: true,
      when: renews,
    },
    {
      kind: 'flag',
      name: 'nodesConfirmed',
      label: 'I set the new secret on the nodes that were not asked',
      why: 'A node that keeps the old secret loses its databases at its next start after the old secret is gone',
      effect: 'No effect on the script',
      when: { fact: 'nodeIsSilent', ...renews },
    },
    ...storagePlaceFields,
  ],
}
