import { mostStripes } from '../model/storage.ts'
import type { Condition, Field } from './form.ts'
import { blockSizes, transferSizes } from './storage-draft.ts'

/** Fields about a place in blob storage that several jobs ask in the same words. `when`: what has to hold for all of them. */

const sizeText = (bytes: number): string =>
  bytes >= 1024 ** 2 ? `${bytes / 1024 ** 2} MB` : bytes >= 1024 ? `${bytes / 1024} KB` : `${bytes} bytes`

const access = (is: readonly string[], also: Condition): Condition => ({ field: 'blobAccess', is, also })
const made = (is: readonly string[], also: Condition): Condition => ({
  field: 'credentialMode',
  is: ['create'],
  also: access(is, also),
})

export const containerField = (when: Condition): Field => ({
  kind: 'text',
  name: 'containerUrl',
  label: 'Address of the container',
  why: 'The server writes one blob per stripe into it. A credential for a token is called exactly like this',
  rule: 'https://, the account’s blob host, / and the container. No / at the end, and no token behind a ?',
  hint: 'https://account.blob.core.windows.net/container',
  maxLength: 200,
  mono: true,
  when,
})

/** `targetField`: the answer that names the server whose credential it is; absent: the form's first. */
export const accessFields = (when: Condition, targetField?: string): Field[] => [
  {
    kind: 'choice',
    name: 'blobAccess',
    label: 'How the server reaches it',
    why: 'It signs in to storage by itself, with a credential in master',
    options: [
      {
        value: 'sas',
        label: 'Shared access signature',
        detail: 'Block blobs, up to 64 stripes; a token with an end. SQL Server 2016 and later',
      },
      {
        value: 'managed-identity',
        label: 'Managed identity',
        detail:
          'Block blobs without a secret: SQL Server 2022 CU17 on an Azure VM, or 2025 enabled by Azure Arc. The identity needs the role Storage Blob Data Contributor',
      },
      {
        value: 'access-key',
        label: 'Access key of the account (legacy)',
        detail: 'Page blobs: one device, at most 1 TB, and a key that opens the whole account',
      },
    ],
    when,
  },
  {
    kind: 'choice',
    name: 'credentialMode',
    label: 'Credential on the server',
    why: 'It holds what the server signs in with. No server shows that again',
    options: [
      { value: 'use', label: 'Use the one that is there' },
      { value: 'create', label: 'Create it in this run', detail: 'Needs ALTER ANY CREDENTIAL' },
    ],
    when,
  },
  {
    kind: 'secret',
    name: 'storageToken',
    label: 'Shared access signature of the container',
    why: 'Whoever has it may do what it allows until it ends. Its end is noted beside its name: the server does not show it',
    rule: 'As the portal or a script gave it. Make it for the container, with read, write, delete and list, from 15 minutes ago on',
    purpose: 'storage.sas',
    secretRule: 'storage-token',
    canGenerate: false,
    existing: true,
    ...(targetField === undefined ? {} : { targetField }),
    when: made(['sas'], when),
  },
  {
    kind: 'pick',
    name: 'credentialName',
    label: 'Credential of the storage account',
    why: 'Every statement on a page blob names it',
    from: 'storageCredentials',
    many: false,
    when: { field: 'credentialMode', is: ['use'], also: access(['access-key'], when) },
  },
  {
    kind: 'text',
    name: 'credentialName',
    label: 'Name of the new credential',
    why: 'Every statement on a page blob names it',
    rule: '1 to 128 characters, on one line, not an address',
    maxLength: 128,
    when: made(['access-key'], when),
  },
  {
    kind: 'secret',
    name: 'accessKey',
    label: 'Access key of the storage account',
    why: 'It opens everything in the account, and stays good until it is made anew there',
    purpose: 'storage.access-key',
    secretRule: 'access-key',
    canGenerate: false,
    existing: true,
    ...(targetField === undefined ? {} : { targetField }),
    when: made(['access-key'], when),
  },
]

const inBlocks = (when: Condition): Condition => access(['sas', 'managed-identity'], when)

/** How blobs are written; page blobs take none of it. */
export const writingFields = (when: Condition): Field[] => [
  {
    kind: 'number',
    name: 'stripes',
    label: 'Stripes per backup',
    why: 'One block blob takes 50,000 blocks, about 200 GB at 4 MB each. A restore needs all stripes',
    rule: `A whole number from 1 to ${mostStripes}`,
    min: 1,
    max: mostStripes,
    unit: 'stripes',
    when: inBlocks(when),
  },
  {
    kind: 'choice',
    name: 'transferSize',
    label: 'Transfer size',
    why: 'The size of a block of the blob: smaller ones fill its 50,000 blocks sooner',
    options: transferSizes.map((size) => ({
      value: String(size),
      label: sizeText(size),
      ...(size === transferSizes[0] ? { detail: 'Recommended: about 200 GB fit into one stripe' } : {}),
    })),
    when: inBlocks(when),
  },
  {
    kind: 'choice',
    name: 'blockSize',
    label: 'Block size of the backup format',
    why: 'The unit in which the backup is laid out, apart from the blocks of the blob',
    options: blockSizes.map((size) => ({
      value: String(size),
      label: sizeText(size),
      ...(size === blockSizes[0] ? { detail: 'Recommended for blobs' } : {}),
    })),
    when: inBlocks(when),
  },
]
