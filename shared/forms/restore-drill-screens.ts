import type { Condition, Field, Screen } from './form.ts'
import { longestFolder } from './names.ts'
import { longestFileName } from './restore-drill-draft.ts'

export const backupScreen: Screen = {
  id: 'backup',
  noun: 'Backups',
  question: 'Which backups are drilled?',
  purpose: 'Their list comes from the history of the server that took them. That server is only read.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server that took the backups',
      why: 'Its history says which backups there are and which keys they need',
      rule: 'One connected SQL Server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'which',
      label: 'Backups',
      why: 'A drill says something about these backups, and nothing about others',
      options: [
        { value: 'chosen', label: 'Those that I choose' },
        { value: 'latest', label: 'The latest full backup of each database of this server' },
      ],
    },
    {
      kind: 'pick',
      name: 'backups',
      label: 'Full backups',
      why: 'Each is restored by itself and removed before the next',
      rule: 'At least one',
      from: 'backups',
      many: true,
      opaque: true,
      when: { field: 'which', is: ['chosen'] },
    },
    {
      kind: 'flag',
      name: 'follow',
      label: 'Restore what follows them too',
      why: 'The latest differential and the logs after it, as far as the chain goes: what a real restore would need',
      effect: 'Adds RESTORE statements for the differential and log backups',
    },
  ],
}

export const drillServerScreen: Screen = {
  id: 'server',
  noun: 'Drill server',
  question: 'Which empty server restores them, and where are the files for it?',
  purpose: 'Everything is made there under names of this drill, and removed at its end.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'drillTarget',
      label: 'Drill server',
      why: 'A backup is worth what a restore on another machine proves',
      rule: 'Another connected SQL Server, without user databases, of the same or a later version',
      from: 'drillTargets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'filesWhere',
      label: 'Backup files, as the drill server sees them',
      why: 'The drill server opens them with its own service account',
      options: [
        {
          value: 'same',
          label: 'Under the paths that the history has',
          detail: 'Where they were written to a shared folder',
        },
        { value: 'folder', label: 'All in one folder', detail: 'Where they were copied' },
      ],
    },
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder of the backup files',
      why: 'The files keep their names; only their folder is another one',
      rule: `The whole path as the drill server sees it (D:\\Backup, /var/opt/backup or \\\\server\\share), at most ${longestFolder} characters`,
      targetField: 'drillTarget',
      when: { field: 'filesWhere', is: ['folder'] },
    },
    {
      kind: 'server-path',
      name: 'dataFolder',
      label: 'Folder for the restored data files',
      why: 'They are written under names of this drill and removed with its database',
      rule: `The whole path on the drill server’s own disk, at most ${longestFolder} characters`,
      targetField: 'drillTarget',
    },
    {
      kind: 'server-path',
      name: 'logFolder',
      label: 'Folder for the restored log files',
      why: 'As above, for the transaction log',
      rule: `The whole path on the drill server’s own disk, at most ${longestFolder} characters`,
      targetField: 'drillTarget',
    },
    {
      kind: 'choice',
      name: 'masterKeyMode',
      label: 'Database master key of the drill server',
      why: 'It opens the imported certificate while the server restores',
      options: [
        {
          value: 'throw-away',
          label: 'Create one under a throw-away password',
          detail: 'Removed at the end; nobody needs its password',
        },
        { value: 'password', label: 'Create one under a password of mine', detail: 'Removed at the end too' },
        { value: 'use', label: 'Use the one that is there', detail: 'It stays as it is' },
      ],
    },
    {
      kind: 'secret',
      name: 'masterKeyPassword',
      label: 'Password of the drill server’s new master key',
      why: 'For servers whose policy wants a known one',
      purpose: 'sql.dmk-password',
      secretRule: 'master-key-password',
      canGenerate: true,
      existing: false,
      targetField: 'drillTarget',
      when: { field: 'masterKeyMode', is: ['password'] },
    },
  ],
}

const fileRule = `A file name without folder, at most ${longestFileName} characters`

interface KeyWords {
  files: string
  certificate: string
  privateKey: string
  from: string
  password: string
  label: string
}

const filesOfKey = ({ files, certificate, privateKey, from, password, label }: KeyWords): Field[] => {
  const pair: Condition = { field: files, is: ['pair'] }
  const any: Condition = { field: files, is: ['pair', 'pfx'] }
  return [
    {
      kind: 'text',
      name: certificate,
      label: `Certificate file${label}`,
      why: 'Holds the public part; its thumbprint is what the backup asks for',
      rule: `${fileRule}, ending in .cer`,
      maxLength: longestFileName,
      mono: true,
      when: pair,
    },
    {
      kind: 'text',
      name: certificate,
      label: `Certificate and key file${label}`,
      why: 'Holds both parts; SQL Server 2022 or later imports it',
      rule: `${fileRule}, ending in .pfx`,
      maxLength: longestFileName,
      mono: true,
      when: { field: files, is: ['pfx'] },
    },
    {
      kind: 'text',
      name: privateKey,
      label: `Private key file${label}`,
      why: 'Holds the private part, under a password',
      rule: `${fileRule}, ending in .pvk`,
      maxLength: longestFileName,
      mono: true,
      when: pair,
    },
    {
      kind: 'pick',
      name: from,
      label: `Password${label}`,
      why: 'Typed from where it is kept for the emergency, it is part of what is proven; a copy kept in Keyturn is not there on that day',
      from: 'passwords',
      many: false,
      opaque: true,
      when: any,
    },
    {
      kind: 'secret',
      name: password,
      label: `Password of the private key file${label}`,
      why: 'As it was chosen when the file was written',
      purpose: 'sql.key-file-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: { field: from, is: ['typed'], also: any },
    },
  ]
}

const kinds = [
  { value: 'pair', label: 'A .cer and a .pvk file' },
  { value: 'pfx', label: 'One .pfx file' },
]

export const drillKeysScreen: Screen = {
  id: 'keys',
  noun: 'Key files',
  question: 'Which key files open the backups?',
  purpose: 'The certificates come from these files alone, as on the day when the source is gone.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'keyFiles',
      label: 'Key of the backups',
      why: 'An encrypted backup asks for the certificate that it was made with',
      options: [...kinds, { value: 'none', label: 'None: the backups are not encrypted' }],
    },
    {
      kind: 'server-path',
      name: 'keyFolder',
      label: 'Folder of the key files',
      why: 'The drill server reads them with its service account, from its disk or a share',
      rule: `The whole path as the drill server sees it, at most ${longestFolder} characters`,
      targetField: 'drillTarget',
      when: { field: 'keyFiles', is: ['pair', 'pfx'] },
    },
    ...filesOfKey({
      files: 'keyFiles',
      certificate: 'certificateFile',
      privateKey: 'privateKeyFile',
      from: 'passwordFrom',
      password: 'keyPassword',
      label: '',
    }),
    {
      kind: 'choice',
      name: 'secondKeyFiles',
      label: 'Second key',
      why: 'A database under TDE needs its own certificate too, besides that of the backup',
      options: [{ value: 'none', label: 'None' }, ...kinds],
    },
    ...filesOfKey({
      files: 'secondKeyFiles',
      certificate: 'secondCertificateFile',
      privateKey: 'secondPrivateKeyFile',
      from: 'secondPasswordFrom',
      password: 'secondKeyPassword',
      label: ' (second key)',
    }),
  ],
}

export const drillChecksScreen: Screen = {
  id: 'checks',
  noun: 'Checks',
  question: 'What is asked of the restored databases?',
  purpose: 'State, size and encryption are always read. Then everything is removed again.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'flag',
      name: 'consistency',
      label: 'Check every page',
      why: 'DBCC CHECKDB finds damage that was in the database before its backup. It takes as long as reading the whole database',
      effect: 'Adds DBCC CHECKDB',
    },
    {
      kind: 'number',
      name: 'stats',
      label: 'Progress step',
      why: 'How often the server tells how far it is',
      rule: 'A whole number from 1 to 100',
      min: 1,
      max: 100,
      unit: 'percent',
    },
  ],
}
