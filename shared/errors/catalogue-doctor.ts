import { defineErrors } from './catalogue-entry.ts'

/** The EKM doctor reads only: nothing of these leaves anything behind. */
export const doctorErrors = defineErrors({
  'doctor-not-read': {
    kind: 'refused',
    title: 'Not read: «what»',
    unchanged: 'Nothing was changed at «target»',
    causes: [],
    next: 'Read again when that is mended',
    retrySafe: true,
  },
  'doctor-nothing-held': {
    kind: 'refused',
    title: 'There are no findings of «target» to write',
    unchanged: 'No file was written',
    causes: ['The server was not read since Keyturn was started'],
    next: 'Read the server, then export again',
    retrySafe: true,
  },
})
