import type { Screen } from './form.ts'
import { longestFolder } from './names.ts'
import { accessFields, containerField, writingFields } from './storage-fields.ts'

const folderRule = `The whole path on the server's own disk (D:\\Backup or /var/opt/backup), at most ${longestFolder} characters`
const onDisk = { field: 'destination', is: ['disk'] }
const inStorage = { field: 'destination', is: ['url'] }

export const destinationScreen: Screen = {
  id: 'destination',
  noun: 'Destination',
  question: 'Where do the backups go, and how are they written?',
  purpose: 'Each database gets new files whose names hold the date and the mark of this run.',
  reads: {
    facts: ['Free space there', 'Size of the chosen databases'],
    checks: ['Folder on the server'],
  },
  fields: [
    {
      kind: 'choice',
      name: 'destination',
      label: 'Backups go to',
      why: 'Key files, where there are any, go to a folder on the server either way',
      options: [
        { value: 'disk', label: 'A folder on the server' },
        { value: 'url', label: 'A container in Azure Blob Storage' },
      ],
    },
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder on the server for backups',
      why: 'The server writes the files with its service account',
      rule: folderRule,
      targetField: 'target',
      when: onDisk,
    },
    containerField(inStorage),
    ...accessFields(inStorage),
    ...writingFields(inStorage),
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
      why: 'Smaller files for more processor time. A TDE database needs a larger transfer size for it, which is added on disk',
      effect: 'COMPRESSION or NO_COMPRESSION; for a TDE database on disk also MAXTRANSFERSIZE = 131072',
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
