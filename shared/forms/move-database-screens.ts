import type { Screen } from './form.ts'
import { longestFolder } from './names.ts'

const folderRule = `The whole path: D:\\Data, /var/opt/data, or a shared folder \\\\server\\share; at most ${longestFolder} characters`
const fromFiles = { fact: 'needsCertificate', field: 'certificateFrom', is: ['files'] } as const

const serversScreen: Screen = {
  id: 'servers',
  noun: 'Servers',
  question: 'Which database moves where?',
  purpose: 'Both servers are read before anything is planned. Moving needs both connections at once.',
  reads: { facts: ['Version of the source'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Source server',
      why: 'It has the database now, and keeps it until you decide otherwise',
      rule: 'One connected SQL Server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'pick',
      name: 'database',
      label: 'Database',
      why: 'It travels with its encryption key and its own master key; logins, jobs and the certificate in master do not travel with it',
      rule: 'ONLINE, no snapshot, and in no availability group',
      from: 'databases',
      many: false,
    },
    {
      kind: 'pick',
      name: 'destination',
      label: 'Destination server',
      why: 'It opens the database with its own copy of the certificate',
      rule: 'The version of the source or a later one; for TDE an edition that has TDE',
      from: 'otherTargets',
      many: false,
    },
  ],
}

const keysScreen: Screen = {
  id: 'keys',
  noun: 'Keys',
  question: 'How do the keys come along?',
  purpose:
    'The certificate goes first. Thumbprints are compared on the destination before the source is touched.',
  reads: { facts: ['Version of the source'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'certificateFrom',
      label: 'Certificate to the destination',
      why: 'Without this very certificate, the same thumbprint, the database does not open there (SQL 33111)',
      options: [
        {
          value: 'connection',
          label: 'From the source over the two connections',
          detail: 'Under a password made for that one statement; no file is written',
        },
        {
          value: 'files',
          label: 'From key files that the destination can read',
          detail: 'For instance when this login may not read the private key on the source',
        },
      ],
      when: { fact: 'needsCertificate' },
    },
    {
      kind: 'text',
      name: 'certificateName',
      label: 'Name on the destination',
      why: 'The name is free to choose; the thumbprint is what counts',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      maxLength: 128,
      when: fromFiles,
    },
    {
      kind: 'server-path',
      name: 'keyFolder',
      label: 'Folder with the key files',
      why: 'The destination’s service account reads them there',
      rule: folderRule,
      targetField: 'destination',
      when: fromFiles,
    },
    {
      kind: 'text',
      name: 'serverCertificateFile',
      label: 'Certificate file',
      why: 'The .cer, or a .pfx that holds both halves (SQL Server 2022 and later)',
      rule: 'The file’s name without its folder, at most 90 characters',
      maxLength: 90,
      mono: true,
      when: fromFiles,
    },
    {
      kind: 'text',
      name: 'serverPrivateKeyFile',
      label: 'Private key file',
      why: 'The .pvk that was written with the .cer; nothing with a .pfx',
      rule: 'The file’s name without its folder, at most 90 characters',
      maxLength: 90,
      mono: true,
      when: fromFiles,
    },
    {
      kind: 'secret',
      name: 'certificateFilePassword',
      label: 'Password of the private key file',
      why: 'It was chosen when the files were written',
      purpose: 'sql.key-file-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      targetField: 'destination',
      when: fromFiles,
    },
    {
      kind: 'secret',
      name: 'databaseKeyPassword',
      label: 'Password of the database’s own master key',
      why: 'The destination has another service master key, so this key opens there only with its password until a copy is added. Tried on the source first',
      rule: 'Empty: the key stays closed on the destination until someone adds the copy',
      purpose: 'sql.dmk-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: { fact: 'hasDatabaseKey' },
    },
  ],
}

const withBackup = { field: 'way', is: ['backup'] } as const

const wayScreen: Screen = {
  id: 'way',
  noun: 'Way',
  question: 'How does the database travel?',
  purpose: 'Keyturn never copies files on servers. Where a person has to, the run waits and checks.',
  reads: { facts: ['Version of the source'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'way',
      label: 'Way',
      why: 'A backup leaves the source in use; what is written there after it does not come along. Detaching stops all use until the files are copied',
      options: [
        {
          value: 'backup',
          label: 'Backup and restore',
          detail: 'A copy-only backup; the source stays in use and its backup chain goes on',
        },
        {
          value: 'detach',
          label: 'Detach and attach',
          detail: 'Everybody is disconnected; you copy the files; the source is attached again at the end',
        },
      ],
    },
    {
      kind: 'text',
      name: 'newName',
      label: 'Name on the destination',
      why: 'Applications look for this name',
      rule: '1 to 128 characters, on one line; no database there has it',
      maxLength: 128,
    },
    {
      kind: 'server-path',
      name: 'dataFolder',
      label: 'Folder for the database files on the destination',
      why: 'Its service account opens them there',
      rule: folderRule,
      targetField: 'destination',
    },
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder for the backup, as the source sees it',
      why: 'The source’s service account writes there; best a shared folder that both servers reach',
      rule: folderRule,
      targetField: 'target',
      when: withBackup,
    },
    {
      kind: 'server-path',
      name: 'readFolder',
      label: 'The same folder as the destination sees it',
      why: 'Where it is another path, or you copy the file there',
      rule: `Empty: the same path. ${folderRule}`,
      targetField: 'destination',
      when: withBackup,
    },
    {
      kind: 'pick',
      name: 'backupCertificate',
      label: 'Encrypt the backup with',
      why: 'The file on the way is then useless without this certificate too; it comes to the destination as well. Empty: the backup itself is not encrypted, only what TDE encrypts',
      from: 'backupCertificates',
      many: false,
      when: withBackup,
    },
  ],
}

const afterScreen: Screen = {
  id: 'after',
  noun: 'Afterwards',
  question: 'What happens afterwards?',
  purpose: 'The database on the source is never dropped by this job.',
  reads: { facts: ['Version of the source'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'sourceAfter',
      label: 'Database on the source',
      why: 'Two copies that are both in use grow apart',
      options: [
        { value: 'as-it-was', label: 'Leave it as it was', detail: 'In use, with its files and its key' },
        { value: 'offline', label: 'Set it offline', detail: 'Its files stay; SET ONLINE brings it back' },
      ],
    },
    {
      kind: 'flag',
      name: 'checkConsistency',
      label: 'Run DBCC CHECKDB on the destination',
      why: 'Reads every page there; a copy that was damaged on the way shows now',
      effect: 'Adds DBCC CHECKDB',
    },
  ],
}

export const moveScreenList: readonly Screen[] = [serversScreen, keysScreen, wayScreen, afterScreen]
