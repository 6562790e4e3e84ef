import type { FormDescription, Screen } from './form.ts'

const task = (...is: string[]) => ({ field: 'task', is })
const second = { field: 'second', is: [true], also: task('transfer', 'exchange-key', 'compare') }
const compares = task('transfer', 'compare')
const fromToken = { field: 'origin', is: ['token'], also: compares }
const fromFile = { field: 'origin', is: ['file'], also: compares }

const vaultsScreen: Screen = {
  id: 'vaults',
  noun: 'Vaults',
  question: 'What is brought into which vault?',
  purpose:
    'A transfer file opens in one vault only: the one whose key it was wrapped for. Two regions are two vaults, two keys for imports, and two files of the same key.',
  reads: { facts: ['Signed in as'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'Its sign-in reaches the vaults',
      from: 'targets',
      many: false,
      service: 'azure',
    },
    {
      kind: 'choice',
      name: 'task',
      label: 'What is done',
      why: 'One thing per run; a key for imports comes first, the import after the token wrapped its key',
      options: [
        {
          value: 'transfer',
          label: 'Import a key of a token from its transfer file',
          detail: 'A .byok file, opened inside the vault only',
        },
        {
          value: 'exchange-key',
          label: 'Make a key for imports in the vault',
          detail: 'RSA in hardware, for import and nothing else: tokens wrap their keys for it',
        },
        {
          value: 'restore',
          label: 'Restore a key from its Azure backup',
          detail: 'All versions, under the same name. Same subscription and geography only',
        },
        {
          value: 'compare',
          label: 'Compare a key with what is in the vault',
          detail: 'Token, vault and, where one is chosen, SQL Server. Changes nothing',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'vault',
      label: 'Vault or managed HSM',
      why: 'Keys of a token go into hardware only: premium vaults and managed HSMs',
      from: 'vaults',
      many: false,
      opaque: true,
    },
    {
      kind: 'flag',
      name: 'second',
      label: 'A second vault too',
      why: 'The same key under the same name, for a second region. It has a file of its own',
      effect: 'Adds the same steps for the second vault',
      when: task('transfer', 'exchange-key', 'compare'),
    },
    {
      kind: 'pick',
      name: 'secondVault',
      label: 'Second vault',
      why: 'In another region, so that the loss of one leaves the other',
      from: 'vaults',
      many: false,
      opaque: true,
      when: second,
    },
  ],
}

const keyScreen: Screen = {
  id: 'key',
  noun: 'Key',
  question: 'Which key, and what must it be the same as?',
  purpose:
    'Nobody but the vault opens a transfer file. That the right key was in it shows the public key: that of the vault has to be that of the token.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'text',
      name: 'exchangeName',
      label: 'Name of the key for imports',
      why: 'It stays in the vault; later imports can use it again',
      rule: '1 to 127 letters, digits and hyphens',
      hint: 'For instance import-2026',
      maxLength: 127,
      when: task('exchange-key'),
    },
    {
      kind: 'choice',
      name: 'exchangeBits',
      label: 'Size',
      why: 'It should not be weaker than what is wrapped for it',
      options: [
        { value: '4096', label: '4,096 bits' },
        { value: '3072', label: '3,072 bits' },
        { value: '2048', label: '2,048 bits', detail: 'Where a token takes no longer one' },
      ],
      when: task('exchange-key'),
    },
    {
      kind: 'text',
      name: 'keyName',
      label: 'Name of the key in the vault',
      why: 'Of a backup: the name that it was taken under. Of an import: SQL Server names it so, and it can’t be changed',
      rule: '1 to 26 letters, digits and hyphens for an import: the connector takes no more, though Azure would',
      hint: 'For instance SQLPROD-TDE-2026',
      maxLength: 127,
      when: task('transfer', 'restore', 'compare'),
    },
    {
      kind: 'place',
      name: 'place',
      label: 'Folder of yours with the files',
      why: 'Its files are sent as they are; Keyturn can’t open them',
      rule: 'A folder on this computer, a share or a stick',
      when: task('transfer', 'restore'),
    },
    {
      kind: 'pick',
      name: 'file',
      label: 'Transfer file for the vault',
      why: 'The file says itself which key of which vault it was wrapped for: that is compared',
      rule: 'A .byok file of that folder',
      from: 'transferFiles',
      many: false,
      when: task('transfer'),
    },
    {
      kind: 'pick',
      name: 'secondFile',
      label: 'Transfer file for the second vault',
      why: 'The same key, wrapped for the second vault',
      rule: 'Another .byok file of that folder',
      from: 'transferFiles',
      many: false,
      when: { ...second, also: task('transfer') },
    },
    {
      kind: 'pick',
      name: 'backupFile',
      label: 'Backup of the key',
      why: 'Azure’s own encrypted backup; what is in it shows only when a vault restores it',
      rule: 'A .keybackup, .backup, .keyvaultkey or .blob file of that folder',
      from: 'backupFiles',
      many: false,
      when: task('restore'),
    },
    {
      kind: 'pick',
      name: 'backupOf',
      label: 'Vault that it was taken from',
      why: 'Where that vault is there still, its versions are compared with those that come back',
      from: 'sources',
      many: false,
      opaque: true,
      when: task('restore'),
    },
    {
      kind: 'choice',
      name: 'origin',
      label: 'Public key to compare with',
      why: 'It decides whether the right key is in the vault',
      options: [
        { value: 'token', label: 'Of the key on a connected token', detail: 'Read without a PIN' },
        {
          value: 'file',
          label: 'From a file',
          detail: 'PEM; in an escrow package it is NN.public.pem in the folder items',
        },
      ],
      when: compares,
    },
    {
      kind: 'pick',
      name: 'hsm',
      label: 'Token',
      why: 'Its public keys are read; no PIN is tried',
      from: 'tokenTargets',
      many: false,
      service: 'hsm',
      when: fromToken,
    },
    {
      kind: 'pick',
      name: 'tokenKey',
      label: 'Key of the token',
      why: 'RSA, as the token shows it',
      from: 'tokenKeys',
      many: false,
      opaque: true,
      when: fromToken,
    },
    {
      kind: 'place',
      name: 'publicPlace',
      label: 'Folder of yours with the public key',
      why: 'A public key is no secret; that it is the right one is what you vouch for',
      rule: 'A folder on this computer',
      when: fromFile,
    },
    {
      kind: 'pick',
      name: 'publicFile',
      label: 'Public key',
      why: 'That of the token’s key, as it was written when the key was made or escrowed',
      rule: 'A .pem or .pub file of that folder, RSA with 2,048 or 3,072 bits',
      from: 'publicFiles',
      many: false,
      when: fromFile,
    },
    {
      kind: 'pick',
      name: 'sql',
      label: 'SQL Server that has the key',
      why: 'Its catalog shows a thumbprint, and the registry of its connector the key of the vault',
      rule: 'Empty: no server is compared',
      from: 'sqlTargets',
      many: false,
      when: task('compare'),
    },
    {
      kind: 'pick',
      name: 'sqlKey',
      label: 'Asymmetric key of the server',
      why: 'The key object that was opened from the vault',
      from: 'sqlKeys',
      many: false,
      when: task('compare'),
    },
  ],
}

/** The job "Import to Azure" as data. */
export const keyImportForm: FormDescription = {
  job: 'key-import',
  title: 'Import a key into a vault',
  summary:
    'A key of a token goes into one or two vaults by its transfer files, and its public key is compared from the token to the vault. Also: a key for imports, the restore of a key’s backup, and the comparison alone.',
  noun: 'Import to Azure',
  targetFields: ['azure', 'hsm', 'sql'],
  intro: {
    question: 'Bring a key of yours into a vault',
    changes: [
      'The same key in one or two vaults, from a transfer file for each; or a key for imports; or a restored key',
      'Nothing on the token, and nothing on a SQL Server',
      'The vault’s own wrap and unwrap, tried with 32 random bytes where you may',
    ],
    needs: [
      'A connected Azure subscription with a premium vault or an activated managed HSM, and Key Vault Crypto Officer there',
      'For an import: the transfer files, and the token or its public key to compare with',
      'For a restore: a backup from a vault of the same subscription and geography',
    ],
    cannotBeUndone: [
      'A key that an undo deletes keeps its name taken until the vault’s retention ends',
      'A restored key stays; the vault that its backup came from can’t take it back',
      'A rotation later makes key material in the vault that no token and no escrow package has',
    ],
    minutes: '5 minutes to answer, less than one to run',
  },
  screens: [vaultsScreen, keyScreen],
  exports: ['runbook-az', 'runbook-md'],
  next: [
    {
      text: 'Put databases under the imported key: choose it as another key of the vault. Keep the old key until every backup under it has ended.',
      label: 'Rotate to the vault key',
      to: 'vault-key-rotation',
      carries: 'vault-key',
    },
    {
      text: 'Give SQL Server’s application the right to use the key, and write Azure’s backup of it.',
      label: 'Check the vault',
      to: 'vault',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
