import { certificateExpiry, certificateSubject } from './field-parts.ts'
import type { Screen } from './form.ts'

export const serverScreen: Screen = {
  id: 'server',
  noun: 'Server',
  question: 'Which databases of which server?',
  purpose: 'Everything else is read from this server: versions, keys, folders, free space.',
  reads: { facts: ['Version and edition', 'Login'], checks: ['Encrypted backups', 'Right to export keys'] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'The statements run there, under the login of its connection',
      rule: 'One connected SQL Server, 2014 or later',
      from: 'targets',
      many: false,
    },
    {
      kind: 'pick',
      name: 'databases',
      label: 'Databases',
      why: 'Each gets a backup file of its own',
      rule: 'At least one; a database must be ONLINE',
      from: 'databases',
      many: true,
    },
  ],
}

const withCertificate = { field: 'encryptor', is: ['certificate'] }

export const keysScreen: Screen = {
  id: 'keys',
  noun: 'Keys',
  question: 'Which keys does the backup use?',
  purpose:
    'A certificate, which the database master key of master opens, or a key in a vault, which the server’s provider reaches.',
  reads: { facts: ['Database master key of master', 'Key of a new certificate'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'encryptor',
      label: 'The backup is encrypted under',
      why: 'Whoever restores it needs exactly this key',
      options: [
        {
          value: 'certificate',
          label: 'A certificate',
          detail: 'Its private key goes into files that this job opens again',
        },
        {
          value: 'asymmetric-key',
          label: 'A key in a vault (EKM)',
          detail:
            'An asymmetric key of a provider that is on the server already. It leaves no file: a restore needs the vault, provider, credential and the key object',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'asymmetricKeyName',
      label: 'Asymmetric key to use',
      why: 'Not one that a database encryption key is under: SQL Server asks for a key of its own for backups',
      from: 'asymmetricKeys',
      many: false,
      when: { field: 'encryptor', is: ['asymmetric-key'] },
    },
    {
      kind: 'choice',
      name: 'masterKeyMode',
      label: 'Database master key of master',
      why: 'The server must open the certificate by itself while it takes a backup, and this key opens it',
      options: [
        { value: 'use', label: 'Use the one that is there' },
        { value: 'create', label: 'Create one', detail: 'Where master has none' },
        {
          value: 'repair',
          label: 'Repair the one that is there',
          detail:
            'Where it has no copy under the service master key: adds that copy, with the key’s password',
        },
      ],
      when: withCertificate,
    },
    {
      kind: 'secret',
      name: 'masterKeyPassword',
      label: 'Password of the new master key',
      why: 'The second way to open the key, when the server’s own way is lost. Keep it outside this server',
      purpose: 'sql.dmk-password',
      secretRule: 'master-key-password',
      canGenerate: true,
      existing: false,
      when: { field: 'masterKeyMode', is: ['create'], also: withCertificate },
    },
    {
      kind: 'secret',
      name: 'masterKeyPassword',
      label: 'Password of the master key that is there',
      why: 'The key opens only with it; then its copy under the service master key can be added',
      rule: 'The password that was used when the key was created or last restored',
      purpose: 'sql.dmk-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: { field: 'masterKeyMode', is: ['repair'], also: withCertificate },
    },
    {
      kind: 'choice',
      name: 'certificateMode',
      label: 'Certificate',
      why: 'Its private key is what a restore needs, on this server or another',
      options: [
        { value: 'use', label: 'Use a certificate that is there' },
        { value: 'create', label: 'Create a certificate' },
      ],
      when: withCertificate,
    },
    {
      kind: 'pick',
      name: 'certificateName',
      label: 'Certificate to use',
      why: 'Only one with a private key under the master key and a date not passed can take new backups',
      from: 'certificates',
      many: false,
      when: { field: 'certificateMode', is: ['use'], also: withCertificate },
    },
    {
      kind: 'text',
      name: 'certificateName',
      label: 'Name of the new certificate',
      why: 'The name under which master and the backup statement know it',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      hint: 'For instance KT_Backup_2026',
      maxLength: 128,
      when: { field: 'certificateMode', is: ['create'], also: withCertificate },
    },
    certificateSubject({
      hint: 'For instance Backup encryption SQLPROD-01 2026',
      when: { field: 'certificateMode', is: ['create'], also: withCertificate },
    }),
    certificateExpiry({
      why: 'After this day the server takes no new backup with it. Restores go on working',
      when: { field: 'certificateMode', is: ['create'], also: withCertificate },
    }),
  ],
}
