import { defineErrors } from './catalogue-entry.ts'

const nothing = 'Nothing was joined or changed'

/** Shares of a split secret. Parameters are numbers and positions: no word of a share is ever in an error. */
export const shareErrors = defineErrors({
  'share-word-unknown': {
    kind: 'input',
    title: 'The share was not read: «which» not in the list of words',
    unchanged: nothing,
    causes: ['A typing mistake', 'A word was shortened: all letters of it are needed'],
    next: 'Compare these words with the sheet, letter by letter',
    retrySafe: true,
  },
  'share-word-count': {
    kind: 'input',
    title: 'The share was not read: it has «words» words; a share of Keyturn has 33',
    unchanged: nothing,
    causes: ['A word was left out, or typed twice', 'It is not a share'],
    next: 'Count the words on the sheet by their numbers and enter all of them',
    retrySafe: true,
  },
  'share-checksum': {
    kind: 'input',
    title: 'The share was not read: its words do not fit its checksum',
    unchanged: nothing,
    causes: [
      'A word was replaced by another one of the list',
      'Two words changed places',
      'Words of two sheets were mixed',
    ],
    next: 'Compare all words with the sheet, in their order; the checksum does not say which one differs',
    retrySafe: true,
  },
  'share-damaged': {
    kind: 'broken',
    title: 'The share was not read: «why»',
    unchanged: nothing,
    causes: ['Another program wrote it, and not after the standard SLIP-0039', 'Somebody changed it'],
    next: 'Ask another holder for a share, and tell who made this group that this one does not read',
    retrySafe: true,
  },
  'share-other-set': {
    kind: 'not-mine',
    title: 'The shares were not joined: they do not all belong to the same split secret',
    unchanged: nothing,
    causes: [
      'A share of another group, or of an earlier ceremony',
      'A sheet that should have been destroyed',
    ],
    next: 'Compare group, date and check code on the sheets; give shares of one group',
    retrySafe: true,
  },
  'share-twice': {
    kind: 'input',
    title: 'The shares were not joined: share «number» was given twice',
    unchanged: nothing,
    causes: ['The same sheet or file was read again', 'One holder has a copy of another’s sheet'],
    next: 'Give the share of another holder',
    retrySafe: true,
  },
  'share-number-twice': {
    kind: 'not-mine',
    title: 'The shares were not joined: two different shares both have the number «number»',
    unchanged: nothing,
    causes: ['One of them belongs to another group that happens to have the same identifier'],
    next: 'Compare the check code of each with the list in the package',
    retrySafe: true,
  },
  'share-too-few': {
    kind: 'input',
    title: 'The shares were not joined: shares given: «have», needed: «need»',
    unchanged: nothing,
    causes: ['Not all holders have given theirs'],
    next: 'Give shares of more holders of this group',
    retrySafe: true,
  },
  'share-groups-too-few': {
    kind: 'input',
    title: 'The shares were not joined: groups given: «have», needed: «need»',
    unchanged: nothing,
    causes: ['The secret was split by another program, into several groups'],
    next: 'Give shares of more groups of this set',
    retrySafe: true,
  },
  'share-digest': {
    kind: 'broken',
    title: 'The shares were not joined: what they give is not what was split',
    unchanged: nothing,
    causes: [
      'A share belongs to another group that happens to have the same identifier',
      'Somebody made a false share: its checksum fits, its content does not',
    ],
    next: 'Compare the check code of each share with the list in the package; leave out the one that differs',
    retrySafe: true,
  },
  'share-plan-refused': {
    kind: 'input',
    title: 'The secret was not split: «why»',
    unchanged: 'No share was made',
    causes: [],
    next: 'Choose 2 to 16 shares, and how many of them are needed, at least 2',
    retrySafe: true,
  },
  'share-file-refused': {
    kind: 'input',
    title: 'The file was not read as a share: «why»',
    unchanged: nothing,
    causes: ['Another file was chosen', 'The file was changed by an editor or in transit'],
    next: 'Choose the file that was written in the ceremony, or a text file that holds the words alone',
    retrySafe: true,
  },
})
