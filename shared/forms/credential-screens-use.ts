import { longestClientSecret } from '../model/ekm.ts'
import { creates, principal, renews, withAzure, withoutAzure } from './credential-screens.ts'
import { storageKeyFields, storageSecretFields, storageUseFields } from './credential-storage-screens.ts'
import type { Condition, Field, Screen } from './form.ts'
import { mostSecretMonths } from './vault-draft.ts'
import { longestApplicationName } from './vault-names.ts'

/** Applications are chosen for a new service principal, and for the other tasks. */
const forApplication: readonly Condition[] = [
  { ...principal, also: { ...creates, also: withAzure } },
  { field: 'task', is: ['prove', 'renew'], also: withAzure },
]
const typedApplication: readonly Condition[] = [
  { ...principal, also: { ...creates, also: withoutAzure } },
  { ...renews, also: withoutAzure },
]

const applicationFields: readonly Field[] = [
  ...forApplication.map((when): Field => ({
    kind: 'text',
    name: 'applicationFilter',
    label: 'Its name begins with',
    why: 'It narrows the list below: more than 1,000 applications are not listed',
    rule: 'Empty: all are listed',
    maxLength: longestApplicationName,
    when,
  })),
  ...forApplication.map((when): Field => ({
    kind: 'pick',
    name: 'clientId',
    label: 'Application',
    why: 'Its client id becomes the first half of SECRET. Its secrets and their ends are listed with it',
    from: 'applications',
    many: false,
    when,
  })),
  ...typedApplication.map((when): Field => ({
    kind: 'text',
    name: 'clientId',
    label: 'Application',
    why: 'The application (client) id; it becomes the first half of SECRET',
    rule: 'As Entra shows it; the hyphens are taken out where SQL Server needs that',
    hint: 'For instance 00000000-0000-0000-0000-000000000000',
    maxLength: 36,
    mono: true,
    when,
  })),
]

const secretField = {
  kind: 'secret',
  name: 'clientSecret',
  purpose: 'ekm.client-secret',
  secretRule: 'ekm-client-secret',
  canGenerate: false,
  existing: true,
  rule: `The value that Entra showed once, as it is; at most ${longestClientSecret} characters`,
} as const

export const identityScreen: Screen = {
  id: 'identity',
  noun: 'Identity',
  question: 'Which application, and which secret?',
  purpose:
    'SECRET is the client id without hyphens and then the secret, as one value. Keyturn puts them together.',
  reads: { facts: [], checks: [] },
  fields: [
    ...applicationFields,
    {
      kind: 'choice',
      name: 'secretFrom',
      label: 'Secret',
      why: 'One that the job “Vault” had made is in the keyring',
      options: [
        { value: 'kept', label: 'One that the keyring keeps' },
        { value: 'typed', label: 'Enter one' },
      ],
      when: { ...principal, also: { ...creates, also: withAzure } },
    },
    {
      kind: 'pick',
      name: 'keptSecret',
      label: 'Kept secret',
      why: 'Its label says for which application it was made',
      from: 'keptSecrets',
      many: false,
      opaque: true,
      when: {
        field: 'secretFrom',
        is: ['kept'],
        also: { ...principal, also: { ...creates, also: withAzure } },
      },
    },
    {
      ...secretField,
      label: 'Secret of the application',
      why: 'It becomes the second half of SECRET',
      when: {
        field: 'secretFrom',
        is: ['typed'],
        also: { ...principal, also: { ...creates, also: withAzure } },
      },
    },
    {
      ...secretField,
      label: 'Secret of the application',
      why: 'It becomes the second half of SECRET',
      when: { ...principal, also: { ...creates, also: withoutAzure } },
    },
    {
      kind: 'choice',
      name: 'newSecret',
      label: 'New secret',
      why: 'The old one stays valid until the last step',
      options: [
        {
          value: 'make',
          label: 'Have a new one made',
          detail: 'Entra says its value once. It goes into the keyring and is not shown',
        },
        { value: 'typed', label: 'Enter one that was made' },
      ],
      when: { ...renews, also: withAzure },
    },
    {
      kind: 'number',
      name: 'secretMonths',
      label: 'Life of the new secret',
      why: 'When it ends, SQL Server can’t open its keys at its next start. Renew it well before',
      rule: `1 to ${mostSecretMonths}; Entra takes no longer one`,
      min: 1,
      max: mostSecretMonths,
      unit: 'months',
      when: { field: 'newSecret', is: ['make'], also: { ...renews, also: withAzure } },
    },
    {
      ...secretField,
      label: 'New secret of the application',
      why: 'It goes to every node before any is restarted',
      when: { field: 'newSecret', is: ['typed'], also: { ...renews, also: withAzure } },
    },
    {
      ...secretField,
      label: 'New secret of the application',
      why: 'It goes to every node before any is restarted',
      when: { ...renews, also: withoutAzure },
    },
    {
      kind: 'choice',
      name: 'oldSecretAfter',
      label: 'Old secret',
      why: 'Removing it is the last step, and refused while a node was not proven with the new one',
      options: [
        { value: 'keep', label: 'Keep it until it ends', detail: 'It still signs in' },
        { value: 'remove', label: 'Remove it in the end', detail: 'Nothing brings it back' },
      ],
      when: { ...renews, also: withAzure },
    },
    {
      kind: 'pick',
      name: 'oldSecret',
      label: 'Which one',
      why: 'Entra shows its first characters, its name and its end',
      from: 'secrets',
      many: false,
      opaque: true,
      when: { field: 'oldSecretAfter', is: ['remove'], also: { ...renews, also: withAzure } },
    },
    {
      kind: 'flag',
      name: 'othersConfirmed',
      label: 'No other server signs in with the old secret',
      why: 'Entra does not say who uses a secret. Keyturn looked at this server and the nodes of its availability groups only',
      effect: 'No effect on the script',
      when: { field: 'oldSecretAfter', is: ['remove'], also: { ...renews, also: withAzure } },
    },
    ...storageSecretFields,
    ...storageKeyFields,
  ],
}

export const useScreen: Screen = {
  id: 'use',
  noun: 'Use and proof',
  question: 'Who uses it, and how is it proven?',
  purpose: 'A credential that is only stored proves nothing: what counts is a key that opens with it.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'mapTo',
      label: 'Mapped to a login',
      why: 'The engine uses a key as the login that was made from it; a person opens keys as their own login',
      options: [
        { value: 'none', label: 'To none', detail: 'A later job maps it' },
        { value: 'login', label: 'To one of these' },
      ],
      when: creates,
    },
    {
      kind: 'pick',
      name: 'login',
      label: 'Login',
      why: 'A login holds one credential of a provider',
      from: 'logins',
      many: false,
      when: { field: 'mapTo', is: ['login'], also: creates },
    },
    {
      kind: 'flag',
      name: 'proveHere',
      label: 'Prove it on the server first',
      why: 'It is mapped to your own login for as long as Keyturn reads the vault’s keys with it, then taken away again',
      effect: 'ALTER LOGIN … ADD CREDENTIAL, a read, ALTER LOGIN … DROP CREDENTIAL',
      when: creates,
    },
    {
      kind: 'text',
      name: 'proofKey',
      label: 'Key for the proof in Azure',
      why: 'The application signs in with the secret and has this key of the vault wrap and unwrap 32 random bytes',
      rule: 'Empty: no proof in Azure. Else the name of a key of the vault',
      maxLength: 26,
      mono: true,
      when: { ...withAzure, also: { field: 'task', is: ['create', 'renew'] } },
    },
    {
      kind: 'choice',
      name: 'restartBy',
      label: 'Restart of each service',
      why: 'A new secret counts from the restart. One node at a time, each proven before the next',
      options: [
        {
          value: 'person',
          label: 'I do it',
          detail: 'The run waits at each node; Retry reads when it started',
        },
        {
          value: 'keyturn',
          label: 'Keyturn does it, where it can',
          detail:
            'With the PowerShell that the review shows, on this computer only; on any other the run waits for you',
        },
      ],
      when: renews,
    },
    {
      kind: 'choice',
      name: 'restartPrimary',
      label: 'A node that is the primary',
      why: 'Restarting it stops its databases for everybody; a secondary is restarted without that',
      options: [
        {
          value: 'after-failover',
          label: 'After a planned failover, which you do',
          detail:
            'The run waits until the node is no longer the primary of the databases that the review names',
        },
        { value: 'as-it-is', label: 'As it is', detail: 'Its databases are closed while it restarts' },
      ],
      when: { fact: 'hasNodes', ...renews },
    },
    ...storageUseFields,
  ],
}
