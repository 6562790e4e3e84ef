import { keyFolder } from './field-parts.ts'
import type { AskedPurpose } from '../model/secrets.ts'
import type { Field, Screen } from './form.ts'

/** What the catalog says of the keys stands on both screens that decide about them. */
export const keyFacts: Screen['reads'] = {
  facts: [
    'Service master key',
    'Databases whose master key the server opens by itself',
    'Master key of the chosen database',
    'Private keys under it',
  ],
  checks: ['After a restart'],
}

export const serverScreen: Screen = {
  id: 'server',
  noun: 'Key',
  question: 'Which master key of which server?',
  purpose:
    'The service master key opens the database master keys of its instance; a database master key opens the private keys of its database.',
  reads: keyFacts,
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'The statements run there, under the login of its connection',
      rule: 'One connected SQL Server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'key',
      label: 'Key',
      why: 'Each is exported and changed by statements of its own',
      options: [
        {
          value: 'database',
          label: 'A database master key',
          detail:
            'Of master for certificates of TDE and backups; of another database for what it encrypts itself',
        },
        {
          value: 'service',
          label: 'The service master key',
          detail: 'One per instance; opened by Windows or by a file of the machine',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'database',
      label: 'Database',
      why: 'Each database has a master key of its own',
      rule: 'One ONLINE database',
      from: 'databases',
      many: false,
      when: { field: 'key', is: ['database'] },
    },
  ],
}

const filePassword = (key: string, purpose: AskedPurpose): Field => ({
  kind: 'secret',
  name: 'filePassword',
  label: 'Password of the key files',
  why: 'Whoever restores the key needs a file and this password',
  purpose,
  secretRule: 'key-file-password',
  canGenerate: true,
  existing: false,
  when: { field: 'key', is: [key] },
})

export const filesScreen: Screen = {
  id: 'files',
  noun: 'Key files',
  question: 'Where do files of the key go, and how are they opened?',
  purpose: 'A change begins with a file of the key as it is, and ends with one of the key as it is then.',
  reads: { facts: [], checks: ['Folder on the server'] },
  fields: [
    keyFolder(),
    filePassword('database', 'sql.key-file-password'),
    filePassword('service', 'sql.smk-file-password'),
    {
      kind: 'flag',
      name: 'proveOnServer',
      label: 'Open the file of a database master key on the server',
      why: 'A scratch database restores it under a throw-away password and is dropped. It shows that file and password fit. A service master key file can’t be tried this way',
      effect: 'Adds CREATE DATABASE, RESTORE MASTER KEY and DROP DATABASE for the scratch database',
      when: { field: 'key', is: ['database'] },
    },
  ],
}
