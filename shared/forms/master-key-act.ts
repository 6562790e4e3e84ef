import type { Field, Screen } from './form.ts'
import { keyFacts } from './master-key-screens.ts'
import { longestPath } from './names.ts'

const ofDatabase = { field: 'key', is: ['database'] } as const
const changesPassword = ['create', 'change-password', 'regenerate', 'restore']

const secrets: readonly Field[] = [
  {
    kind: 'secret',
    name: 'presentPassword',
    label: 'Password that the key has',
    why: 'Tried before anything is changed. It opens the key where the server can’t',
    rule: 'One of the passwords under which the key is kept',
    purpose: 'sql.dmk-password',
    secretRule: 'existing-password',
    canGenerate: false,
    existing: true,
    when: { field: 'act', is: ['add-copy', 'drop-copy', 'change-password'], also: ofDatabase },
  },
  {
    kind: 'secret',
    name: 'presentPassword',
    label: 'Password that the key has',
    why: 'The server can’t open this key by itself, so the session opens it with the password',
    rule: 'One of the passwords under which the key is kept',
    purpose: 'sql.dmk-password',
    secretRule: 'existing-password',
    canGenerate: false,
    existing: true,
    when: { field: 'act', is: ['back-up', 'regenerate'], fact: 'key-closed', also: ofDatabase },
  },
  {
    kind: 'secret',
    name: 'newPassword',
    label: 'New password of the key',
    why: 'The second way to open the key, when the server’s own way is lost. Keep it outside this server',
    purpose: 'sql.dmk-password',
    secretRule: 'master-key-password',
    canGenerate: true,
    existing: false,
    when: { field: 'act', is: changesPassword, also: ofDatabase },
  },
]

export const actScreen: Screen = {
  id: 'act',
  noun: 'Act',
  question: 'What should happen with the key?',
  purpose: 'What the catalog says of the key stands above; acts that do not fit it say why.',
  reads: keyFacts,
  fields: [
    {
      kind: 'choice',
      name: 'act',
      label: 'What happens with the database master key',
      why: 'One act per run: each has its own way back',
      options: [
        { value: 'create', label: 'Create it', detail: 'Where the database has none' },
        { value: 'back-up', label: 'Export it to a file', detail: 'Changes nothing' },
        {
          value: 'add-copy',
          label: 'Add the copy under the service master key',
          detail: 'The server then opens the key by itself, after a restart and after a restore elsewhere',
        },
        {
          value: 'drop-copy',
          label: 'Remove the copy under the service master key',
          detail: 'The key then opens only with its password. Refused while the server needs it by itself',
        },
        {
          value: 'change-password',
          label: 'Change its password',
          detail: 'Adds the new one, tries it, then removes the old one',
        },
        {
          value: 'regenerate',
          label: 'Regenerate it',
          detail:
            'A new key; everything below it is encrypted anew. Files of the old key stay with the old backups',
        },
        { value: 'restore', label: 'Restore it from a file', detail: 'Replaces the key that is there' },
      ],
      when: ofDatabase,
    },
    {
      kind: 'choice',
      name: 'act',
      label: 'What happens with the service master key',
      why: 'One act per run: each has its own way back',
      options: [
        { value: 'back-up', label: 'Export it to a file', detail: 'Changes nothing' },
        {
          value: 'regenerate',
          label: 'Regenerate it',
          detail:
            'A new key; the copies of the database master keys and the secrets of credentials are encrypted anew',
        },
        { value: 'restore', label: 'Restore it from a file', detail: 'Replaces the key that is there' },
      ],
      when: { field: 'key', is: ['service'] },
    },
    ...secrets,
    {
      kind: 'text',
      name: 'restoreFile',
      label: 'Key file on the server',
      why: 'The service account reads it',
      rule: 'The whole path with the file’s name, as the server sees it; a share (\\\\server\\folder) is possible',
      maxLength: longestPath,
      mono: true,
      when: { field: 'act', is: ['restore'] },
    },
    {
      kind: 'secret',
      name: 'restorePassword',
      label: 'Password of that key file',
      why: 'It was given when the file was written',
      purpose: 'sql.key-file-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: { field: 'act', is: ['restore'] },
    },
    {
      kind: 'flag',
      name: 'force',
      label: 'Go on where something can’t be decrypted (FORCE)',
      why: 'Without it the server stops and changes nothing. With it, what the old key can’t decrypt is lost for good: private keys, the data under them, secrets of credentials',
      effect: 'Adds FORCE to the statement',
      when: { field: 'act', is: ['regenerate', 'restore'] },
    },
  ],
}
