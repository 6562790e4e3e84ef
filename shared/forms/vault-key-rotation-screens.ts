import type { Screen } from './form.ts'
import { longestFolder } from './names.ts'
import { longestApplicationName } from './vault-names.ts'
import { mostRotatedDatabases } from './vault-key-rotation-draft.ts'

export const databasesScreen: Screen = {
  id: 'databases',
  noun: 'Databases',
  question: 'Which databases get a new vault key?',
  purpose: 'Their encryption keys are put under another asymmetric key. Data is not rewritten.',
  reads: { facts: ['Version and edition', 'Databases under a vault key'], checks: ['Key management'] },
  fields: [
    {
      kind: 'pick',
      name: 'target',
      label: 'Server',
      why: 'Databases, asymmetric keys, logins and credentials are on this server',
      rule: 'One connected SQL Server with databases under a vault key',
      from: 'targets',
      many: false,
    },
    {
      kind: 'pick',
      name: 'databases',
      label: 'Databases',
      why: 'Those that stay under the old key keep it needed; the review names them',
      rule: `1 to ${mostRotatedDatabases} databases that hang on the same vault key`,
      from: 'databases',
      many: true,
    },
  ],
}

const newVersion = { field: 'to', is: ['new-version'] } as const
const perhapsUncovered = { field: 'origin', is: ['imported', 'unknown'], also: newVersion } as const

export const keyScreen: Screen = {
  id: 'key',
  noun: 'Vault key',
  question: 'What are the databases to hang on?',
  purpose:
    'Old versions stay enabled: backups, log records and databases that were not changed still need them.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'azure',
      label: 'Subscription',
      why: 'The vault is in it',
      rule: 'One connected subscription',
      from: 'subscriptions',
      many: false,
      service: 'azure',
      opaque: true,
    },
    {
      kind: 'pick',
      name: 'vault',
      label: 'Key vault or managed HSM',
      why: 'The new key has to be in the vault that the application signs in to',
      from: 'vaults',
      many: false,
    },
    {
      kind: 'pick',
      name: 'vaultKey',
      label: 'Vault key that they hang on today',
      why: 'Read from the server’s registry where this login may; else this is your word for it',
      from: 'keys',
      many: false,
    },
    {
      kind: 'choice',
      name: 'to',
      label: 'What they are to hang on',
      why: 'SQL Server knows a version as a key of its own, with its own thumbprint',
      options: [
        {
          value: 'new-version',
          label: 'A new version of the same key',
          detail:
            'Made in this run, with the type and size of the present version, and with the run’s mark. SQL Server names it by the key’s name',
        },
        {
          value: 'newest',
          label: 'The newest version that is there',
          detail: 'For instance one that a rotation policy of the vault made',
        },
        {
          value: 'other-key',
          label: 'Another key of the same vault',
          detail: 'One that is there. The job “Vault” makes a key and gives the application its role on it',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'otherKey',
      label: 'The other key',
      why: 'Its newest version is used',
      from: 'otherKeys',
      many: false,
      when: { field: 'to', is: ['other-key'] },
    },
    {
      kind: 'choice',
      name: 'origin',
      label: 'Where the material of the key came from',
      why: 'A vault does not tell. A new version is always made in the vault, so a copy in escrow does not cover it',
      options: [
        { value: 'vault', label: 'It was made in the vault', detail: 'It could never be escrowed' },
        { value: 'imported', label: 'It was imported', detail: 'A copy of it may be kept outside of Azure' },
        { value: 'unknown', label: 'Not known' },
      ],
      when: newVersion,
    },
    {
      kind: 'flag',
      name: 'uncovered',
      label:
        'I want material that no copy outside of the vault covers: whoever loses the vault loses what hangs on the new version',
      why: 'The key was or may have been imported. To keep an escrow copy, import a new version instead and choose “the newest version”',
      effect: 'No effect on the script',
      when: perhapsUncovered,
    },
    {
      kind: 'choice',
      name: 'reference',
      label: 'How SQL Server names the key',
      why: 'Either way the asymmetric key stays with the version that it was made from',
      options: [
        {
          value: 'version-less',
          label: 'By its name',
          detail: 'The newest version at that moment is taken, and compared afterwards',
        },
        {
          value: 'pinned',
          label: 'By name and version',
          detail: 'The connector takes this from its version of November 2020 on',
        },
      ],
      when: { field: 'to', is: ['newest', 'other-key'] },
    },
    {
      kind: 'place',
      name: 'keyBackup',
      label: 'Folder of yours for the key’s backup',
      why: 'A backup of before does not hold a new version. Azure’s encrypted backup of all versions is written there and read again',
      rule: 'A folder on this computer. Only a vault in the same subscription and geography can restore the file',
    },
  ],
}

export const serverScreen: Screen = {
  id: 'server',
  noun: 'Server',
  question: 'What are the new objects called, and as whom does the server sign in?',
  purpose:
    'A credential belongs to one login. The old login keeps its own, because the old key is still needed; the new one gets a second.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'text',
      name: 'keyName',
      label: 'Name of the new asymmetric key',
      why: 'ALTER DATABASE ENCRYPTION KEY names it. The vault does not know this name',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      hint: 'For instance KT_TDE_2026',
      maxLength: 128,
    },
    {
      kind: 'text',
      name: 'keyLogin',
      label: 'Name of the login made from it',
      why: 'The engine uses the key as this login; nobody can sign in with it',
      rule: '1 to 128 characters, on one line, not beginning or ending with ##',
      hint: 'For instance KT_TDE_2026_login',
      maxLength: 128,
    },
    {
      kind: 'text',
      name: 'credentialName',
      label: 'Name of the new credential',
      why: 'It has the identity of the old one and the secret below',
      rule: '1 to 128 characters, on one line, not beginning with #',
      hint: 'For instance KT_TDE_2026_credential',
      maxLength: 128,
    },
    {
      kind: 'text',
      name: 'applicationFilter',
      label: 'The application’s name begins with',
      why: 'It narrows the list below: more than 1,000 applications are not listed',
      rule: 'Empty: all are listed',
      maxLength: longestApplicationName,
    },
    {
      kind: 'pick',
      name: 'application',
      label: 'Application that the server signs in as',
      why: 'Its client id is in the secret of the credential, which no catalog shows',
      from: 'applications',
      many: false,
      opaque: true,
    },
    {
      kind: 'secret',
      name: 'applicationSecret',
      label: 'Secret of the application',
      why: 'It proves the new version before the server uses it, and goes into the new credential',
      rule: 'The value, not the id of the secret',
      purpose: 'ekm.client-secret',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      targetField: 'azure',
    },
    {
      kind: 'flag',
      name: 'replicasConfirmed',
      label:
        'I looked on the replicas that were not asked: they have an asymmetric key of the new version, with its login and credential',
      why: 'Some replicas have no connection here, or gave no answer. One without the key suspends its data movement, and a failover to it fails',
      effect: 'No effect on the script',
      when: { fact: 'replicaIsSilent' },
    },
    {
      kind: 'choice',
      name: 'logBackups',
      label: 'Log backups that the rule asks for',
      why: 'After two changes of its key a database needs a log backup before the third (SQL 33122)',
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
    },
    {
      kind: 'server-path',
      name: 'backupFolder',
      label: 'Folder on the server for log backups',
      why: 'Used only where a log backup is needed first. Files get the mark of the run in their names',
      rule: `The whole path on the server's own disk, at most ${longestFolder} characters`,
      targetField: 'target',
      when: { field: 'logBackups', is: ['take'] },
    },
  ],
}
