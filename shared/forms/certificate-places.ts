import { keyFileKind, keyFilePassword, keyFolder, openOnServer } from './field-parts.ts'
import type { Field, Screen } from './form.ts'

const files = { field: 'task', is: ['create', 'export'] } as const
const local = { field: 'task', is: ['import-local', 'compare'] } as const
const onServer = { field: 'task', is: ['import-server'] } as const

const exportFields: Field[] = [
  keyFileKind({ label: 'Kind of files', when: files }),
  keyFolder({ when: files }),
  keyFilePassword({ when: files }),
  openOnServer({ when: files }),
  {
    kind: 'place',
    name: 'localCopy',
    label: 'Folder of yours for the pair',
    why: 'Keyturn fetches the pair over the connection, writes it there as .cer and .pvk, reads it again and opens it',
    rule: 'A folder on this computer, not on the server. Empty: no copy is written here',
    when: files,
  },
]

const localFields: Field[] = [
  {
    kind: 'place',
    name: 'sourceFolder',
    label: 'Folder of yours with the files',
    why: 'Keyturn reads them there; the server never sees the folder',
    rule: 'A folder on this computer, a share or a stick',
    when: local,
  },
  {
    kind: 'pick',
    name: 'sourceCertificateFile',
    label: 'Certificate file',
    why: 'The .cer, or a .pfx that holds both halves',
    rule: 'Files of that folder that end in .cer, .crt, .der, .pfx or .p12',
    from: 'certificateFiles',
    many: false,
    when: local,
  },
  {
    kind: 'pick',
    name: 'sourcePrivateKeyFile',
    label: 'Private key file',
    why: 'Keyturn opens it and matches it with the certificate before anything is sent',
    rule: 'The .pvk that was written with that .cer. None for a .pfx; to compare, none compares only the certificate',
    from: 'privateKeyFiles',
    many: false,
    when: local,
  },
  {
    kind: 'secret',
    name: 'certificateFilePassword',
    label: 'Password of the file with the private key',
    why: 'It opens the file here. It is not sent to the server',
    rule: 'The password that was kept when the file was written. Empty: the file has none, or is not opened',
    purpose: 'sql.key-file-password',
    secretRule: 'existing-password',
    canGenerate: false,
    existing: true,
    when: local,
  },
]

const serverFields: Field[] = [
  keyFolder({
    label: 'Folder on the server with the files',
    why: 'The server reads them with its service account. Files that another instance wrote are often not readable for it',
    when: onServer,
  }),
  {
    kind: 'text',
    name: 'serverCertificateFile',
    label: 'Certificate file',
    why: 'The .cer, or a .pfx that holds both halves (SQL Server 2022 and later)',
    rule: 'The name of the file in that folder',
    hint: 'For instance KT_Backup_2026.cer',
    maxLength: 90,
    when: onServer,
  },
  {
    kind: 'text',
    name: 'serverPrivateKeyFile',
    label: 'Private key file',
    why: 'The server compares it with the certificate and refuses one of another (SQL 15474)',
    rule: 'The name of the .pvk in that folder. Empty for a .pfx',
    hint: 'For instance KT_Backup_2026.pvk',
    maxLength: 90,
    when: onServer,
  },
  keyFilePassword({
    why: 'The server opens the file with it; afterwards the key is under the master key',
    rule: 'The password that was kept when the file was written',
    secretRule: 'existing-password',
    canGenerate: false,
    existing: true,
    when: onServer,
  }),
]

export const placesScreen: Screen = {
  id: 'places',
  noun: 'Places',
  question: 'Where from, and where to?',
  purpose: 'Files, folders and servers that the key comes from or goes to.',
  reads: { facts: [], checks: [] },
  fields: [
    ...exportFields,
    ...localFields,
    ...serverFields,
    {
      kind: 'pick',
      name: 'replicas',
      label: 'Servers that get the certificate',
      why: 'Each replica that takes or restores a backup, or opens a TDE database, needs the same key',
      rule: 'At least one connected server; each is asked whether it is the planned one before anything is sent',
      from: 'otherTargets',
      many: true,
      when: { field: 'task', is: ['copy'] },
    },
  ],
}
