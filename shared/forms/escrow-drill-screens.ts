import { shareFields } from './escrow-drill-draft.ts'
import { tokenPin, tokenPinMode } from './field-parts.ts'
import type { Condition, Field, Screen, ShareField } from './form.ts'
import { mostStripes } from '../model/storage.ts'

export const packageScreen: Screen = {
  id: 'package',
  noun: 'Package',
  question: 'Which package is opened, and what for?',
  purpose: 'It is verified as soon as it is picked. Nothing in it is opened here.',
  reads: { facts: ['Package', 'Who signed it', 'Opens with'], checks: ['Package', 'Signer'] },
  fields: [
    {
      kind: 'choice',
      name: 'purpose',
      label: 'Purpose',
      why: 'Both go the same way. A drill takes away again what it made',
      options: [
        {
          value: 'drill',
          label: 'Drill',
          detail:
            'On an empty server under names of the drill, or on a token for its session alone; everything is removed at the end',
        },
        {
          value: 'recovery',
          label: 'Recovery',
          detail:
            'Certificates stay under their own names, or those that you give to what came from files; keys of tokens under label and id. What has to be replaced afterwards is listed',
        },
      ],
    },
    {
      kind: 'place',
      name: 'packageFolder',
      label: 'Folder with the package',
      why: 'The drill stands on the package alone: take it from where it would come from on that day',
      rule: 'The folder keyturn-escrow-… itself, or the one that it lies in',
    },
    {
      kind: 'pick',
      name: 'packageName',
      label: 'Package',
      why: 'Several lie in this folder',
      from: 'packages',
      many: false,
      when: { fact: 'several-packages' },
    },
    {
      kind: 'text',
      name: 'signerFingerprint',
      label: 'Fingerprint of who signed it',
      why: 'Needed where this profile does not know the signer: without it the package vouches only for itself. It was shown, and stands in the record, when the package was written',
      rule: '64 hexadecimal digits, from where you noted it. Empty: signers that this profile knows',
      maxLength: 200,
      mono: true,
      changesFacts: true,
    },
    {
      kind: 'pick',
      name: 'items',
      label: 'Items',
      why: 'Certificates are restored on a server, keys of tokens on a token: the last screen asks which of the two. Everything else is opened here and compared, and given to nothing',
      rule: 'At least one',
      from: 'items',
      many: true,
      opaque: true,
    },
    {
      kind: 'text',
      name: 'certificateNames',
      label: 'Names of certificates that came from files',
      why: 'The package knows no server that had them, so it has no name to give back',
      rule: 'One line for each chosen item of that kind: its number, =, and the name that its certificate gets',
      hint: '2 = Sales_Backup',
      maxLength: 20_000,
      mono: true,
      multiline: true,
      when: { fact: 'without-names', also: { field: 'purpose', is: ['recovery'] } },
    },
  ],
}

const withShares: Condition = { field: 'openWith', is: ['shares'] }
const withRecipient: Condition = { field: 'openWith', is: ['recipient'] }

/** One field for each share that a group can have. */
export const shareFieldsFor = (givenFor: ShareField['givenFor'], when?: Condition): Field[] =>
  shareFields.map((name, index) => {
    // The first two are always needed; how many more, main says of the group.
    const more = { fact: `share-${index + 1}`, ...(when === undefined ? {} : { also: when }) }
    const shown = index < 2 ? when : more
    return {
      kind: 'share',
      name,
      label: `Share of holder ${index + 1}`,
      why: 'Its holder gives it alone. It is kept sealed until the run begins, then under the run until that ends',
      rule: '33 words; or a file that holds them',
      givenFor,
      others: shareFields.filter((one) => one !== name),
      ...(shown === undefined ? {} : { when: shown }),
    }
  })

export const openingScreen: Screen = {
  id: 'opening',
  noun: 'Opening',
  question: 'What opens it?',
  purpose: 'As many holders as the group needs, one after the other; or one recipient’s private key.',
  reads: { facts: ['Opens with'], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'openWith',
      label: 'Opened with',
      why: 'A drill says something about this way, and nothing about the other',
      options: [
        { value: 'shares', label: 'Shares of the group’s holders' },
        {
          value: 'recipient',
          label: 'A recipient’s private key',
          detail: 'Of a certificate in the folder recipients of the package',
        },
      ],
    },
    ...shareFieldsFor({ folderField: 'packageFolder', packageField: 'packageName' }, withShares),
    {
      kind: 'place',
      name: 'recipientFolder',
      label: 'Folder with the private key file',
      why: 'The file stays there. It is read when the run needs it',
      when: withRecipient,
    },
    {
      kind: 'pick',
      name: 'recipientKeyFile',
      label: 'Private key file',
      why: 'It opens the package only if it belongs to one of its certificates',
      rule: 'RSA, in PEM; with a passphrase or without',
      from: 'keyFiles',
      many: false,
      when: withRecipient,
    },
    {
      kind: 'secret',
      name: 'recipientPassphrase',
      label: 'Passphrase of the private key file',
      why: 'Empty where the file has none',
      purpose: 'escrow.recipient-passphrase',
      secretRule: 'existing-password',
      canGenerate: false,
      existing: true,
      targetField: 'recipientFolder',
      when: withRecipient,
    },
  ],
}

const onServer: Condition = { field: 'putOn', is: ['server'] }
const onToken: Condition = { field: 'putOn', is: ['token'] }

export const targetScreen: Screen = {
  id: 'server',
  noun: 'Target',
  question: 'What takes the keys, and what shows that they work?',
  purpose: 'Certificates go to a SQL Server, keys of tokens to a token. Other items are not sent anywhere.',
  reads: { facts: [], checks: ['PIN', 'Key wrap'] },
  fields: [
    {
      kind: 'choice',
      name: 'putOn',
      label: 'Keys are put on',
      why: 'Decides which of the chosen items are tried; the others are opened here and compared',
      options: [
        {
          value: 'server',
          label: 'A SQL Server',
          detail: 'Takes certificates with their private keys',
        },
        {
          value: 'token',
          label: 'A token',
          detail:
            'Takes a key of a token as it was wrapped: Keyturn hands over what it is wrapped with, and the token opens it',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'drillTarget',
      label: 'Server',
      why: 'A key is worth what its use on another machine proves',
      rule: 'One connected SQL Server. For a drill one without user databases',
      from: 'targets',
      many: false,
      when: onServer,
    },
    {
      kind: 'choice',
      name: 'masterKeyMode',
      label: 'Database master key of that server',
      why: 'The private keys come under it. Not touched where no certificate is chosen',
      options: [
        {
          value: 'throw-away',
          label: 'Create one under a throw-away password',
          detail: 'For a drill: removed at the end; nobody needs its password',
        },
        {
          value: 'password',
          label: 'Create one under a password of mine',
          detail: 'A drill removes it at its end; a recovery leaves it',
        },
        { value: 'use', label: 'Use the one that is there', detail: 'It stays as it is' },
      ],
      when: onServer,
    },
    {
      kind: 'secret',
      name: 'masterKeyPassword',
      label: 'Password of the new master key',
      why: 'After a recovery it is the only way back to this key besides the server itself',
      purpose: 'sql.dmk-password',
      secretRule: 'master-key-password',
      canGenerate: true,
      existing: false,
      targetField: 'drillTarget',
      when: { field: 'masterKeyMode', is: ['password'], also: onServer },
    },
    {
      kind: 'text',
      name: 'backupFiles',
      label: 'An encrypted backup that has to open',
      why: 'The proof by use: the server reads the whole backup with a restored certificate. Without one the server hands each private key out again, which shows that it holds it, and nothing about any backup',
      rule: `One path per line as that server sees it, one for each stripe, at most ${mostStripes}; the first backup in them is read. Empty: none is`,
      hint: '\\\\files\\backup\\Sales_2026.bak',
      maxLength: 20_000,
      mono: true,
      multiline: true,
      when: onServer,
    },
    {
      kind: 'pick',
      name: 'hsm',
      label: 'Token',
      why: 'Another one than the key is from shows that the package alone is enough',
      rule: 'One whose key wrap was probed. A drill leaves nothing on it; a recovery needs the id of the key to be free there',
      from: 'tokenTargets',
      many: false,
      service: 'hsm',
      when: onToken,
    },
    tokenPinMode({ when: onToken }),
    tokenPin({ targetField: 'hsm', when: { field: 'pinMode', is: ['typed'], also: onToken } }),
  ],
}
