import { defineErrors } from './catalogue-entry.ts'

const sourceUnchanged = 'The database on the source is as it was'

/** A move that can't go on: the exact reason, and what makes it go on. */
export const moveErrors = defineErrors({
  'move-certificate-missing': {
    kind: 'not-mine',
    title: '«target» can’t open «database»: «what»',
    unchanged: sourceUnchanged,
    causes: [
      'The certificate was dropped there after it was copied',
      'Its private key is not under the master key, or that key does not open by itself',
    ],
    next: 'Bring the certificate with thumbprint «thumbprint» to «target», then retry the step',
    retrySafe: true,
  },
  'move-protector-changed': {
    kind: 'refused',
    title: '«database» is under another certificate than the one that was brought to the destination',
    unchanged: sourceUnchanged,
    causes: ['Its protector was changed after the review: «what»'],
    next: 'Undo or leave this run, then read the facts again and review the new plan',
    retrySafe: false,
  },
  'move-options-changed': {
    kind: 'refused',
    title: 'Owner or flags of «database» are not those of the review any more',
    unchanged: sourceUnchanged,
    causes: ['Someone changed them since the review: «what»'],
    next: 'Undo or leave this run, then read the facts again and review the new plan',
    retrySafe: true,
  },
  'move-file-denied': {
    kind: 'refused',
    title: '«target» may not open «path» (operating system error 5)',
    unchanged: 'The file is as it was; nothing was made on «target»',
    causes: ['The service account «account» has no right to the file or its share'],
    next: 'On the machine that holds the file, as an administrator: «command». Then retry the step',
    retrySafe: true,
  },
  'move-files-not-there': {
    kind: 'refused',
    title: '«target» does not see «path» yet',
    unchanged: 'Nothing was made on «target»',
    causes: [
      'The file is not copied yet, or the copy goes on',
      'It was copied to another folder',
      'The share is not reachable from there',
    ],
    next: 'Copy it as an administrator, for instance: «command». Then retry the step',
    retrySafe: true,
  },
  'move-file-incomplete': {
    kind: 'refused',
    title: '«path» has «found» bytes on «target», its original has «expected»',
    unchanged: 'Nothing was made on «target»',
    causes: ['The copy goes on, or was broken off'],
    next: 'Wait until the copy has ended, or copy the file again. Then retry the step',
    retrySafe: true,
  },
  'move-newer-version': {
    kind: 'refused',
    title: '«database» comes from a newer SQL Server than «target»',
    unchanged: 'Nothing was made on «target»',
    causes: ['A database opens on the same or a later version only: «what»'],
    next: 'Undo, then choose a destination of the version of the source, or a later one',
    retrySafe: false,
  },
  'move-edition': {
    kind: 'refused',
    title: 'The edition of «target» does not open «database»',
    unchanged: 'Nothing was made on «target»',
    causes: ['The database is under TDE, which this edition does not have'],
    next: 'Undo, then choose a destination whose edition has TDE',
    retrySafe: false,
  },
  'move-no-space': {
    kind: 'refused',
    title: '«target» has no room for «database»',
    unchanged: 'The source is as it was',
    causes: ['«what»'],
    next: 'Free space there, then retry; or undo and choose another folder',
    retrySafe: true,
  },
  'move-backup-other': {
    kind: 'not-mine',
    title: '«path» is not the backup of this run: «what»',
    unchanged: 'Nothing was made on «target»',
    causes: ['Another file was copied in its place', 'The file was cut short'],
    next: 'Copy the file of this run again, then retry the step',
    retrySafe: true,
  },
  'move-not-consistent': {
    kind: 'broken',
    title: '«database» has consistency errors: «what»',
    unchanged: 'The database is on the destination as it came; the source is as the steps before left it',
    causes: ['The source had them already', 'The copy or the disk of the destination damaged pages'],
    next: 'Run DBCC CHECKDB on the source. Keep the source and older backups until one copy is without errors',
    retrySafe: true,
  },
})
