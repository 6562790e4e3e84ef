import { defineErrors } from './catalogue-entry.ts'

/** Tokens as connections, and the jobs on their keys. */
export const hsmTargetErrors = defineErrors({
  'hsm-identity-changed': {
    kind: 'not-mine',
    title: '«target» is not the token that was connected before: «what»',
    unchanged: 'No PIN was tried; nothing was read or changed',
    causes: ['Another device says the same serial number', 'The device was replaced'],
    next: 'Compare old and new on the connection’s page',
    retrySafe: true,
  },
  'hsm-pin-refused-before': {
    kind: 'refused',
    title: 'No PIN was tried: «token» did not take this one before, or its answer never came',
    unchanged: 'No attempt was used up',
    causes: [
      'A wrong PIN stays wrong, and each try brings the lock nearer',
      'An earlier attempt was broken off; what the token made of the PIN is not known',
    ],
    next: 'Make sure of the PIN, enter it again in the token’s connection or in the job, and start the job anew',
    retrySafe: true,
  },
  'hsm-look-needs-pin': {
    kind: 'refused',
    title: 'The step was not looked at: what is on «token» shows only after its PIN',
    unchanged: 'No PIN was sent; nothing was read or changed',
    causes: ['A look sends no PIN: each attempt counts'],
    next: 'Resume or undo: each logs in, and looks at the token before it does anything',
    retrySafe: true,
  },
  'hsm-module-not-looked-at': {
    kind: 'input',
    title: 'The module was not used: «path» was not looked at first',
    unchanged: 'It was not loaded',
    causes: ['The page was open while Keyturn started anew'],
    next: 'Choose the module again',
    retrySafe: true,
  },
  'hsm-kek-changed': {
    kind: 'refused',
    title: 'Nothing was wrapped: key «key» of «host» is not what the plan was made for (it says: «what»)',
    unchanged: 'The key on the token is as it was, and can still be wrapped',
    causes: ['Somebody changed or replaced the vault’s key meanwhile'],
    next: 'Settle the vault’s key and retry, or undo this run and plan it anew',
    retrySafe: true,
  },
  'hsm-wrap-changed': {
    kind: 'refused',
    title: 'Nothing was wrapped: «token» does not wrap as the plan says («what»)',
    unchanged: 'The key on the token is as it was, and can still be wrapped',
    causes: ['The token’s firmware or its module was updated after the review'],
    next: 'Undo this run, probe the token on its connection’s page, and plan the run anew',
    retrySafe: true,
  },
  'hsm-key-other': {
    kind: 'not-mine',
    title: 'The key on «token» is not as it was read: «what»',
    unchanged: 'Nothing of it was changed by this step',
    causes: [
      'Somebody changed it with another program',
      'Another run worked on it',
      'Another key got the same id',
    ],
    next: 'Read the keys of the token again, look at what is there, and make a new plan',
    retrySafe: true,
  },
  'hsm-key-last-copy': {
    kind: 'refused',
    title: '«label» was not destroyed: the copies that the plan stood on are not known any more',
    unchanged: 'The key is on the token as it was',
    causes: [
      'A vault did not answer, or its key was deleted',
      'The package is not in the list of this profile any more',
    ],
    next: 'Make the vault answer and retry, or make a new plan, which asks for the label of the key',
    retrySafe: true,
  },
  'hsm-no-pin': {
    kind: 'input',
    title: 'Nobody was logged in to «token»: no PIN is kept for it',
    unchanged: 'No attempt was used up',
    causes: ['The connection was saved without a PIN', 'It was dropped when the connection changed'],
    next: 'Enter the PIN in the token’s connection',
    retrySafe: true,
  },
})
