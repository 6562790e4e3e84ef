import { placesScreen } from './certificate-places.ts'
import { certificateExpiry, certificateSubject } from './field-parts.ts'
import type { FormDescription, Screen } from './form.ts'

/** Said wherever a person could take a new certificate for a longer life of the old one. */
export const renewingText =
  'A new certificate is a new identity, even with the same name and subject: its thumbprint differs. What was encrypted with an older one needs that older pair for as long as it is kept'

const taskScreen: Screen = {
  id: 'task',
  noun: 'Task',
  question: 'What is to be done with a certificate?',
  purpose: 'The other questions follow from this answer.',
  reads: { facts: ['Version and edition', 'Database master key of master'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'The certificate is, or comes, into master of this server',
      rule: 'One connected SQL Server. To copy: the one that has the certificate',
      from: 'targets',
      many: false,
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'Task',
      why: 'Each has its own statements; all but comparing change something',
      options: [
        {
          value: 'create',
          label: 'Create a certificate',
          detail: 'Then export it and open the files. For backups, TDE or signing',
        },
        {
          value: 'export',
          label: 'Export a certificate and open the files',
          detail: '.cer with .pvk, or .pfx from SQL Server 2022 on',
        },
        {
          value: 'import-local',
          label: 'Import from files in a folder of yours',
          detail: 'Keyturn opens and matches them before anything is sent',
        },
        {
          value: 'import-server',
          label: 'Import from files on the server’s disk',
          detail: 'Only the server reads them, with its service account',
        },
        {
          value: 'compare',
          label: 'Compare files of yours with a certificate',
          detail: 'Reads only; the answer is same or differs',
        },
        {
          value: 'copy',
          label: 'Copy a certificate to other servers',
          detail: 'For the replicas of an availability group: over the connections, without files',
        },
      ],
    },
  ],
}

const needsName = ['create', 'import-local', 'import-server'] as const

const certificateScreen: Screen = {
  id: 'certificate',
  noun: 'Certificate',
  question: 'Which certificate?',
  purpose: renewingText + '.',
  reads: { facts: ['Version and edition', 'Database master key of master'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'certificateName',
      label: 'Certificate of the server',
      why: 'Export and copy need its private key under the master key; to compare, the public half is enough',
      from: 'certificates',
      many: false,
      when: { field: 'task', is: ['export', 'compare', 'copy'] },
    },
    {
      kind: 'text',
      name: 'certificateName',
      label: 'Name of the certificate',
      why: 'The name under which master and the statements know it. It is not part of the files',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      hint: 'For instance KT_Backup_2026',
      maxLength: 128,
      when: { field: 'task', is: needsName },
    },
    certificateSubject({
      label: 'Subject',
      hint: 'For instance Backup encryption SQLPROD-01 2026',
      when: { field: 'task', is: ['create'] },
    }),
    certificateExpiry({
      why: 'After this day the server takes no new backup with it (SQL 3096). Restores and TDE go on working',
      when: { field: 'task', is: ['create'] },
    }),
    {
      kind: 'choice',
      name: 'keyUse',
      label: 'What it is for',
      why: 'TDE takes smaller keys than an import does. No effect on the script',
      options: [
        { value: 'backup', label: 'Encrypting backups' },
        { value: 'tde', label: 'TDE', detail: 'Keys of more than 3,072 bits are refused' },
        { value: 'other', label: 'Something else', detail: 'Signing, endpoints, column encryption' },
      ],
      when: { field: 'task', is: needsName },
    },
  ],
}

/** The job "Certificate" as data. */
export const certificateForm: FormDescription = {
  job: 'certificate',
  title: 'Create, import, export, compare or copy a certificate',
  summary:
    'One certificate of master on one SQL Server: made, brought in, exported to files that are opened again, compared with files, or copied to other servers.',
  noun: 'Certificate',
  targetFields: ['target', 'replicas'],
  intro: {
    question: 'Work with one certificate of a server',
    changes: [
      'Create and import add a certificate to master',
      'Create and export write key files to a folder on the server, open them in a scratch database that is dropped again, and write the pair to a folder of yours',
      'Import from your folder opens the files here first; the private key is sent under a password made for that one statement',
      'Copy adds the certificate, with the same thumbprint, to master of each server that you choose',
      'Compare changes nothing',
    ],
    needs: [
      'A database master key in master that the server opens by itself, on every server that gets a certificate',
      'Rights: CREATE CERTIFICATE in master to create and import, CONTROL on master to export and copy, CREATE ANY DATABASE for the scratch database',
      'To import: the files that were written together, and their password',
      'No restart',
    ],
    cannotBeUndone: [
      'Key files that were written stay until someone deletes them',
      'A certificate that something was encrypted with stays: what it encrypted needs it',
    ],
    minutes: '5 minutes to answer, under a minute to run',
  },
  screens: [taskScreen, certificateScreen, placesScreen],
  exports: ['runbook-sql', 'runbook-md'],
  next: [
    {
      text: 'Store key files and their password apart from the server, and write down where they are. The pair of an older certificate must stay as long as anything needs it.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
    {
      text: 'A certificate that replaces one under which backups are taken has a job of its own.',
      label: 'Rotate the backup certificate',
      to: 'backup-certificate-rotation',
    },
  ],
}
