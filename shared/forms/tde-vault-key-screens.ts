import { longestClientSecret } from '../model/ekm.ts'
import type { Screen } from './form.ts'
import { longestFolder } from './names.ts'
import { mostVaultKeyDatabases } from './tde-vault-key-draft.ts'

const turnsOn = { field: 'task', is: ['turn-on'] } as const
const withAzure = { field: 'azureMode', is: ['connected'] } as const
const withoutAzure = { field: 'azureMode', is: ['without'] } as const
const principal = { field: 'identityKind', is: ['service-principal'] } as const
const onWindows = { fact: 'windowsHost' } as const

export const taskScreen: Screen = {
  id: 'task',
  noun: 'Task',
  question: 'Which server, and which databases?',
  purpose:
    'The key of each database is put under a key of a vault: whoever has no right on that key opens none of them.',
  reads: {
    facts: ['Version and edition', 'Providers', 'Keys of providers'],
    checks: ['Edition', 'Login', 'Windows host'],
  },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Databases, credential and key object are on this server',
      rule: 'One connected SQL Server whose edition has TDE and extensible key management',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'Task',
      why: 'Every replica of an availability group is prepared before the database’s key is made on the primary',
      options: [
        {
          value: 'turn-on',
          label: 'Turn TDE on',
          detail: 'Connector, credential and key, a scratch database first, then the chosen databases',
        },
        {
          value: 'prepare',
          label: 'Prepare',
          detail: 'The same up to the scratch database, and no other one: for the other replicas of a group',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'databases',
      label: 'Databases',
      why: 'All of them are done in one run, each with steps of its own',
      rule: `1 to ${mostVaultKeyDatabases} databases of this server`,
      from: 'databases',
      many: true,
      when: turnsOn,
    },
    {
      kind: 'choice',
      name: 'algorithm',
      label: 'Algorithm of the database key',
      why: 'It encrypts the pages; the vault’s key wraps only this key',
      options: [
        { value: 'AES_256', label: 'AES-256' },
        { value: 'AES_192', label: 'AES-192' },
        { value: 'AES_128', label: 'AES-128' },
      ],
      when: turnsOn,
    },
    {
      kind: 'choice',
      name: 'azureMode',
      label: 'Azure',
      why: 'Azure says what the connector does not: size and dates of the key, purge protection, when secrets end',
      options: [
        { value: 'connected', label: 'Ask Azure too', detail: 'With a connection to the subscription' },
        { value: 'without', label: 'Without Azure', detail: 'What is not asked is named on the result' },
      ],
    },
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'Its tenant has the vault and the application; kept secrets belong to it',
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
  why: 'The credential gets its name (in other clouds and for managed HSMs the host) as IDENTITY',
} as const

const keyField = {
  name: 'vaultKey',
  label: 'Key of the vault',
  why: 'It wraps the key of each database. A scratch database tries it first',
} as const

export const keyScreen: Screen = {
  id: 'key',
  noun: 'Key',
  question: 'Which key of which vault?',
  purpose:
    'Old versions and the key itself must stay enabled for as long as a database, its log or a backup is under them.',
  reads: { facts: [], checks: ['Key in the vault', 'Vault'] },
  fields: [
    { ...hostField, kind: 'pick', from: 'vaults', many: false, when: withAzure },
    {
      ...hostField,
      kind: 'text',
      rule: 'The whole host, without https:// and without a path',
      hint: 'For instance myvault.vault.azure.net or myhsm.managedhsm.azure.net',
      maxLength: 100,
      when: withoutAzure,
    },
    { ...keyField, kind: 'pick', from: 'vaultKeys', many: false, when: withAzure },
    {
      ...keyField,
      kind: 'text',
      rule: '1 to 26 letters, digits and hyphens: the connector takes no more, though Azure would',
      maxLength: 127,
      mono: true,
      when: withoutAzure,
    },
    {
      kind: 'choice',
      name: 'versionMode',
      label: 'Version',
      why: 'Either way a later version in the vault changes nothing here: a rotation is a run of its own',
      options: [
        {
          value: 'newest',
          label: 'The newest one',
          detail: 'As documentation recommends: the newest at the moment in which the key object is made',
        },
        { value: 'pinned', label: 'This one', detail: 'Connector 1.0.5.0 of November 2020 and later' },
      ],
    },
    {
      kind: 'text',
      name: 'keyVersion',
      label: 'Version of the key',
      why: 'It stands in PROVIDER_KEY_NAME behind the name',
      rule: '32 digits (0 to 9, a to f)',
      maxLength: 32,
      mono: true,
      when: { field: 'versionMode', is: ['pinned'] },
    },
    {
      kind: 'flag',
      name: 'keyBackupConfirmed',
      label: 'A backup of this key is kept, from after its last change',
      why: 'Without it a vault that is lost takes every database with it. The job “Vault” writes one and reads it again',
      effect: 'No effect on the script',
    },
    {
      kind: 'flag',
      name: 'replicasConfirmed',
      label: 'I looked on the replicas that were not asked: this job prepared them for this key',
      why: 'Some replicas have no connection here, or gave no answer. One without the key stops when the database’s key is made, and a failover to it fails',
      effect: 'No effect on the script',
      when: { fact: 'replicaIsSilent', ...turnsOn },
    },
  ],
}

export const identityScreen: Screen = {
  id: 'identity',
  noun: 'Identity',
  question: 'As whom does SQL Server use the key?',
  purpose:
    'What is there already under these names is used as it is; where it is something else, the review says so.',
  reads: { facts: ['Credentials for key vaults'], checks: [] },
  fields: [
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
    },
    {
      kind: 'text',
      name: 'clientId',
      label: 'Application (client) id',
      why: 'It becomes the first half of SECRET',
      rule: 'As Entra shows it; the hyphens are taken out where SQL Server needs that',
      hint: 'For instance 00000000-0000-0000-0000-000000000000',
      maxLength: 36,
      mono: true,
      when: principal,
    },
    {
      kind: 'text',
      name: 'credentialName',
      label: 'Name of the credential',
      why: 'One that is there for this vault and provider is used as it is, and its secret is not asked for',
      rule: '1 to 128 characters, on one line, not beginning with #',
      maxLength: 128,
      when: principal,
    },
    {
      kind: 'choice',
      name: 'secretFrom',
      label: 'Secret',
      why: 'One that the job “Vault” had made is in the keyring',
      options: [
        { value: 'typed', label: 'Enter it' },
        { value: 'kept', label: 'One that the keyring keeps' },
      ],
      when: { ...principal, also: withAzure },
    },
    {
      kind: 'pick',
      name: 'keptSecret',
      label: 'Kept secret',
      why: 'Its label says for which application it was made',
      from: 'keptSecrets',
      many: false,
      opaque: true,
      when: { field: 'secretFrom', is: ['kept'], also: { ...principal, also: withAzure } },
    },
    ...(
      [
        { ...principal, also: withoutAzure },
        { field: 'secretFrom', is: ['typed'], also: { ...principal, also: withAzure } },
      ] as const
    ).map((when) => ({
      kind: 'secret' as const,
      name: 'clientSecret',
      label: 'Secret of the application',
      why: 'It becomes the second half of SECRET. Needed only where the credential is new',
      rule: `The value that Entra showed once, as it is; at most ${longestClientSecret} characters`,
      purpose: 'ekm.client-secret' as const,
      secretRule: 'ekm-client-secret' as const,
      canGenerate: false,
      existing: true,
      when,
    })),
    {
      kind: 'text',
      name: 'keyName',
      label: 'Name of the key object in master',
      why: 'Statements name it; it holds no key material, only where the key is',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      maxLength: 128,
    },
    {
      kind: 'text',
      name: 'keyLogin',
      label: 'Name of the login made from it',
      why: 'The engine opens databases as this login, which holds the credential. Nobody signs in with it',
      rule: '1 to 128 characters, another name than the key’s',
      maxLength: 128,
    },
  ],
}

export const hostScreen: Screen = {
  id: 'host',
  noun: 'Host',
  question: 'Where is SQL Server’s connector?',
  purpose:
    'The connector, its registry key and a restart of the service are work on the server’s host. Where no PowerShell reaches it, Keyturn writes the script, waits, and reads what it left.',
  reads: { facts: ['Service account'], checks: ['Connector', 'Registry key'] },
  fields: [
    {
      kind: 'text',
      name: 'providerName',
      label: 'Name of the provider',
      why: 'The connector as the server knows it. One that is there with this library is used',
      rule: '1 to 128 characters, on one line',
      maxLength: 128,
    },
    {
      kind: 'text',
      name: 'providerLibrary',
      label: 'Library of the connector on the server',
      why: 'The server loads it; it must be signed, and its signature trusted there',
      rule: 'The whole path, at most 256 characters',
      maxLength: 256,
      mono: true,
    },
    {
      kind: 'text',
      name: 'connectorSetup',
      label: 'Setup of the connector on the host',
      why: 'Only where the connector is missing. It runs with its own pages, license among them, on the host’s screen',
      rule: 'The whole path of the .msi on the host. Empty: the connector is only looked at',
      maxLength: 256,
      mono: true,
      when: onWindows,
    },
    {
      kind: 'server-path',
      name: 'exportFolder',
      label: 'Folder on the server for the export of the registry key',
      why: 'What is there is exported before anything is changed',
      rule: `The whole path on the server's own disk, at most ${longestFolder} characters`,
      targetField: 'target',
      when: onWindows,
    },
    {
      kind: 'text',
      name: 'clusterResource',
      label: 'SQL Server’s resource in the failover cluster',
      why: 'The review shows with it what the cluster needs. Nodes are prepared by hand: this job runs nothing on them',
      rule: 'As Failover Cluster Manager shows it',
      hint: 'For instance SQL Server (INST1)',
      maxLength: 128,
      when: { fact: 'clustered' },
    },
    {
      kind: 'place',
      name: 'scriptFolder',
      label: 'Folder of yours for scripts',
      why: 'Scripts for the host are written there, and read what they left when you bring it back',
      rule: 'A folder on this computer',
      when: { fact: 'hostNotReached' },
    },
  ],
}
