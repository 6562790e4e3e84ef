import { KeyturnError } from '../../shared/errors/problem.ts'
import { passphraseBytes, passphraseProblem, passphraseProblemText } from '../../shared/forms/passphrase.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

/**
 * The bytes that go into the key derivation: NFC whatever the sender did. The text exists as a string only inside this
 * function. Bytes that are not UTF-8 are taken as they are; they can't match a passphrase that `create` accepted.
 */
export const normalizedPassphrase = (passphrase: SecretBytes): SecretBytes =>
  passphrase.use((bytes) => {
    const text = decoded(bytes)
    return text === null ? SecretBytes.take(Buffer.from(bytes)) : SecretBytes.take(passphraseBytes(text))
  })

/** The same rule as in the window, which main does not trust. Throws `passphrase-refused`. */
export const assertGoodPassphrase = (passphrase: SecretBytes): void => {
  const problem = passphrase.use((bytes) => {
    const text = decoded(bytes)
    return text === null ? 'not-text' : passphraseProblem(text)
  })
  if (problem !== null) throw new KeyturnError('passphrase-refused', { why: passphraseProblemText[problem] })
}

const decoded = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
