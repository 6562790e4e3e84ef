/** Fewest characters (Unicode code points) of a keyring passphrase. */
export const shortestPassphrase = 12
/** Most bytes of its NFC form in UTF-8. */
export const longestPassphrase = 1_024

export type PassphraseProblem = 'too-short' | 'too-long' | 'too-common' | 'one-character' | 'not-text'

/**
 * The passphrase as bytes: NFC, so that "é" typed on any keyboard gives the same key, then UTF-8. Nothing is trimmed.
 * The caller wipes the bytes.
 */
export const passphraseBytes = (text: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(text.normalize('NFC'))

/** Why this can't be a keyring passphrase, or null. Any Unicode text is allowed; length counts most. */
export const passphraseProblem = (text: string): PassphraseProblem | null => {
  const normal = text.normalize('NFC')
  if (!normal.isWellFormed() || normal.includes('\0')) return 'not-text'
  const characters = Array.from(normal)
  if (characters.length < shortestPassphrase) return 'too-short'
  if (new TextEncoder().encode(normal).length > longestPassphrase) return 'too-long'
  if (new Set(characters).size === 1) return 'one-character'
  return isCommon(normal) ? 'too-common' : null
}

/** The rule as a sentence for the field and for errors. */
export const passphraseProblemText: Readonly<Record<PassphraseProblem, string>> = {
  'too-short': `it has fewer than ${shortestPassphrase} characters`,
  'too-long': `it has more than ${longestPassphrase} bytes`,
  'too-common': 'it is one of the first that anyone would try',
  'one-character': 'it is one character, repeated',
  'not-text': 'it holds characters that are not text',
}

const commonWords = [
  ...[
    'password',
    'passphrase',
    'passwort',
    'keyturn',
    'letmein',
    'welcome',
    'administrator',
    'admin',
    'qwerty',
  ],
  ...[
    'qwertyuiop',
    'asdfghjkl',
    'iloveyou',
    'changeme',
    'secret',
    'sqlserver',
    'database',
    'correcthorsebatterystaple',
  ],
  ...[
    '12345678',
    '123456789',
    '1234567890',
    '123456789012',
    '0123456789',
    'abcdefgh',
    'abcdefghijkl',
    'summer',
    'winter',
  ],
]

const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '@': 'a',
  $: 's',
}

/** A common word, repeated, spelled with look-alikes, or with digits and signs around it. */
const isCommon = (text: string): boolean => {
  const folded = text.toLowerCase().replace(/[\s_-]/g, '')
  const withoutEnd = folded.replace(/[^a-z]+$/, '')
  const core = withoutEnd.replace(/^[^a-z]+/, '')
  const forms = [folded, withoutEnd, core]
    .flatMap((form) => [form, spelled(form)])
    .filter((form) => form !== '')
  return forms.some((form) => commonWords.some((word) => isRepeated(word, form)))
}

const spelled = (text: string): string =>
  Array.from(text, (character) => lookAlikes[character] ?? character).join('')

const isRepeated = (word: string, text: string): boolean =>
  text.length % word.length === 0 && text === word.repeat(text.length / word.length)
