import { defineErrors } from './catalogue-entry.ts'

const nothingSent = 'Nothing was sent to the vault; the file is as it was'

/** What stands in the way of bringing a key of a token, or a backup of a key, into a vault. */
export const importErrors = defineErrors({
  'byok-other-vault': {
    kind: 'input',
    title: '«file» is not for «vault»: it was wrapped for «other»',
    unchanged: nothingSent,
    causes: ['Two files were swapped', 'The file of another vault was chosen'],
    next: 'Choose the file that was written for this vault, or the vault that the file names',
    retrySafe: true,
  },
  'byok-kek': {
    kind: 'refused',
    title: '«vault» can’t open «file»: «kek», the key that it was wrapped for, does not fit («what»)',
    unchanged: nothingSent,
    causes: [
      'The vault’s key was deleted, disabled or changed since the file was written',
      'The file was wrapped for a key that is not for import alone',
    ],
    next: 'Make a key for imports in this vault (first screen), then wrap the key of the token for it',
    retrySafe: true,
  },
  'byok-size': {
    kind: 'input',
    title:
      '«file» holds «bytes» bytes of a wrapped key, which is not what an RSA key of «bits» bits comes to',
    unchanged: nothingSent,
    causes: ['The file holds another key than the one that was chosen to compare with', 'It was cut'],
    next: 'Choose the file of this key; SQL Server’s connector takes RSA keys of 2,048 and 3,072 bits',
    retrySafe: true,
  },
  'byok-test-only': {
    kind: 'refused',
    title: '«file» is for tests only: «what»',
    unchanged: nothingSent,
    causes: ['The token fills a key up with zero bytes before it wraps it, against RFC 5649'],
    next: 'Wrap the key on a token whose probe says that its key wrap is RFC 5649 exactly',
    retrySafe: true,
  },
  'byok-refused': {
    kind: 'refused',
    title: '«vault» did not take «file»: «said»',
    unchanged: 'No key was made in the vault, as far as it says; the file is as it was',
    causes: [
      'The file was damaged, or its parts come from two files',
      'It was wrapped with another key than the one it names',
      'The token’s key wrap is not that of RFC 5649',
    ],
    next: 'Write the transfer file again; where that does not help, have the token’s key wrap probed',
    retrySafe: true,
  },
  'byok-vault': {
    kind: 'refused',
    title: '«vault» takes no key of a token: «what»',
    unchanged: 'Nothing was sent to the vault',
    causes: ['Keys in hardware are kept by premium vaults and managed HSMs only'],
    next: 'Choose a premium vault or an activated managed HSM; the tier of a vault is changed in the portal',
    retrySafe: true,
  },
  'import-public-key': {
    kind: 'input',
    title: '«file» gives no public key to compare with: «what»',
    unchanged: 'The file is as it was; nothing was sent to a vault',
    causes: [],
    next: 'Choose the public key as PEM (BEGIN PUBLIC KEY), RSA with 2,048 or 3,072 bits',
    retrySafe: true,
  },
  'import-other-key': {
    kind: 'not-mine',
    title: '«vault» has a key «key» that is not the one to be imported',
    unchanged: 'The key that is there is as it was',
    causes: ['The name is taken by another key', 'An earlier import brought another key'],
    next: 'Choose another name',
    retrySafe: true,
  },
})
