import { shareFieldsFor } from './escrow-drill-screens.ts'
import { mostPackagesPerRun } from './escrow-rewrap-draft.ts'
import { custodianFiles, recipientFolder, recoveryFiles } from './field-parts.ts'
import type { Condition, FormDescription, Screen } from './form.ts'

const packagesScreen: Screen = {
  id: 'packages',
  noun: 'Packages',
  question: 'Which packages, of which group?',
  purpose: 'Each chosen package is read from where it lies and verified. Nothing of it is opened here.',
  reads: { facts: ['Old group', 'Packages of that group'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'oldGroup',
      label: 'Group whose packages are wrapped anew',
      why: 'Holders of this group give their shares, for the last time',
      rule: 'A group that was replaced, or that is to be given up',
      from: 'oldGroups',
      many: false,
      opaque: true,
    },
    {
      kind: 'place',
      name: 'lookIn',
      label: 'Another folder to look in',
      why: 'Packages are looked for in the places of the list. A medium may be connected somewhere else today',
      rule: 'The folder that holds keyturn-escrow-… folders. Empty: only the places of the list',
    },
    {
      kind: 'pick',
      name: 'packages',
      label: 'Packages',
      why: 'What is not wrapped anew stays with the old group: its shares are needed as long as one such package is',
      rule: `Those that no other package replaced and that are in a place; at most ${mostPackagesPerRun} in one run`,
      from: 'packages',
      many: true,
      opaque: true,
    },
  ],
}

const others: Condition = { field: 'recipientMode', is: ['others'] }

const groupScreen: Screen = {
  id: 'group',
  noun: 'New group',
  question: 'Who is to open them from now on?',
  purpose: 'The holders of the new group give nothing: its public key is enough.',
  reads: { facts: ['New group', 'Certificates of the chosen packages'], checks: [] },
  fields: [
    {
      kind: 'pick',
      name: 'newGroup',
      label: 'Group that the packages are wrapped for',
      why: 'As many of its holders as the group says open the new packages together',
      rule: 'One active group. Escrow → Begin a share ceremony makes one',
      from: 'newGroups',
      many: false,
      opaque: true,
    },
    {
      kind: 'choice',
      name: 'recipientMode',
      label: 'Certificates that open a package alone',
      why: 'Whoever has the private key of one needs no holder',
      options: [
        { value: 'keep', label: 'Those of each package', detail: 'Each new package has the ones of the old' },
        {
          value: 'others',
          label: 'Others, for all of them',
          detail: 'Exactly the ones that are chosen here; none chosen: shares only',
        },
      ],
    },
    recipientFolder({ when: others }),
    custodianFiles({ when: others }),
    recoveryFiles({ when: others }),
  ],
}

const other: Condition = { field: 'placeMode', is: ['other'] }

const placeScreen: Screen = {
  id: 'place',
  noun: 'Places',
  question: 'Where are the new packages written?',
  purpose: 'A new package counts as escrowed only after it was read back from there. Old folders stay.',
  reads: { facts: [], checks: [] },
  fields: [
    {
      kind: 'choice',
      name: 'placeMode',
      label: 'Places of the new packages',
      why: 'Nothing is written over: a new package is a folder of its own, beside the old one',
      options: [
        { value: 'same', label: 'Where the old one lies', detail: 'Every place where it was found' },
        { value: 'other', label: 'One other folder, for all of them' },
      ],
    },
    {
      kind: 'place',
      name: 'place',
      label: 'Folder for the new packages',
      why: 'Keyturn writes each package there as a folder of its own, reads it back and compares it',
      rule: 'A folder on this computer, a share or a medium',
      when: other,
    },
    {
      kind: 'choice',
      name: 'placeKind',
      label: 'Kind of place',
      why: 'Stands in the list of packages, so that a person finds the medium. No effect on the files',
      options: [
        { value: 'folder', label: 'Folder', detail: 'On a disk of this computer' },
        { value: 'network-share', label: 'Network share', detail: 'Mounted here' },
        { value: 'usb', label: 'USB medium', detail: 'Taken away afterwards' },
      ],
      when: other,
    },
  ],
}

const sharesScreen: Screen = {
  id: 'shares',
  noun: 'Shares',
  question: 'Which holders of the old group give their shares?',
  purpose: 'As many as the group needs, one after the other, and no more.',
  reads: { facts: ['Opens with'], checks: [] },
  fields: shareFieldsFor({ groupField: 'oldGroup' }),
}

/** The job "Rewrap packages" as data. */
export const escrowRewrapForm: FormDescription = {
  job: 'escrow-rewrap',
  title: 'Wrap packages anew for another group',
  summary:
    'After a holder was replaced: packages of the old share group become packages of the new one, with shares of the old one. What is in them is not read.',
  noun: 'Packages wrapped anew',
  targetFields: ['oldGroup'],
  intro: {
    question: 'Wrap escrow packages anew for another share group',
    changes: [
      'A new package for each chosen one, in a folder of its own: the same items, their keys wrapped for the new group',
      'In the list of packages: the new one is escrowed once it was read back, the old one is marked as replaced',
      'Nothing of an old package: which folders and shares are then to be destroyed is listed at the end',
    ],
    needs: [
      'An active share group: Escrow → Begin a share ceremony makes one',
      'Shares of the old group, as many as open its packages: from files or typed, one holder at a time',
      'The old packages, each in one of its places',
      'An unlocked keyring',
    ],
    cannotBeUndone: [
      'Old copies stay openable: whoever has one of them and enough old shares opens it as before',
      'Destroying old folders and shares is the work of people, and for good',
    ],
    minutes: '5 minutes and the holders to answer, under a minute to run',
  },
  screens: [packagesScreen, groupScreen, placeScreen, sharesScreen],
  exports: ['runbook-md'],
  next: [
    {
      text: 'Destroy the old folders that the result lists, on every medium; and the old shares, once it says so.',
      label: 'See groups and packages',
      to: 'escrow',
    },
    {
      text: 'That the new holders open a new package, a drill shows.',
      label: 'Hold a drill',
      to: 'escrow-drill',
    },
    {
      text: 'Each act of this run is in the record, with who gave shares.',
      label: 'See the audit entries',
      to: 'audit',
    },
  ],
}
