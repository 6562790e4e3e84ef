import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'

/**
 * The kept certificate and private key as PEM text with line ends, as the sign-in library reads it: pasted into one
 * line it has none. The private key is a string from here on, as long as the credential lives. `azure-sign-in-file`.
 */
export const clientCertificatePem = (bytes: Buffer, target: string): string => {
  const refuse = (what: string): never => {
    throw new KeyturnError('azure-sign-in-file', { target, what })
  }
  const parts = [...bytes.toString('latin1').matchAll(pemPart)]
  const named = (pattern: RegExp) => parts.find(([, label = '']) => pattern.test(label))
  const certificate = named(/^CERTIFICATE$/)
  const key = named(/^(RSA )?PRIVATE KEY$/)
  if (named(/^ENCRYPTED PRIVATE KEY$/)) refuse('its private key has a passphrase')
  if (certificate === undefined) return refuse('it has no certificate')
  if (key === undefined) return refuse('it has no RSA private key')
  const text = [key, certificate].map(([, label = '', body = '']) => rewrapped(label, body)).join('\n')
  try {
    const opened = createPrivateKey(text)
    if (opened.asymmetricKeyType !== 'rsa') return refuse('its key is not RSA')
    const shown = new X509Certificate(rewrapped('CERTIFICATE', certificate[2] ?? ''))
    const same = createPublicKey(opened)
      .export({ type: 'spki', format: 'der' })
      .equals(shown.publicKey.export({ type: 'spki', format: 'der' }))
    if (!same) refuse('key and certificate do not belong together')
  } catch (thrown) {
    if (thrown instanceof KeyturnError) throw thrown
    refuse('it is damaged')
  }
  return `${text}\n`
}

const pemPart = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g

const rewrapped = (label: string, body: string): string => {
  const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')
}
