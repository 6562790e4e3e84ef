import type { Condition, Field } from './form.ts'
import { mostDays } from './credential-storage-draft.ts'
import { accessFields, containerField } from './storage-fields.ts'

/** Fields of the job "Credential" for storage, screen by screen. */

const task = (is: string, also?: Condition): Condition =>
  also === undefined ? { field: 'task', is: [is] } : { field: 'task', is: [is], also }
const connected: Condition = { field: 'azureMode', is: ['connected'] }
const without: Condition = { field: 'azureMode', is: ['without'] }
const creates = task('create-storage')
const createsInAzure = task('create-storage', connected)
const newAccount: Condition = { field: 'accountMode', is: ['create'], also: createsInAzure }

export const storageTask: Field = {
  kind: 'choice',
  name: 'task',
  label: 'Task',
  why: 'Proving changes nothing; a new secret counts from the next statement, without a restart',
  options: [
    {
      value: 'create-storage',
      label: 'Create a credential',
      detail: 'By a token, an access key or a managed identity',
    },
    {
      value: 'prove-storage',
      label: 'List and prove credentials',
      detail: 'Each is used once to look for a blob that is not there. Reads only',
    },
    {
      value: 'renew-storage',
      label: 'Renew the secret of one',
      detail: 'A new token or access key; nothing else changes',
    },
  ],
  when: { field: 'use', is: ['storage'] },
}

export const storagePlaceFields: readonly Field[] = [
  containerField(task('create-storage', without)),
  {
    kind: 'choice',
    name: 'accountMode',
    label: 'Storage account',
    why: 'It belongs to the subscription, and decides where the blobs are kept',
    options: [
      { value: 'use', label: 'Use one that is there' },
      {
        value: 'create',
        label: 'Create one',
        detail: 'StorageV2 with copies in a paired region, TLS 1.2, no public blobs',
      },
    ],
    when: createsInAzure,
  },
  {
    kind: 'pick',
    name: 'storageAccount',
    label: 'Account',
    why: 'The container is in it',
    from: 'storageAccounts',
    many: false,
    when: { field: 'accountMode', is: ['use'], also: createsInAzure },
  },
  {
    kind: 'text',
    name: 'accountName',
    label: 'Name of the new account',
    why: 'It is unique in all of Azure, and part of the address',
    rule: '3 to 24 lower-case letters and digits',
    maxLength: 24,
    mono: true,
    when: newAccount,
  },
  {
    kind: 'pick',
    name: 'accountGroup',
    label: 'Resource group',
    why: 'It decides who may manage the account',
    from: 'storageGroups',
    many: false,
    when: newAccount,
  },
  {
    kind: 'pick',
    name: 'accountRegion',
    label: 'Region',
    why: 'Where the blobs are; copies go to its pair',
    from: 'storageRegions',
    many: false,
    when: newAccount,
  },
  {
    kind: 'text',
    name: 'containerName',
    label: 'Container',
    why: 'The credential is called by its address. One that is not there is created, without public access',
    rule: '3 to 63 lower-case letters, digits and single hyphens',
    maxLength: 63,
    mono: true,
    when: createsInAzure,
  },
  ...accessFields(creates)
    .filter(({ name, kind }) => name === 'blobAccess' || (name === 'credentialName' && kind === 'text'))
    .map((field) =>
      field.name === 'credentialName'
        ? { ...field, when: { field: 'blobAccess', is: ['access-key'], also: creates } }
        : field,
    ),
  ...(['prove-storage', 'renew-storage'] as const).map((one): Field => ({
    kind: 'pick',
    name: 'storageChosen',
    label: one === 'prove-storage' ? 'Credentials' : 'Credential',
    why:
      one === 'prove-storage'
        ? 'Each is used by itself. When a token ends the server does not show'
        : 'Its name and identity stay as they are',
    rule: one === 'prove-storage' ? '1 to 20' : 'One',
    from: 'storageCredentials',
    many: true,
    when: task(one),
  })),
]

const tokenWanted: readonly Condition[] = [
  { field: 'blobAccess', is: ['sas'], also: creates },
  { fact: 'renewsToken', also: task('renew-storage') },
]
const and = (condition: Condition, also: Condition): Condition => ({
  ...condition,
  also: condition.also === undefined ? also : and(condition.also, also),
})

export const storageSecretFields: readonly Field[] = tokenWanted.flatMap((wanted): Field[] => {
  const made: Condition = { field: 'tokenFrom', is: ['make'], also: and(wanted, connected) }
  const token = {
    kind: 'secret',
    name: 'storageToken',
    label: 'Shared access signature of the container',
    why: 'Its end is noted beside its name: the server does not show it',
    rule: 'For the container, with read, write, delete and list, from 15 minutes ago on. A ? at its beginning is taken off',
    purpose: 'storage.sas',
    secretRule: 'storage-token',
    canGenerate: false,
    existing: true,
  } as const
  return [
    {
      kind: 'choice',
      name: 'tokenFrom',
      label: 'Token',
      why: 'It allows read, write, delete and list in this container and nothing else',
      options: [
        {
          value: 'make',
          label: 'Have Keyturn sign one',
          detail: 'It goes into the keyring with its end, and is not shown',
        },
        { value: 'typed', label: 'Enter one that was made' },
      ],
      when: and(wanted, connected),
    },
    {
      kind: 'choice',
      name: 'signWith',
      label: 'Signed by',
      why: 'What signs it decides how long it can live and what ends it early',
      options: [
        {
          value: 'sign-in',
          label: 'The sign-in of the connection',
          detail: `At most ${mostDays['sign-in']} days; it can do what that principal may do at the moment`,
        },
        {
          value: 'key',
          label: 'An access key of the account',
          detail: 'Longer; it ends when that key is made anew, and the account must allow keys',
        },
      ],
      when: made,
    },
    {
      kind: 'number',
      name: 'tokenDays',
      label: 'Life of the token',
      why: 'After its end backups and restores with it are refused until the credential has a new one',
      rule: `1 to ${mostDays['sign-in']} by the sign-in, 1 to ${mostDays.key} by a key`,
      min: 1,
      max: mostDays.key,
      unit: 'days',
      when: made,
    },
    { ...token, when: { field: 'tokenFrom', is: ['typed'], also: and(wanted, connected) } },
    { ...token, when: and(wanted, without) },
  ]
})

export const storageKeyFields: readonly Field[] = [
  { field: 'blobAccess', is: ['access-key'], also: creates } as Condition,
  { fact: 'renewsAccessKey', also: task('renew-storage') } as Condition,
].map((when): Field => ({
  kind: 'secret',
  name: 'accessKey',
  label: 'Access key of the storage account',
  why: 'It opens everything in the account, and stays good until it is made anew there',
  purpose: 'storage.access-key',
  secretRule: 'access-key',
  canGenerate: false,
  existing: true,
  when,
}))

export const storageUseFields: readonly Field[] = [
  {
    kind: 'flag',
    name: 'proveStorage',
    label: 'Use it once',
    why: 'The server looks for a blob that is not there. “Not found” shows that storage let it in; that it may write shows in the first backup only',
    effect: 'Adds RESTORE HEADERONLY of a name that no blob has',
    when: { field: 'task', is: ['create-storage', 'renew-storage'] },
  },
]
