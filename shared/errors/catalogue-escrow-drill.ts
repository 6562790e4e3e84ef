import { defineErrors } from './catalogue-entry.ts'

const packageUnchanged = 'The package is as it was'

/** Opening an escrow package as a run. The layers before have their own: `package-…`, `share-…`, `cms-…`. */
export const escrowDrillErrors = defineErrors({
  'escrow-drill-package-other': {
    kind: 'not-mine',
    title: 'The package was not opened: in «place» lies another one than the plan names',
    unchanged: packageUnchanged,
    causes: ['The folder was exchanged since the review', 'The medium was exchanged for another one'],
    next: 'Put the package of the review back, or leave this run and plan anew',
    retrySafe: true,
  },
  'escrow-drill-several-packages': {
    kind: 'input',
    title: 'No package was read: «place» holds «count» packages',
    unchanged: packageUnchanged,
    causes: [],
    next: 'Choose one of them',
    retrySafe: true,
  },
  'escrow-drill-no-package': {
    kind: 'input',
    title: 'No package was read: «place» holds no folder of a package and is none itself',
    unchanged: 'Nothing was read there',
    causes: ['Another folder was picked'],
    next: 'Pick the folder whose name begins with keyturn-escrow-, or the one that it lies in',
    retrySafe: true,
  },
  'escrow-drill-item-other': {
    kind: 'broken',
    title: 'Item «number» was not given out: it opened, and its public key is not the one of the manifest',
    unchanged: 'The package is as it was. What was opened was wiped; nothing was sent to a server',
    causes: ['The package was put together from files of two packages'],
    next: 'Use another copy of the package; keep this one for whoever looks into it',
    retrySafe: true,
  },
  'escrow-drill-item-form': {
    kind: 'broken',
    title: 'Item «number» was opened and is no certificate with its private key',
    unchanged: 'The package is as it was. What was opened was wiped; nothing was sent to a server',
    causes: ['Another program wrote the package', 'The item needs a password that is no item of the package'],
    next: 'Open the item as README-RECOVER.txt says and look at what it is',
    retrySafe: true,
  },
  'escrow-drill-key-other': {
    kind: 'broken',
    title:
      'The key of item «number» was unwrapped on the token «token», and is not the one that the manifest describes',
    unchanged: 'The package is as it was. What was unwrapped was removed from the token',
    causes: ['The package was put together from parts of two keys'],
    next: 'Use another copy of the package; keep this one for whoever looks into it',
    retrySafe: true,
  },
  'escrow-drill-not-compared': {
    kind: 'broken',
    title:
      'What the token «token» unwrapped was not taken: the token says neither its public key nor its check value',
    unchanged: 'The package is as it was. What was unwrapped was removed from the token',
    causes: ['The vendor’s module does not show what belongs to every key'],
    next: 'Use another token, or ask the vendor for a module that shows CKA_MODULUS or CKA_CHECK_VALUE',
    retrySafe: true,
  },
  'escrow-drill-not-unwrapped': {
    kind: 'refused',
    title: 'The token «token» did not unwrap the key of item «number»',
    unchanged: 'The package is as it was. Nothing of the key is on the token',
    causes: [
      'The token reads the wrapping of the one that the key came from in another way',
      'The token takes no key of this kind or size',
      'What the package holds for this item is no wrapped key',
    ],
    next: 'Open the item without a token (choose a SQL Server as target): it is then opened in Keyturn’s memory and compared, which tells whether the package is the cause. Or try another token',
    retrySafe: true,
  },
  'escrow-drill-backup-other': {
    kind: 'not-mine',
    title: 'The backup in «path» asks for «asked»; restored from the package was «given»',
    unchanged: 'The backup and the package are as they were',
    causes: ['The backup was taken with another certificate', 'The backup is not encrypted'],
    next: 'Name a backup that was taken with one of the certificates of the package, or choose its item too',
    retrySafe: true,
  },
})
