import {
  custodianFiles,
  recipientFolder,
  recoveryFiles,
  tokenField,
  tokenPin,
  tokenPinMode,
} from './field-parts.ts'
import type { FormDescription, Screen } from './form.ts'

const keyScreen: Screen = {
  id: 'key',
  noun: 'Key',
  question: 'Which key, on which token?',
  purpose: 'The token makes the key itself. Its private half is never readable, not for Keyturn either.',
  reads: { facts: ['Token', 'PIN', 'Key wrap'], checks: ['PIN', 'Key wrap'] },
  fields: [
    tokenField,
    tokenPinMode(),
    tokenPin(),
    {
      kind: 'choice',
      name: 'type',
      label: 'Kind of key',
      why: 'A key that a vault is to hold for SQL Server is RSA with 2,048 or 3,072 bits',
      options: [
        { value: 'rsa-3072', label: 'RSA, 3,072 bits', detail: 'For TDE protectors and imports' },
        { value: 'rsa-2048', label: 'RSA, 2,048 bits', detail: 'The same, where something takes no more' },
        { value: 'ec-p256', label: 'EC, P-256', detail: 'Signs; nothing of SQL Server uses it' },
        { value: 'ec-p384', label: 'EC, P-384', detail: 'Signs; nothing of SQL Server uses it' },
        { value: 'aes-256', label: 'AES, 256 bits', detail: 'Encrypts and wraps on the token' },
      ],
    },
    {
      kind: 'text',
      name: 'label',
      label: 'Name of the key',
      why: 'The token shows it as its label. The run’s mark, which tells keys apart, stands in the key’s id',
      rule: '1 to 64 letters, digits, dots, hyphens and underscores',
      hint: 'For instance SQLPROD-TDE-2026',
      maxLength: 64,
      mono: true,
    },
    {
      kind: 'pick',
      name: 'replaces',
      label: 'Key that it replaces',
      why: 'A rotation: the new key here, its import by the next job, the databases by the one after. The old key stays on the token and is read once more at the end; the review compares where both can be found',
      rule: 'Empty: it replaces none. Keys whose public half the token shows without a PIN',
      from: 'tokenKeys',
      many: false,
      opaque: true,
    },
  ],
}

const chosen = { field: 'destination', is: ['chosen'] }

const destinationScreen: Screen = {
  id: 'destinations',
  noun: 'Destinations',
  question: 'Where may the key ever go?',
  purpose:
    'Now or never: a key that is made as extractable can be locked later, but one that is not can’t be opened up. Whatever is not chosen here never gets this key.',
  reads: { facts: ['Keys that wrap imports'], checks: ['Key wrap'] },
  fields: [
    {
      kind: 'choice',
      name: 'destination',
      label: 'Destinations',
      why: 'Decides how the key is born',
      options: [
        {
          value: 'chosen',
          label: 'It is wrapped for destinations, then locked',
          detail: 'Made as extractable; the last step takes that away for good',
        },
        {
          value: 'none',
          label: 'It never leaves the token',
          detail: 'Never extractable. If the token is lost or erased, what the key protects is lost with it',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'keks',
      label: 'Vaults, by the key that wraps imports',
      why: 'For each a transfer file is written that only this vault opens',
      rule: 'RSA keys in hardware that are for import and nothing else. One for each vault',
      from: 'keks',
      many: true,
      opaque: true,
      when: chosen,
    },
  ],
}

const recipientScreen: Screen = {
  id: 'recipients',
  noun: 'Escrow',
  question: 'Who is to open it when the token is gone?',
  purpose:
    'An escrow package: the token wraps the key for each of them, and Keyturn never sees it. Like a vault, whoever is not chosen now never gets it from this key.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'group',
      label: 'Share group',
      why: 'As many of its holders as the group says open the package together',
      rule: 'One active group, or none. A group becomes active by its share ceremony',
      from: 'groups',
      many: false,
      opaque: true,
      when: chosen,
    },
    recipientFolder({ when: chosen }),
    custodianFiles({
      why: 'Whoever has the private key of one of them opens the key alone, without the group',
      when: chosen,
    }),
    recoveryFiles({ when: chosen }),
  ],
}

const placeScreen: Screen = {
  id: 'place',
  noun: 'Place',
  question: 'Where are the files to be written?',
  purpose: 'Each is encrypted for its destination, and read again before the key is locked.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'place',
      name: 'place',
      label: 'Folder of yours for the files',
      why: 'Transfer files for vaults, and the escrow package as a folder of its own',
      rule: 'A folder on this computer, a share or a medium',
      when: chosen,
    },
    {
      kind: 'choice',
      name: 'placeKind',
      label: 'What kind of place it is',
      why: 'The list of packages says where to look',
      options: [
        { value: 'folder', label: 'Folder of this computer' },
        { value: 'network-share', label: 'Network share' },
        { value: 'usb', label: 'USB medium' },
      ],
      when: chosen,
    },
  ],
}

/** The job "HSM key" as data. */
export const hsmKeyForm: FormDescription = {
  job: 'hsm-key',
  title: 'Make a key on an HSM token',
  summary:
    'A key that the token makes and keeps, wrapped inside the token for every vault and every escrow recipient that is to have it, checked, and then locked for good.',
  noun: 'HSM key',
  targetFields: ['hsm'],
  intro: {
    question: 'Make a key on a token, and carry it where it has to be',
    changes: [
      'One key on the token (RSA, EC or AES), private and sensitive',
      'A transfer file for each chosen vault and one escrow package, in a folder of yours. Keyturn never sees the key',
      'At the end the key can’t be wrapped again by anybody',
    ],
    needs: [
      'A connected token and its PIN. It is tried once; a wrong one ends the run',
      'For vaults: a key of each (RSA in hardware) that is for import alone, and a token whose key wrap was probed',
      'For escrow: an active share group',
    ],
    cannotBeUndone: [
      'Once locked, the key stays as it is: a destination that was forgotten needs a new key or an escrow package',
      'A key that has no destination is lost with its token',
    ],
    minutes: '5 minutes to answer, less than one to run',
  },
  screens: [keyScreen, destinationScreen, recipientScreen, placeScreen],
  exports: ['runbook-md'],
  next: [
    {
      text: 'Import the transfer files into their vaults before anything depends on the key. That job leads on to the rotation of databases.',
      label: 'Import into the vaults',
      to: 'key-import',
      carries: 'transfer-files',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
