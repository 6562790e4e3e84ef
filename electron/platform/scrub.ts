import type { SecretBytes } from './secret-bytes.ts'

/** A piece of a secret this long does not stand in a message by chance. */
const telling = 8

/**
 * A server's text without the secrets of this call: each run that repeats a secret, or a piece of at least 8
 * characters of one, becomes «name». Other control characters than line ends go too.
 */
export const scrubbed = (text: string, secrets: ReadonlyMap<string, SecretBytes>): string => {
  let clean = text
  for (const [name, secret] of secrets) {
    clean = secret.use((bytes) => withoutSecret(clean, bytes.toString('utf8'), `«${name}»`))
    // As a binary constant. The same digits in lower case are nothing that Keyturn sent.
    clean = secret.use((bytes) => withoutSecret(clean, bytes.toString('hex').toUpperCase(), `«${name}»`))
  }
  return clean.replace(/\p{Cc}/gu, (sign) => (sign === '\n' || sign === '\t' ? sign : ' ')).trim()
}

const withoutSecret = (text: string, secret: string, shown: string): string => {
  if (secret === '') return text
  const covered = new Uint8Array(text.length)
  for (const spelling of new Set([secret, secret.replaceAll("'", "''")])) cover(text, spelling, covered)
  if (!covered.includes(1)) return text
  let clean = ''
  for (let at = 0; at < text.length; at += 1) {
    if (covered[at] === 0) clean += text[at] ?? ''
    else if (at === 0 || covered[at - 1] === 0) clean += shown
  }
  return clean
}

const cover = (text: string, spelling: string, covered: Uint8Array): void => {
  const size = Math.min(telling, spelling.length)
  for (let from = 0; from + size <= spelling.length; from += 1) {
    const piece = spelling.slice(from, from + size)
    for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + 1))
      covered.fill(1, at, at + size)
  }
}
