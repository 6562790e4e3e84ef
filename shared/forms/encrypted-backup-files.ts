import { keyFilePassword, keyFolder } from './field-parts.ts'
import type { Screen } from './form.ts'

/** A key in a vault has no files: its copies are the vault's business. */
const withCertificate = { field: 'encryptor', is: ['certificate'] }

export const filesScreen: Screen = {
  id: 'files',
  noun: 'Key files',
  question: 'Where do copies of the keys go, and how are they opened?',
  purpose: 'The keys are exported and the files opened before the first backup needs them.',
  reads: { facts: [], checks: ['Folder on the server'] },
  fields: [
    keyFolder({ when: withCertificate }),
    keyFilePassword({ label: 'Password of the certificate’s private key file', when: withCertificate }),
    {
      kind: 'secret',
      name: 'masterKeyFilePassword',
      label: 'Password of the master key file',
      why: 'The file brings the database master key back when master is lost',
      purpose: 'sql.key-file-password',
      secretRule: 'key-file-password',
      canGenerate: true,
      existing: false,
      when: withCertificate,
    },
    {
      kind: 'flag',
      name: 'serviceMasterKeyFile',
      label: 'Export the service master key too',
      why: 'Once per instance is enough, and again after it is regenerated. Needs CONTROL SERVER',
      effect: 'Adds BACKUP SERVICE MASTER KEY',
      when: withCertificate,
    },
    {
      kind: 'secret',
      name: 'serviceMasterKeyFilePassword',
      label: 'Password of the service master key file',
      why: 'The file opens everything on this instance; keep its password apart from the others',
      purpose: 'sql.smk-file-password',
      secretRule: 'key-file-password',
      canGenerate: true,
      existing: false,
      when: { field: 'serviceMasterKeyFile', is: [true], also: withCertificate },
    },
    {
      kind: 'flag',
      name: 'proveOnServer',
      label: 'Open the key files on the server',
      why: 'A scratch database imports them under a throw-away password and is dropped. It shows that the files and the passwords fit',
      effect:
        'Adds CREATE DATABASE, CREATE CERTIFICATE FROM FILE, RESTORE MASTER KEY and DROP DATABASE for the scratch database',
      when: withCertificate,
    },
    {
      kind: 'place',
      name: 'localCopy',
      label: 'Folder of yours for the certificate pair',
      why: 'Keyturn fetches the pair over the connection, writes it there, reads it again and opens it with the kept password',
      rule: 'A folder on this computer, not on the server. Empty: no copy is written here',
      when: withCertificate,
    },
  ],
}
