import type { Condition, Field, Screen } from './form.ts'
import { longestFolder } from './names.ts'
import { blobFields } from './restore-drill-blobs.ts'
import { longestFileName, mostKeptPasswords, mostKeyFolders } from './restore-drill-keys.ts'

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
          label: 'Where the history has them',
          detail: 'In a shared folder, or in the container that they were written to',
        },
        { value: 'folder', label: 'All in one folder', detail: 'Where they were copied' },
        {
          value: 'container',
          label: 'All in one container of Azure Blob Storage',
          detail: 'Copied there under the names that the history has',
        },
        {
          value: 'blobs',
          label: 'Blobs that I name',
          detail: 'Of one chosen backup, without what follows it',
        },
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
    ...blobFields,
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

const withKeys: Condition = { field: 'keyFiles', is: ['search', 'named'] }
const typed: Condition = { field: 'passwordFrom', is: ['typed', 'both'], also: withKeys }

const typedPassword = (name: string, label: string, why: string): Field => ({
  kind: 'secret',
  name,
  label,
  why,
  purpose: 'sql.key-file-password',
  secretRule: 'existing-password',
  canGenerate: false,
  existing: true,
  when: typed,
})

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
      label: 'Key files',
      why: 'An encrypted backup asks for the certificate that it was made with, a database under TDE for its own too',
      options: [
        {
          value: 'search',
          label: 'All that are in these folders',
          detail: 'Every .pfx, and every .cer with a .pvk of the same name',
        },
        { value: 'named', label: 'Those that I name' },
        {
          value: 'none',
          label: 'None',
          detail: 'The backups are not encrypted, or under keys in a vault that the drill server reaches',
        },
      ],
    },
    {
      kind: 'server-path',
      name: 'keyFolder',
      label: 'Folder of the key files',
      why: 'The drill server reads them with its service account, from its disk or a share',
      rule: `The whole path as the drill server sees it, at most ${longestFolder} characters`,
      targetField: 'drillTarget',
      when: withKeys,
    },
    {
      kind: 'text',
      name: 'moreKeyFolders',
      label: 'More folders',
      why: 'Where key files are in several places. May stay empty',
      rule: `One whole path per line, at most ${mostKeyFolders} folders in all`,
      maxLength: 4_000,
      mono: true,
      multiline: true,
      when: { field: 'keyFiles', is: ['search'] },
    },
    {
      kind: 'text',
      name: 'keyNames',
      label: 'Names of the key files',
      why: 'Their public part tells which backups they are for; the drill imports each of them',
      rule: `One per line, at most ${longestFileName} characters: a .pfx, or a .cer with its .pvk on the next line. Whole paths where a file is in another folder`,
      hint: 'For instance KT_Backup_2026.cer and below it KT_Backup_2026.pvk',
      maxLength: 16_000,
      mono: true,
      multiline: true,
      when: { field: 'keyFiles', is: ['named'] },
    },
    {
      kind: 'choice',
      name: 'passwordFrom',
      label: 'Passwords',
      why: 'Typed from where they are kept for the emergency, they are part of what is proven; a copy kept in Keyturn is not there on that day. Each is tried on each file',
      options: [
        { value: 'typed', label: 'Type them now', detail: 'As on the day when Keyturn is not there' },
        { value: 'kept', label: 'Passwords that Keyturn keeps for the server of the backups' },
        { value: 'both', label: 'Both' },
      ],
      when: withKeys,
    },
    typedPassword(
      'keyPassword',
      'Password of the private key files',
      'As it was chosen when the files were written',
    ),
    typedPassword(
      'secondKeyPassword',
      'Another password',
      'Where not all files have the same one. May stay empty',
    ),
    typedPassword('thirdKeyPassword', 'A third password', 'As above. May stay empty'),
    {
      kind: 'pick',
      name: 'keptPasswords',
      label: 'Kept passwords',
      why: 'Each is tried on each file, after those that were typed',
      rule: `1 to ${mostKeptPasswords} of them`,
      from: 'passwords',
      many: true,
      when: { field: 'passwordFrom', is: ['kept', 'both'], also: withKeys },
    },
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
