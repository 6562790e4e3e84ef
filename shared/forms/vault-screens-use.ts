import type { Screen } from './form.ts'
import { mostSecretMonths } from './vault-draft.ts'
import { longestApplicationName } from './vault-names.ts'
import { anyKeyVault } from './vault-screens.ts'

export const identityScreen: Screen = {
  id: 'identity',
  noun: 'Identity',
  question: 'As whom does SQL Server use the key?',
  purpose: 'SQL Server’s connector signs in as an application of the tenant, with its id and a secret.',
  reads: { facts: ['Tenant'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'applicationMode',
      label: 'Application',
      why: 'One per server or group of servers: its secret ends for all that share it',
      options: [
        {
          value: 'create',
          label: 'Register an application',
          detail: 'In this tenant only, with no right on any API',
        },
        { value: 'use', label: 'Use one that is there' },
      ],
    },
    {
      kind: 'text',
      name: 'applicationName',
      label: 'Name of the new application',
      why: 'The log of the vault and lists of roles show it',
      rule: `1 to ${longestApplicationName} characters, on one line`,
      hint: 'For instance sp-sqlprod-ekm',
      maxLength: longestApplicationName,
      when: { field: 'applicationMode', is: ['create'] },
    },
    {
      kind: 'text',
      name: 'applicationFilter',
      label: 'Its name begins with',
      why: 'It narrows the list below: more than 1,000 applications are not listed',
      rule: 'Empty: all are listed',
      maxLength: longestApplicationName,
      when: { field: 'applicationMode', is: ['use'] },
    },
    {
      kind: 'pick',
      name: 'application',
      label: 'Application of the tenant',
      why: 'It needs a service principal in this tenant; where there is none, one is made',
      from: 'applications',
      many: false,
      when: { field: 'applicationMode', is: ['use'] },
    },
    {
      kind: 'choice',
      name: 'secretMode',
      label: 'Secret',
      why: 'The last step signs in with it: only that proves that the rights fit',
      options: [
        {
          value: 'create',
          label: 'Make a new secret',
          detail: 'Azure says its value once. It goes into the keyring and is not shown. Other secrets stay',
        },
        { value: 'kept', label: 'Enter one that is there' },
      ],
      when: { field: 'applicationMode', is: ['use'] },
    },
    {
      kind: 'secret',
      name: 'applicationSecret',
      label: 'Secret of the application',
      why: 'It signs in once, to prove the rights, and stays in the keyring for SQL Server’s credential',
      rule: 'The value, not the id of the secret',
      purpose: 'ekm.client-secret',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: { field: 'secretMode', is: ['kept'], also: { field: 'applicationMode', is: ['use'] } },
    },
    {
      kind: 'number',
      name: 'secretMonths',
      label: 'Life of a new secret',
      why: 'When it ends, SQL Server can’t open the key at its next start and the databases stay closed. Renew it well before',
      rule: `1 to ${mostSecretMonths}; Entra takes no longer one`,
      min: 1,
      max: mostSecretMonths,
      unit: 'months',
    },
    {
      kind: 'choice',
      name: 'useScope',
      label: 'What the application may use',
      why: 'It gets exactly one role: Key Vault Crypto Service Encryption User (read, wrap, unwrap). An access policy always holds for the whole vault',
      options: [
        { value: 'key', label: 'This key only' },
        {
          value: 'vault',
          label: 'Every key of the vault',
          detail: 'For a vault that holds keys of this purpose only',
        },
      ],
      when: anyKeyVault,
    },
  ],
}

const imported = { field: 'keyMode', is: ['import'] } as const
const isNew = { field: 'keyMode', is: ['create', 'import'] } as const

export const keyScreen: Screen = {
  id: 'key',
  noun: 'Key',
  question: 'Which key, and where does its backup go?',
  purpose:
    'A key made in the vault can never be escrowed: its private part never leaves Azure. A key that must be recoverable elsewhere is imported: from a .pfx of yours here, from a token by Import to Azure.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'keyMode',
      label: 'Key',
      why: 'SQL Server wraps its database keys with it',
      options: [
        { value: 'create', label: 'Make a key in the vault' },
        {
          value: 'import',
          label: 'Import one from a .pfx of yours',
          detail: 'The file stays the copy outside of Azure: it can be escrowed, and it can be stolen',
        },
        { value: 'use', label: 'Use one that is there' },
      ],
    },
    {
      kind: 'pick',
      name: 'key',
      label: 'Key of the vault',
      why: 'It is checked against what SQL Server’s connector takes',
      from: 'keys',
      many: false,
      when: { field: 'keyMode', is: ['use'] },
    },
    {
      kind: 'place',
      name: 'importFolder',
      label: 'Folder of yours with the key’s file',
      why: 'Keyturn opens the file there; the private key goes to the vault in one request and is not kept',
      rule: 'A folder on this computer, a share or a stick',
      when: imported,
    },
    {
      kind: 'pick',
      name: 'importFile',
      label: 'File with the key',
      why: 'It holds a certificate and its RSA private key; only the key goes to the vault',
      rule: 'A .pfx or .p12 of that folder, with a key of 2,048 or 3,072 bits',
      from: 'keyFiles',
      many: false,
      when: imported,
    },
    {
      kind: 'secret',
      name: 'importPassword',
      label: 'Password of the file',
      why: 'It opens the file here. It is not sent to Azure',
      rule: 'The password that was kept when the file was written',
      purpose: 'sql.key-file-password',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      when: imported,
    },
    {
      kind: 'text',
      name: 'keyName',
      label: 'Name of the new key',
      why: 'SQL Server names it in CREATE ASYMMETRIC KEY. It can’t be changed',
      rule: '1 to 26 letters, digits and hyphens: the connector takes no more, though Azure would',
      hint: 'For instance SQLPROD-TDE-2026',
      maxLength: 26,
      when: isNew,
    },
    {
      kind: 'choice',
      name: 'keyType',
      label: 'Where the private key is kept',
      why: 'In either case the vault never gives it out',
      options: [
        {
          value: 'RSA-HSM',
          label: 'In hardware (RSA-HSM)',
          detail: 'Used inside a hardware security module only. Premium vaults and managed HSMs',
        },
        {
          value: 'RSA',
          label: 'In software (RSA)',
          detail: 'Used by Azure’s machines, encrypted at rest. For what is not production',
        },
      ],
      when: isNew,
    },
    {
      kind: 'choice',
      name: 'keyBits',
      label: 'Size',
      why: 'SQL Server’s connector takes these two',
      options: [
        { value: '3072', label: '3,072 bits', detail: 'sys.asymmetric_keys shows 2,048 for it all the same' },
        { value: '2048', label: '2,048 bits' },
      ],
      when: { field: 'keyMode', is: ['create'] },
    },
    {
      kind: 'date',
      name: 'keyExpiry',
      label: 'Expires on (UTC)',
      why: 'An expired key unwraps what it wrapped, but wraps nothing new. Some policies ask for a date',
      rule: 'Empty: it does not expire. Else after today and not after 2038-01-19',
      when: isNew,
    },
    {
      kind: 'place',
      name: 'keyBackup',
      label: 'Folder of yours for the key’s backup',
      why: 'Before anything uses the key, Azure’s encrypted backup of it is written there and read again',
      rule: 'A folder on this computer. Only a vault in the same subscription and geography can restore the file',
    },
  ],
}
