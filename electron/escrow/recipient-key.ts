import { createPrivateKey } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

/** A private key file has at most a few kB. */
export const longestKeyFile = 64 * 1024

/** Whether a private key in PEM asks for a passphrase. */
export const asksForPassphrase = (pem: SecretBytes): boolean => pem.use((text) => text.includes('ENCRYPTED'))

/**
 * The RSA private key of a recipient, PKCS #8 in DER; the caller wipes it, and what was given. `name` is what a person
 * calls the file. `package-key-not-read`, `file-needs-password`, `file-wrong-password`.
 */
export const readRecipientKey = (
  pem: SecretBytes,
  passphrase: SecretBytes | null,
  name: string,
): SecretBytes => {
  if (passphrase === null && asksForPassphrase(pem))
    throw new KeyturnError('file-needs-password', { file: name })
  const open = (secret: Buffer | null): SecretBytes => {
    const key = pem.use((text) =>
      createPrivateKey({ key: text, format: 'pem', ...(secret === null ? {} : { passphrase: secret }) }),
    )
    if (key.asymmetricKeyType !== 'rsa') throw new KeyturnError('package-key-not-read', { file: name })
    return SecretBytes.take(key.export({ format: 'der', type: 'pkcs8' }))
  }
  try {
    return passphrase === null ? open(null) : passphrase.use(open)
  } catch (error) {
    if (error instanceof KeyturnError) throw error
    throw new KeyturnError(passphrase === null ? 'package-key-not-read' : 'file-wrong-password', {
      file: name,
    })
  }
}
