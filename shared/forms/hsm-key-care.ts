import { tokenField, tokenPin, tokenPinMode } from './field-parts.ts'
import type { FormDescription, Screen } from './form.ts'

const ofLabel = { field: 'task', is: ['label'] } as const

const keyScreen: Screen = {
  id: 'key',
  noun: 'Key',
  question: 'Which key, and what is to become of it?',
  purpose:
    'The keys are those that were read last with the PIN. The run logs in, and compares the key with what was read before it does anything.',
  reads: { facts: ['Token', 'PIN', 'Keys read with the PIN'], checks: ['PIN', 'Keys of the token'] },
  fields: [
    tokenField,
    tokenPinMode(),
    tokenPin(),
    {
      kind: 'choice',
      name: 'task',
      label: 'What is to be done',
      why: 'A label is a name and can be set back. A key that is destroyed is gone',
      options: [
        {
          value: 'label',
          label: 'Give the key another label',
          detail: 'On each half, read back afterwards',
        },
        {
          value: 'destroy',
          label: 'Destroy the key on the token',
          detail: 'The private half, then the public half, or the secret key. No undo',
        },
      ],
    },
    {
      kind: 'pick',
      name: 'key',
      label: 'Key',
      why: 'It is found by its id, and compared by its public key or check value',
      rule: 'One key of the token with an id of its own',
      from: 'tokenKeys',
      many: false,
      opaque: true,
    },
    {
      kind: 'text',
      name: 'newLabel',
      label: 'New label',
      why: 'Lists of the token and of programs show it. The id stays, and with it what finds the key',
      rule: '1 to 128 bytes, no control characters',
      hint: 'For instance SQLPROD-TDE-2026',
      maxLength: 128,
      mono: true,
      when: ofLabel,
    },
  ],
}

const copiesScreen: Screen = {
  id: 'copies',
  noun: 'Copies',
  question: 'Where else is this key, and what depends on it?',
  purpose:
    'Connected vaults and servers are asked for the same public key, and the list of escrow packages is read. A copy in a vault is a key of its own: it goes on without the token.',
  reads: {
    facts: ['Keys in vaults', 'Keys of SQL Servers', 'Escrow packages', 'Asked', 'Not asked'],
    checks: ['Copies'],
  },
  fields: [
    {
      kind: 'text',
      name: 'confirmation',
      label: 'Label of the key',
      why: 'No other copy of it is known that was ever opened: what only this key opens is lost with it. Without a label the key’s id',
      rule: 'As it stands in the list of keys; outer spaces do not count',
      maxLength: 256,
      mono: true,
      when: { field: 'task', is: ['destroy'], fact: 'lastKnown' },
    },
  ],
}

/** The job "Keys of a token" as data. */
export const hsmKeyCareForm: FormDescription = {
  job: 'hsm-key-care',
  title: 'Label or destroy a key on an HSM token',
  summary:
    'Gives one key of a token another label, or destroys it for good after it was seen where else it is and what depends on it.',
  noun: 'Key on a token',
  targetFields: ['hsm'],
  intro: {
    question: 'Change the label of one key on a token, or destroy it',
    changes: [
      'A label: of the private and of the public half, read back afterwards',
      'Or the end of one key: its private half, its public half, or the secret key, one after the other. A new session of the token has to find nothing of it',
    ],
    needs: [
      'The keys of the token, read with its PIN: Connections → the token → Keys of the token',
      'The PIN. It is tried once when the run begins; a wrong one ends the run',
      'To destroy a key that is in no vault, and in no package that a drill opened: its label, typed by you',
    ],
    cannotBeUndone: [
      'A destroyed key does not come back by an undo. A package that a drill opened can bring it back, by its shares',
      'Copies of the key elsewhere stay: a vault, a package, a backup of the token by its vendor',
    ],
    minutes: '2 minutes to answer, less than one to run',
  },
  screens: [keyScreen, copiesScreen],
  exports: ['runbook-md'],
  next: [
    {
      text: 'Read the keys of the token again: lists that were read before the run are older than it.',
      label: 'See the connections',
      to: 'connections',
    },
    {
      text: 'Each act of this run is in the record, with its place in the chain.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
