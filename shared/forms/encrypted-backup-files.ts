import { keyFilePassword, keyFolder } from './field-parts.ts'
import type { Screen } from './form.ts'
import { longestFolder } from './names.ts'

const folderRule = `The whole path on the server's own disk (D:\\Keys or /var/opt/keys), at most ${longestFolder} characters`

export const filesScreen: Screen = {
  id: 'files',
  noun: 'Key files',
  question: 'Where do copies of the keys go, and how are they opened?',
  purpose: 'The keys are exported and the files opened before the first backup needs them.',
  reads: { facts: [], checks: ['Folder on the server'] },
  fields: [
    keyFolder(),
    keyFilePassword({ label: 'Password of the certificate’s private key file' }),
    {
      kind: 'secret',
      name: 'masterKeyFilePassword',
      label: 'Password of the master key file',
      why: 'The file brings the database master key back when master is lost',
      purpose: 'sql.key-file-password',
      secretRule: 'key-file-password',
      canGenerate: true,
      existing: false,
    },
    {
      kind: 'flag',
      name: 'serviceMasterKeyFile',
      label: 'Export the service master key too',
      why: 'Once per instance is enough, and again after it is regenerated. Needs CONTROL SERVER',
      effect: 'Adds BACKUP SERVICE MASTER KEY',
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
      when: { field: 'serviceMasterKeyFile', is: [true] },
    },
    {
      kind: 'flag',
      name: 'proveOnServer',
      label: 'Open the key files on the server',
      why: 'A scratch database imports them under a throw-away password and is dropped. It shows that the files and the passwords fit',
      effect:
        'Adds CREATE DATABASE, CREATE CERTIFICATE FROM FILE, RESTORE MASTER KEY and DROP DATABASE for the scratch database',
    },
    {
      kind: 'place',
      name: 'localCopy',
      label: 'Folder of yours for the certificate pair',
      why: 'Keyturn fetches the pair over the connection, writes it there, reads it again and opens it with the kept password',
      rule: 'A folder on this computer, not on the server. Empty: no copy is written here',
    },
  ],
}

export const destinationScreen: Screen = {
  id: 'destination',
  noun: 'Destination',
  question: 'Where do the backups go, and how are they written?',
  purpose: 'Each database gets a new file whose name holds the date and the mark of this run.',
  reads: { facts: ['Free space there', 'Size of the chosen databases'], checks: ['Folder on the server'] },
  fields: [
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder on the server for backups',
      why: 'The server writes the files with its service account',
      rule: folderRule,
      targetField: 'target',
    },
    {
      kind: 'choice',
      name: 'algorithm',
      label: 'Algorithm',
      why: 'How the backup file is encrypted. Restores need no choice: the file says it',
      options: [
        { value: 'AES_256', label: 'AES 256' },
        { value: 'AES_192', label: 'AES 192' },
        { value: 'AES_128', label: 'AES 128' },
      ],
    },
    {
      kind: 'flag',
      name: 'compression',
      label: 'Compress',
      why: 'Smaller files for more processor time. A TDE database needs a larger transfer size for it, which is added',
      effect: 'COMPRESSION or NO_COMPRESSION; for a TDE database also MAXTRANSFERSIZE = 131072',
    },
    {
      kind: 'flag',
      name: 'checksum',
      label: 'Write checksums',
      why: 'Lets a later check find pages that changed in the file',
      effect: 'CHECKSUM or NO_CHECKSUM',
    },
    {
      kind: 'number',
      name: 'stats',
      label: 'Report progress every',
      why: 'The server’s own messages are the only measured progress',
      rule: 'A whole number from 1 to 100',
      min: 1,
      max: 100,
      unit: 'percent',
    },
    {
      kind: 'flag',
      name: 'copyOnly',
      label: 'Copy-only',
      why: 'A copy-only backup leaves the base of differential backups and the log chain of your own schedule as they are',
      effect: 'COPY_ONLY',
    },
    {
      kind: 'flag',
      name: 'verifyAfter',
      label: 'Read each file again after it is written',
      why: 'RESTORE VERIFYONLY reads the whole file with the server’s own key. It takes about as long as the backup',
      effect: 'Adds RESTORE VERIFYONLY',
    },
  ],
}
