import { openingScreen, packageScreen, targetScreen } from './escrow-drill-screens.ts'
import type { FormDescription } from './form.ts'

/** The job "Escrow drill" as data: from a package alone to keys that work, for practice or for real. */
export const escrowDrillForm: FormDescription = {
  job: 'escrow-drill',
  title: 'Open an escrow package: drill or recovery',
  summary:
    'From an escrow package alone: shares joined, items opened, certificates restored on another SQL Server or a key on another token and put to use; timed, recorded, and after a drill removed again.',
  noun: 'Escrow drill',
  targetFields: ['drillTarget', 'hsm'],
  intro: {
    question: 'Open a package and show that its keys work',
    changes: [
      'On the server a master key is created if it has none, and each chosen certificate is created from the package',
      'On a token each chosen key of a token is unwrapped: for a drill as an object of the session, in a recovery to stay, not extractable',
      'A drill uses names of its own and removes all of it at the end; a recovery leaves it',
      'The package is only read. Passphrases and key backups in it are opened, compared and wiped',
      'The drill stands in the record with its date, who gave shares, and how far each item was proven',
    ],
    needs: [
      'The folder with the package, and the fingerprint of who signed it where this profile does not know it',
      'As many holders with their shares as the group needs, or a recipient’s private key',
      'For keys of tokens: a connected token whose key wrap was probed, and its PIN',
      'For certificates: a connected SQL Server, for a drill without user databases; rights there: CONTROL on master, CREATE CERTIFICATE, CREATE ANY DATABASE for reading a backup',
      'Best: an encrypted backup that one of the certificates has to open',
    ],
    cannotBeUndone: [
      'Shares that were given were outside of their holders’ hands: they are wiped here, and a recovery lists what to replace',
    ],
    minutes: 'A minute or two, and as long as the server takes to read the backup',
  },
  screens: [packageScreen, openingScreen, targetScreen],
  exports: ['runbook-md'],
  next: [
    {
      text: 'The drill is in the record, with its date, the holders by name and the proof of each item.',
      label: 'See the audit entries',
      to: 'audit',
    },
    {
      text: 'Copies of the package that the page Keys lists now say how far they were proven.',
      label: 'See the keys',
      to: 'keys',
    },
    {
      text: 'A drill speaks for this package, these holders and this day. Hold the next one after a holder or a key changes.',
      label: 'Hold another drill',
      to: 'escrow-drill',
    },
  ],
}
