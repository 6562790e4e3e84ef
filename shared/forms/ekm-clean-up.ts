import type { FormDescription, Screen } from './form.ts'
import { longestFolder } from './names.ts'

const ofKey = { field: 'scope', is: ['key'] } as const
const ofRest = { field: 'scope', is: ['rest'] } as const

const objectsScreen: Screen = {
  id: 'objects',
  noun: 'Objects',
  question: 'What is to be cleaned up, and on which server?',
  purpose: 'One key at a time, with what hangs on it; or what is left when no key is needed any more.',
  reads: {
    facts: ['EKM provider enabled', 'Providers', 'Asymmetric keys of providers'],
    checks: ['What this login may see'],
  },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Everything is dropped on this server only. Replicas and other servers keep what they have',
      rule: 'One connected SQL Server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'scope',
      label: 'What goes',
      why: 'A key is dropped only after it was seen who needs it',
      options: [
        {
          value: 'key',
          label: 'One key and what hangs on it',
          detail:
            'Mapping, login, asymmetric key; where nothing else needs them, credential and provider too',
        },
        {
          value: 'rest',
          label: 'What is left without a key',
          detail: 'Credential, provider, the option, and the registry key at the end',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'key',
      label: 'Asymmetric key',
      why: 'It leads to the key in the vault, which is never disabled or deleted here',
      rule: 'One key. Others go in runs of their own',
      from: 'keys',
      many: false,
      when: ofKey,
    },
    {
      kind: 'pick',
      name: 'provider',
      label: 'Provider',
      why: 'Its library is what reaches the vault',
      from: 'providers',
      many: false,
      when: ofRest,
    },
  ],
}

const undoable = { field: 'parts', is: ['credential'], fact: 'secretHelps' } as const

const partsScreen: Screen = {
  id: 'parts',
  noun: 'Parts',
  question: 'Which parts go?',
  purpose: 'They go in the order of the list: each is dropped when nothing stands on it any more.',
  reads: { facts: ['Vault key', 'Login of the key'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'keyLogin',
      label: 'Login of the key',
      why: 'The server uses the key as this login. Where the catalog does not say which one it is, you do',
      from: 'keyLogins',
      many: false,
      when: ofKey,
    },
    {
      kind: 'pick',
      name: 'credential',
      label: 'Credential',
      why: 'It signs the server in at the vault. A server never shows its secret',
      from: 'credentials',
      many: false,
    },
    {
      kind: 'pick',
      name: 'scratch',
      label: 'Scratch databases that were left',
      why: 'A run that ended early may have left the database in which it tried the key',
      from: 'scratch',
      many: true,
      when: { fact: 'scratchThere' },
    },
    {
      kind: 'pick',
      name: 'parts',
      label: 'Parts',
      why: 'What is not chosen stays. What can’t go because something stands on it is told on the review',
      from: 'parts',
      many: true,
    },
    {
      kind: 'text',
      name: 'clientId',
      label: 'Client id of the application, for an undo',
      why: 'With it and its secret the credential can be made again. Without, dropping it can’t be undone. No effect on the script',
      rule: 'As Entra shows it, with hyphens; empty: no undo of the credential',
      maxLength: 40,
      mono: true,
      when: undoable,
    },
    {
      kind: 'secret',
      name: 'clientSecret',
      label: 'Secret of the application, for an undo',
      why: 'No server shows whether it is the one that the credential has now',
      purpose: 'ekm.client-secret',
      secretRule: 'ekm-client-secret',
      canGenerate: false,
      existing: true,
      when: undoable,
    },
    {
      kind: 'server-path',
      name: 'exportFolder',
      label: 'Folder on the server for the exported registry key',
      why: 'The registry key is exported before a person deletes it. The file gets the mark of the run in its name',
      rule: `The whole path on the server's own disk, at most ${longestFolder} characters`,
      targetField: 'target',
      when: { field: 'parts', is: ['registry'] },
    },
  ],
}

const lossScreen: Screen = {
  id: 'loss',
  noun: 'What is lost',
  question: 'Who still needs it, and what may be lost?',
  purpose:
    'Read on this server: database keys, logs, backups on record. The key in the vault stays, and so a dropped key object can be made again from the same version.',
  reads: { facts: ['Still needed by'], checks: [] },
  fields: [
    {
      kind: 'text',
      name: 'confirmation',
      label: 'Name of the asymmetric key',
      why: 'Backups that may need it do not open here until the key object was made again from the same version in the vault. Backups on other servers are in no list of this one',
      rule: 'The name as it stands above; outer spaces do not count',
      maxLength: 128,
      when: { field: 'parts', is: ['key'], fact: 'nameAsked' },
    },
  ],
}

/** The job "Clean up EKM" as data. */
export const cleanUpForm: FormDescription = {
  job: 'ekm-clean-up',
  title: 'Clean up extensible key management',
  summary:
    'Drops what was made on one server for keys in a vault, in the right order, after it was seen who still needs it. No key in a vault is disabled or deleted.',
  noun: 'Clean up',
  targetFields: ['target'],
  intro: {
    question: 'Drop what a server no longer needs of a key in a vault',
    changes: [
      'Scratch databases that were left; then the credential off its logins, the login of the key, the asymmetric key, the credential, the provider, the option: each only where you choose it',
      'The registry key of the connector last, and by hand: it is exported, a person deletes it, the run looks whether it is gone',
      'The result names the keys and versions in the vault that this server no longer uses',
    ],
    needs: [
      'Nothing on the server may need the key: database keys, logs and backups on record are asked, and what can’t be read stops the run as a need does',
      'Rights: CONTROL SERVER, or ALTER ANY LOGIN, ALTER ANY CREDENTIAL and CONTROL on the key; VIEW ANY DEFINITION, VIEW SERVER STATE and SELECT in msdb to read who needs it',
      'No restart. Sessions that are open keep the library of a dropped provider until the next one',
    ],
    cannotBeUndone: [
      'The secret of a credential is in no view: without your copy a dropped credential is not made again',
      'Permissions that were given to the login of the key are not given again by an undo',
      'A deleted registry key comes back only from the exported file',
    ],
    minutes: '5 minutes to answer, seconds to run; the registry key takes as long as a person needs',
  },
  screens: [objectsScreen, partsScreen, lossScreen],
  exports: ['runbook-sql', 'runbook-ps1', 'runbook-md'],
  next: [
    {
      text: 'A database that is still under the key: turn TDE off, or put it under another protector, in the job for that. Then come back.',
      label: 'Encrypt or decrypt databases',
      to: 'tde',
    },
    {
      text: 'Keep the key and its versions in the vault for as long as a backup may need them: on other servers, in archives, under the log of a restored database.',
      label: 'See the keys',
      to: 'keys',
    },
  ],
}
