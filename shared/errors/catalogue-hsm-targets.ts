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
    title: 'No PIN was tried: «token» did not take this one before',
    unchanged: 'No attempt was used up',
    causes: ['A wrong PIN stays wrong, and each try brings the lock nearer'],
    next: 'Make sure of the PIN, enter it again in the token’s connection or in the job, and start the job anew',
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
  'hsm-no-pin': {
    kind: 'input',
    title: 'Nobody was logged in to «token»: no PIN is kept for it',
    unchanged: 'No attempt was used up',
    causes: ['The connection was saved without a PIN', 'It was dropped when the connection changed'],
    next: 'Enter the PIN in the token’s connection',
    retrySafe: true,
  },
})
