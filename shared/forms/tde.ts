import {
  certificateExpiry,
  certificateSubject,
  keyFileKind,
  keyFilePassword,
  keyFolder,
  openOnServer,
  ownFolder,
} from './field-parts.ts'
import type { Field, FormDescription, Screen } from './form.ts'
import { longestFolder } from './names.ts'

const newProtector = ['turn-on', 'rotate-protector'] as const
const created = {
  field: 'certificateMode',
  is: ['create'],
  also: { field: 'task', is: newProtector },
} as const
const used = { field: 'certificateMode', is: ['use'], also: { field: 'task', is: newProtector } } as const
const withProtector = { field: 'task', is: newProtector } as const

const taskScreen: Screen = {
  id: 'task',
  noun: 'Task',
  question: 'What is to be done with TDE, and for which databases?',
  purpose: 'The other questions follow from this answer.',
  reads: {
    facts: ['Version and edition', 'Databases with an encryption key'],
    checks: ['Edition', 'After a restart'],
  },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Databases, their keys and the certificate are on this server',
      rule: 'One connected SQL Server whose edition has TDE',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'Task',
      why: 'Each has its own statements; watching changes nothing',
      options: [
        {
          value: 'turn-on',
          label: 'Turn TDE on',
          detail: 'Certificate exported and opened first, then the key, then the encryption of every page',
        },
        {
          value: 'watch',
          label: 'Watch a scan to its end',
          detail: 'Reads only',
        },
        {
          value: 'suspend',
          label: 'Suspend a scan',
          detail: 'SQL Server 2019 and later. It stays suspended over a restart, until someone resumes it',
        },
        { value: 'resume', label: 'Resume a scan', detail: 'And watch it to its end' },
        {
          value: 'rotate-protector',
          label: 'Rotate the protector',
          detail: 'Another certificate over the same key: no page is rewritten. The old one must be kept',
        },
        {
          value: 'regenerate',
          label: 'Regenerate the database key',
          detail: 'A new key, perhaps another algorithm: every page is rewritten',
        },
        {
          value: 'turn-off',
          label: 'Turn TDE off and remove the key',
          detail:
            'Every page in clear, then the key dropped, then a log backup and a full one. The certificate is kept',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'databases',
      label: 'Databases',
      why: 'All of them are done in one run, each with steps of its own',
      rule: '1 to 20 databases of this server',
      from: 'databases',
      many: true,
    },
  ],
}

const certificateFields: Field[] = [
  {
    kind: 'choice',
    name: 'certificateMode',
    label: 'Certificate',
    why: 'It encrypts the database keys. Whoever restores elsewhere needs it with its private key',
    options: [
      { value: 'create', label: 'Create a new one', detail: 'For TDE only; backups get another one' },
      { value: 'use', label: 'Use one that is there', detail: 'It is exported and opened again in this run' },
    ],
    when: withProtector,
  },
  {
    kind: 'pick',
    name: 'certificateName',
    label: 'Certificate of the server',
    why: 'Its private key has to be under the master key: nobody enters a password when the server starts',
    from: 'certificates',
    many: false,
    when: used,
  },
  {
    kind: 'text',
    name: 'certificateName',
    label: 'Name of the new certificate',
    why: 'The name under which master and the statements know it. It is not part of the files',
    rule: '1 to 128 characters, on one line, not beginning or ending with ##',
    hint: 'For instance KT_TDE_2026',
    maxLength: 128,
    when: created,
  },
  certificateSubject({ hint: 'For instance TDE SQLPROD-01 2026', when: created }),
  certificateExpiry({
    why: 'TDE goes on working after it. Some audits ask for it, and backups can’t be encrypted with it then',
    when: created,
  }),
]

const replicasField: Field = {
  kind: 'flag',
  name: 'replicasConfirmed',
  label: 'I looked on the replicas that were not asked: they have this certificate with its private key',
  why: 'Some replicas have no connection here, or gave no answer. One without the certificate stops when the key is made, and a failover to it fails',
  effect: 'No effect on the script',
  when: { fact: 'replicaIsSilent', ...used },
}

const keyScreen: Screen = {
  id: 'key',
  noun: 'Keys',
  question: 'Which certificate and which algorithm?',
  purpose: 'The certificate encrypts the key of each database; that key encrypts its pages.',
  reads: { facts: ['Version and edition', 'Databases with an encryption key'], checks: [] },
  fields: [
    ...certificateFields,
    replicasField,
    {
      kind: 'choice',
      name: 'algorithm',
      label: 'Algorithm of the database key',
      why: 'It encrypts the pages of data and log files',
      options: [
        { value: 'AES_256', label: 'AES-256' },
        { value: 'AES_192', label: 'AES-192' },
        { value: 'AES_128', label: 'AES-128' },
      ],
      when: { field: 'task', is: ['turn-on', 'regenerate'] },
    },
  ],
}

const folderOfBackups = {
  kind: 'server-path',
  name: 'backupFolder',
  rule: `The whole path on the server's own disk, at most ${longestFolder} characters`,
  targetField: 'target',
} as const

const filesScreen: Screen = {
  id: 'files',
  noun: 'Files',
  question: 'Where do files go?',
  purpose:
    'Copies of the certificate before it is used; log backups where a change of the key needs them; a full backup after TDE was turned off.',
  reads: { facts: [], checks: [] },
  fields: [
    keyFileKind({ when: withProtector }),
    keyFolder({ when: withProtector }),
    keyFilePassword({ when: withProtector }),
    openOnServer({ when: withProtector }),
    ownFolder({
      why: 'Keyturn fetches the pair over the connection, writes it there, reads it again and opens it with the kept password. No database key is made before that',
      when: withProtector,
    }),
    {
      kind: 'choice',
      name: 'logBackups',
      label: 'Log backups that the rule asks for',
      why: 'After two changes of its key a database needs a log backup before the third (SQL 33122), and after its key was dropped the log still needs the certificate until then',
      options: [
        {
          value: 'take',
          label: 'Take them in this run',
          detail:
            'Only where one is needed. They are part of the log chain: keep them with your other log backups. Databases without log backups get a CHECKPOINT',
        },
        {
          value: 'mine',
          label: 'I take them',
          detail: 'The review waits until one is on record where the next change needs it',
        },
      ],
      when: { field: 'task', is: ['rotate-protector', 'regenerate', 'turn-off'] },
    },
    {
      ...folderOfBackups,
      label: 'Folder on the server for log backups',
      why: 'Used only where a log backup is needed first. Files get the mark of the run in their names',
      when: {
        field: 'logBackups',
        is: ['take'],
        also: { field: 'task', is: ['rotate-protector', 'regenerate'] },
      },
    },
    {
      ...folderOfBackups,
      label: 'Folder on the server for the full backup',
      why: 'Backups from before need the certificate; this one does not. It is not encrypted: its pages are in clear. Log backups go there too',
      when: { field: 'task', is: ['turn-off'] },
    },
  ],
}

/** The job "TDE with a certificate" as data. */
export const tdeForm: FormDescription = {
  job: 'tde',
  title: 'Encrypt databases with TDE',
  summary:
    'Transparent data encryption (TDE) with a certificate: turned on with the certificate proven first, its scan watched, protector and keys changed, or turned off in the right order.',
  noun: 'TDE',
  targetFields: ['target'],
  intro: {
    question: 'Encrypt the files of databases, or change how they are encrypted',
    changes: [
      'Turning on: the certificate is exported and the files are opened, then each database gets a key and all its pages are encrypted',
      'Watching reads only; suspending and resuming change the scan and nothing else',
      'Rotating puts another certificate over the same key; regenerating makes a new key and rewrites every page',
      'Turning off: pages in clear, the key dropped, log and database backed up. The certificate is kept',
      'Where the key was changed since the last log backup, that backup comes first (a CHECKPOINT in SIMPLE recovery)',
    ],
    needs: [
      'An edition with TDE: Enterprise or Developer; Standard from SQL Server 2019 on',
      'A database master key in master that the server opens by itself, also after a restart',
      'Rights: CONTROL on each database, VIEW SERVER STATE; for a certificate CREATE CERTIFICATE and CONTROL on master, CREATE ANY DATABASE for the scratch database',
      'No restart. The databases stay in use while a scan works; it costs disk and CPU',
    ],
    cannotBeUndone: [
      'Once encryption was on, the certificate stays: log and backups may need it',
      'A regenerated or dropped key is not kept by the server. No data is lost with it',
      'Key files and backups that were written stay until someone deletes them',
    ],
    minutes: '5 minutes to answer; a scan takes as long as the server needs to rewrite the files',
  },
  screens: [taskScreen, keyScreen, filesScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'After TDE was turned on: take a full backup, so that a restore no longer begins with pages in clear. Encrypt it with another certificate than that of TDE.',
      label: 'Take an encrypted backup',
      to: 'encrypted-backup',
    },
    {
      text: 'Store key files and their password apart from the server. A restore elsewhere needs the certificate there first (SQL 33111).',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'A scan that was left or suspended goes on, or waits, on the server. This job watches and resumes it.',
      label: 'Watch or resume a scan',
      to: 'tde',
    },
  ],
}
