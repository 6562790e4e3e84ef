import { defineErrors } from './catalogue-entry.ts'

/** What stands in the way of dropping what was made for keys in a vault. */
export const cleanUpErrors = defineErrors({
  'key-still-needed': {
    kind: 'refused',
    title: '«what» is in use on «target»: «users»',
    unchanged: 'It is as it was, and so is what uses it',
    causes: ['It was put to use since the plan was made', 'A backup with it was taken since then'],
    next: 'End that use first (TDE off, another protector, a log backup), then retry the step; or undo the steps before it',
    retrySafe: true,
  },
  'key-use-not-read': {
    kind: 'refused',
    title: 'Who needs «what» on «target» is not known: «why»',
    unchanged: 'It is as it was',
    causes: ['A right is missing', 'A database is not open, so the key that it needs is not shown'],
    next: 'Give the right, or bring the database online; then retry the step',
    retrySafe: true,
  },
  'clean-up-other': {
    kind: 'not-mine',
    title: '«what» on «target» is another one than planned: «found»',
    unchanged: 'It is as it was',
    causes: ['Somebody dropped it and made another one of the same name'],
    next: 'Read the facts again and review a new plan',
    retrySafe: false,
  },
  'clean-up-stands-on': {
    kind: 'refused',
    title: '«users» on «target» still needs «what»',
    unchanged: 'It is as it was',
    causes: ['It was made since the plan was reviewed'],
    next: 'Drop that first, or leave this one; then retry the step',
    retrySafe: true,
  },
  'registry-by-hand': {
    kind: 'refused',
    title: 'The registry key of the connector on «host» waits for a person to delete it',
    unchanged: 'The key is there; everything before this step is done',
    causes: ['Keyturn deletes nothing in a registry: other instances of the computer use the same key'],
    next: '«how»',
    retrySafe: true,
  },
})
