import type { Condition, Field, Screen } from './form.ts'

const creates: Condition = { field: 'service', is: ['create'] }
const uses: Condition = { field: 'service', is: ['vault'] }
/** Not for a managed HSM. */
export const anyKeyVault: Condition = { field: 'service', is: ['create', 'vault'] }

export const vaultScreen: Screen = {
  id: 'vault',
  noun: 'Vault',
  question: 'In which vault is the key to be?',
  purpose: 'A new vault is made with all its settings; one that is there is checked against your answers.',
  reads: { facts: ['Subscription', 'Signed in as'], checks: ['Subscription'] },
  fields: [
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'Everything is made or checked in this one subscription; none is chosen for you',
      rule: 'One connected Azure subscription',
      from: 'targets',
      many: false,
      service: 'azure',
    },
    {
      kind: 'choice',
      name: 'service',
      label: 'Vault',
      why: 'What is right already is not touched; what is wrong becomes a step or is explained',
      options: [
        { value: 'create', label: 'Create a key vault' },
        {
          value: 'vault',
          label: 'Use a key vault that is there',
          detail: 'It is checked, and mended where you wish',
        },
        {
          value: 'managed-hsm',
          label: 'Use a managed HSM that is there',
          detail: 'Single-tenant hardware. Creating and activating one is not in this version',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'vault',
      label: 'Key vault of the subscription',
      why: 'Its settings are read and compared with the answers of the next screen',
      from: 'vaults',
      many: false,
      when: uses,
    },
    {
      kind: 'pick',
      name: 'managedHsm',
      label: 'Managed HSM of the subscription',
      why: 'Only an activated one takes keys: its security domain was downloaded by its administrators',
      from: 'managedHsms',
      many: false,
      when: { field: 'service', is: ['managed-hsm'] },
    },
    {
      kind: 'choice',
      name: 'groupMode',
      label: 'Resource group',
      why: 'Rights and locks of the group hold for the vault too',
      options: [
        { value: 'use', label: 'Use one that is there' },
        { value: 'create', label: 'Create one', detail: 'Keyturn never deletes it again' },
      ],
      when: creates,
    },
    {
      kind: 'pick',
      name: 'group',
      label: 'Resource group of the subscription',
      why: 'The vault is made in it',
      from: 'groups',
      many: false,
      when: { field: 'groupMode', is: ['use'], also: creates },
    },
    {
      kind: 'text',
      name: 'newGroup',
      label: 'Name of the new resource group',
      why: 'Whoever looks for the vault finds it under this name',
      rule: '1 to 90 letters, digits, hyphens, underscores, dots or parentheses; no dot at the end',
      hint: 'For instance rg-sql-keys',
      maxLength: 90,
      when: { field: 'groupMode', is: ['create'], also: creates },
    },
    {
      kind: 'pick',
      name: 'region',
      label: 'Region',
      why: 'A key’s backup can be restored only in the same geography and subscription. It can’t be changed later',
      from: 'regions',
      many: false,
      when: creates,
    },
    {
      kind: 'text',
      name: 'vaultName',
      label: 'Name of the new vault',
      why: 'It is part of its address, and what SQL Server’s credential names',
      rule: '3 to 24 letters, digits and single hyphens, beginning with a letter; free in the whole world',
      hint: 'For instance kv-sqlprod-ekm',
      maxLength: 24,
      when: creates,
    },
    {
      kind: 'choice',
      name: 'tier',
      label: 'Tier',
      why: 'It decides where a private key can be kept, and what it costs. It can’t be changed back',
      options: [
        {
          value: 'premium',
          label: 'Premium',
          detail:
            'Keys in software, or in hardware (RSA-HSM) for about 1 US dollar a month per key version, more from 3,072 bits on',
        },
        {
          value: 'standard',
          label: 'Standard',
          detail: 'Keys in software only, encrypted at rest. Microsoft advises it for what is not production',
        },
      ],
      when: creates,
    },
  ],
}

const rights = (when: Condition, existing: boolean): Field => ({
  kind: 'choice',
  name: 'rights',
  label: 'How rights are given',
  why: existing
    ? 'Changing it takes the rights of the other model away at once, for everybody and every program'
    : 'Roles can be given for one key; an access policy always holds for all keys of the vault',
  options: [
    ...(existing ? [{ value: 'as-is', label: 'As it is' }] : []),
    {
      value: 'roles',
      label: 'Roles (Azure RBAC)',
      detail: 'Owners of the subscription do not reach the keys by themselves',
    },
    {
      value: 'access-policies',
      label: 'Access policies',
      detail: 'Whoever may change the vault can give themselves any right on its keys',
    },
  ],
  when,
})

const network = (when: Condition, existing: boolean): Field => ({
  kind: 'choice',
  name: 'network',
  label: 'Who reaches the vault',
  why: 'It holds for the keys, not for the settings. SQL Server on your own machines is no trusted service: its public address has to be let in',
  options: [
    ...(existing ? [{ value: 'as-is', label: 'As it is' }] : []),
    { value: 'all', label: 'Every network', detail: 'A sign-in and a right are still needed' },
    { value: 'chosen', label: 'Addresses and subnets that you name' },
    {
      value: 'private',
      label: 'Private endpoints only',
      detail:
        'The endpoint is made in Azure, not here. This computer must be in that network for the key steps',
    },
  ],
  when,
})

const workspace = { field: 'log', is: ['workspace'] } as const
const storage = { field: 'log', is: ['storage'] } as const

export const settingsScreen: Screen = {
  id: 'settings',
  noun: 'Settings',
  question: 'What guards the vault and its keys?',
  purpose: 'Soft delete is always on: a deleted key or vault can be taken back until its retention ends.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'number',
      name: 'retentionDays',
      label: 'Retention after a delete',
      why: 'That long a deleted vault or key can be taken back, and its name stays taken. It is fixed when a vault is made',
      rule: '7 to 90. For a vault that is there: the least that you accept',
      min: 7,
      max: 90,
      unit: 'days',
      when: anyKeyVault,
    },
    {
      kind: 'flag',
      name: 'purgeProtection',
      label: 'Purge protection',
      why: 'Nobody, Microsoft included, can remove a deleted key before its retention ends. It can never be turned off again',
      effect: 'Sets enablePurgeProtection',
      when: anyKeyVault,
    },
    rights(creates, false),
    rights(uses, true),
    network(creates, false),
    network(uses, true),
    {
      kind: 'text',
      name: 'networkRules',
      label: 'Addresses and subnets',
      why: 'The public addresses of the SQL Servers, and that of this computer for the run',
      rule: 'One a line: an IPv4 address, a range such as 203.0.113.0/24, or the resource id of a subnet',
      maxLength: 20_000,
      mono: true,
      multiline: true,
      when: { field: 'network', is: ['chosen'], also: anyKeyVault },
    },
    {
      kind: 'flag',
      name: 'trustedServices',
      label: 'Let trusted Microsoft services in',
      why: 'Azure SQL Database and Azure Backup reach the vault all the same. SQL Server on a machine is none of them',
      effect: 'Sets bypass to AzureServices',
      when: { field: 'network', is: ['chosen', 'private'], also: anyKeyVault },
    },
    {
      kind: 'flag',
      name: 'lock',
      label: 'Lock against deleting the vault',
      why: 'Azure then refuses to delete the vault until the lock is taken off. It does not keep anybody from deleting a key in it',
      effect: 'Adds a CanNotDelete lock',
    },
    {
      kind: 'choice',
      name: 'log',
      label: 'Log of who used the keys',
      why: 'Each wrap, unwrap, backup and delete with who asked. Without it nobody can say later who used a key',
      options: [
        { value: 'workspace', label: 'To a Log Analytics workspace' },
        { value: 'storage', label: 'To a storage account' },
        { value: 'none', label: 'Nothing is set up', detail: 'Settings that are there stay' },
      ],
    },
    {
      kind: 'text',
      name: 'logDestination',
      label: 'Resource id of the workspace',
      why: 'It can be in another subscription of the same tenant',
      rule: '/subscriptions/…/resourceGroups/…/providers/Microsoft.OperationalInsights/workspaces/…',
      maxLength: 400,
      mono: true,
      when: workspace,
    },
    {
      kind: 'text',
      name: 'logDestination',
      label: 'Resource id of the storage account',
      why: 'It has to be in the region of the vault',
      rule: '/subscriptions/…/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/…',
      maxLength: 400,
      mono: true,
      when: storage,
    },
    {
      kind: 'flag',
      name: 'operatorRole',
      label: 'Give yourself the right to make keys in it',
      why: 'Who makes a vault may not make keys in it. With roles: Key Vault Crypto Officer on this vault; with access policies: get, list, create, backup, delete. It stays after the run',
      effect: 'Adds a role assignment, or an access policy, for the account that is signed in',
      when: anyKeyVault,
    },
  ],
}
