import { custodianFiles, recipientFolder, recoveryFiles } from './field-parts.ts'
import { placeFields } from './escrow-places-fields.ts'
import type { Condition, Field, FormDescription, Screen } from './form.ts'

const filled = (field: string): Condition => ({ field, filled: true })

/** SQL Server gives a master key in no other way than as a file that it writes itself. */
const masterKeyFields = (name: 'masterKey' | 'serviceKey', label: string, statement: string): Field[] => [
  {
    kind: 'pick',
    name: `${name}File`,
    label,
    why: `A file as SQL Server wrote it. ${statement} writes a file on the server’s own disk and gives it over no connection, so Keyturn can’t take it live: the job “Master key” has it written; copy it into this folder. Only a server opens such a file`,
    from: 'keyFiles',
    many: false,
  },
  {
    kind: 'pick',
    name: `${name}Password`,
    label: 'Kept password of that backup',
    why: 'It goes into the package beside the file, as an item of its own',
    rule: 'The one under which the file was written. Whether it opens the file is not tried',
    from: 'keptPasswords',
    many: false,
    opaque: true,
    when: filled(`${name}File`),
  },
]

const keysScreen: Screen = {
  id: 'keys',
  noun: 'Keys',
  question: 'What is to be escrowed?',
  purpose: 'Each choice becomes one item of the package, sealed by itself.',
  reads: { facts: ['Version and edition', 'Database master key of master'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Its certificates, and the passwords that the keyring keeps for it',
      rule: 'One connected SQL Server. A package holds items of one server',
      from: 'targets',
      many: false,
    },
    {
      kind: 'pick',
      name: 'certificates',
      label: 'Certificates with their private keys',
      why: 'The server gives each pair over the connection, its private key under a password of the run; Keyturn opens it in memory and seals it. No file of it is written',
      rule: 'Those whose private key is under the master key; at most 20',
      from: 'certificates',
      many: true,
    },
    {
      kind: 'flag',
      name: 'othersEncrypt',
      label: 'Certificates that nothing on record uses encrypt, too',
      why: 'A private key that signs is not escrowed: who can open the package could sign with it. What this server shows no use of may be such a key',
      effect:
        'Without it the review refuses certificates under which no backup and no TDE database is on record',
    },
    {
      kind: 'pick',
      name: 'keptPasswords',
      label: 'Kept passwords',
      why: 'A key file without its password is no copy. Each becomes a passphrase record of the package; the one in the keyring stays',
      rule: 'Passwords of key files and of master keys that the keyring keeps for this server; at most 40',
      from: 'keptPasswords',
      many: true,
      opaque: true,
    },
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'The sign-in of this connection reaches the vault, and containers as places',
      rule: 'None: no keys of a vault and no container',
      from: 'subscriptions',
      many: false,
      service: 'azure',
    },
    {
      kind: 'pick',
      name: 'vault',
      label: 'Vault or managed HSM',
      why: 'It gives each key with all its versions as one backup, which it has sealed itself',
      from: 'vaults',
      many: false,
      opaque: true,
      when: filled('azure'),
    },
    {
      kind: 'pick',
      name: 'vaultKeys',
      label: 'Keys',
      why: 'What comes is no clear key: a vault of the same subscription and geography restores it, and nothing else opens it. No file of it is written',
      rule: 'At most 20. The sign-in needs keys/read and keys/backup',
      from: 'vaultKeys',
      many: true,
      when: { field: 'vault', filled: true, also: filled('azure') },
    },
  ],
}

const filesScreen: Screen = {
  id: 'files',
  noun: 'Files',
  question: 'Which key files and passphrases of yours?',
  purpose: 'What other programs wrote. Leave empty what there is not.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'place',
      name: 'fileFolder',
      label: 'Folder of yours with key files',
      why: 'Keyturn reads the chosen files there; the server never sees the folder',
      rule: 'Empty: no files',
    },
    {
      kind: 'pick',
      name: 'certificateFile',
      label: 'Certificate with its private key',
      why: 'Opened here and matched; it goes into the package as certificate and private key, without the password of the file',
      rule: 'A .pfx, or a .cer with its .pvk',
      from: 'pairFiles',
      many: false,
    },
    {
      kind: 'pick',
      name: 'privateKeyFile',
      label: 'Its private key file',
      why: 'The .pvk that was written with that .cer',
      rule: 'None for a .pfx',
      from: 'privateKeyFiles',
      many: false,
      when: filled('certificateFile'),
    },
    {
      kind: 'pick',
      name: 'pairPassword',
      label: 'Kept password of that file',
      why: 'It opens the file here',
      rule: 'None: the file has no password',
      from: 'keptPasswords',
      many: false,
      opaque: true,
      when: filled('certificateFile'),
    },
    ...masterKeyFields('masterKey', 'Backup of a database master key', 'BACKUP MASTER KEY'),
    ...masterKeyFields('serviceKey', 'Backup of the service master key', 'BACKUP SERVICE MASTER KEY'),
    {
      kind: 'pick',
      name: 'vaultBackups',
      label: 'Backup files of vault keys',
      why: 'As a vault gave them earlier. Only a vault of the same subscription and geography opens one, so nobody opens it here',
      rule: 'Files of that folder; at most 20. Keys of a connected subscription need no file: the screen before takes them from the vault',
      from: 'keyFiles',
      many: true,
    },
    {
      kind: 'secret',
      name: 'passphrase',
      label: 'Passphrase of another system',
      why: 'Of a SharePoint Secure Store, for instance. It is kept in the keyring until you drop it there, and goes into the package as a passphrase record',
      rule: 'As that system takes it',
      purpose: 'escrow.passphrase',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
    },
    {
      kind: 'text',
      name: 'passphraseName',
      label: 'What that passphrase opens',
      why: 'Stands in the public part of the package: no secret belongs here',
      rule: '1 to 100 characters. Only with a passphrase',
      hint: 'For instance Secure Store of farm SP-EU',
      maxLength: 100,
    },
    {
      kind: 'number',
      name: 'passphraseGeneration',
      label: 'Its generation',
      why: 'Each new passphrase makes a new key: a backup opens with the passphrase of its time and no other',
      min: 1,
      max: 1_000_000,
      unit: '',
    },
    {
      kind: 'text',
      name: 'passphraseBackup',
      label: 'Backup that was made under it',
      why: 'Tells whoever recovers which backup this passphrase belongs to',
      rule: '1 to 200 characters. Only with a passphrase',
      hint: 'For instance farm backup 2026-11-25, set 0042',
      maxLength: 200,
    },
  ],
}

const recipientsScreen: Screen = {
  id: 'recipients',
  noun: 'Recipients',
  question: 'Who is to open it?',
  purpose: 'Holders of a share group together; and, if you choose so, each of some certificates alone.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'group',
      label: 'Share group',
      why: 'As many of its holders as the group says open the package together; nobody else is asked to write it',
      rule: 'One active group. Escrow → Begin a share ceremony makes one',
      from: 'groups',
      many: false,
      opaque: true,
    },
    recipientFolder(),
    custodianFiles(),
    recoveryFiles(),
  ],
}

const placesScreen: Screen = {
  id: 'places',
  noun: 'Places',
  question: 'Where is the package to be kept?',
  purpose: 'It counts as escrowed only after it was read back from each of them.',
  reads: { facts: [], checks: [] },
  fields: [
    ...placeFields({
      name: 'place',
      label: 'First place',
      why: 'Keyturn writes the package there, reads it back from there and compares it',
      optional: false,
    }),
    ...placeFields({
      name: 'secondPlace',
      label: 'Second place',
      why: 'The same files once more: one place is lost with one fire',
      optional: true,
    }),
    ...placeFields({
      name: 'thirdPlace',
      label: 'Third place',
      why: 'The same files once more',
      optional: true,
    }),
  ],
}

/** The job "Escrow export" as data. */
export const escrowExportForm: FormDescription = {
  job: 'escrow-export',
  title: 'Write keys into an escrow package',
  summary:
    'Certificates of a SQL Server, keys of a vault, key files, kept passwords and passphrases, sealed for a share group and for certificates, written to folders or containers of yours and read back from there.',
  noun: 'Escrow package',
  targetFields: ['target', 'azure'],
  intro: {
    question: 'Put keys in escrow',
    changes: [
      'Nothing on the server and in the vault: they are asked for the pairs and for backups of keys, which leaves lines in the vault’s log',
      'A folder of sealed files in each place that you choose, in a container a blob for each. OpenSSL and Python open it; Keyturn is not needed for that',
      'An entry in this profile’s list of packages, and copies on the Keys page for the certificates in it',
    ],
    needs: [
      'An active share group: Escrow → Begin a share ceremony makes one',
      'CONTROL on the certificates, and a database master key in master that the server opens by itself',
      'For other recipients: their certificates in a folder of yours',
      'For keys of a vault: keys/read and keys/backup there. For a container: Storage Blob Data Contributor on it',
      'An unlocked keyring',
    ],
    cannotBeUndone: [
      'A package in a folder stays until someone deletes it. From a container an undo deletes what this run wrote there, unless a retention policy keeps it',
      'Whoever can open a package has its keys for good: to take them back, the keys have to be replaced',
    ],
    minutes: '5 minutes to answer, under a minute to run',
  },
  screens: [keysScreen, filesScreen, recipientsScreen, placesScreen],
  exports: ['runbook-md'],
  next: [
    {
      text: 'Take media to where they are kept, and write down who has them. Each holder can check their own share alone, any day; a package is verified where it lies.',
      label: 'See groups and packages',
      to: 'escrow',
    },
    {
      text: 'The copies of the certificates stand beside their other copies, as Matched.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'Each act of this run is in the record, with the fingerprint of the key that signed the package. Note it outside this computer: it tells your package from one that somebody changed.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
