import { KeyturnError } from '../../shared/errors/problem.ts'

const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/**
 * The one certificate of a file, DER as it stands or taken out of PEM. Whether it is one at all shows only when it is
 * read. `file-not-certificate` for a file with several, or with a private key in it: that one does not belong there.
 */
export const certificateIn = (bytes: Uint8Array, file: string): Buffer => {
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.includes('-----BEGIN ')) return Buffer.from(bytes)
  const [only, ...more] = text.matchAll(block)
  if (only === undefined || more.length > 0 || /PRIVATE KEY-----/.test(text))
    throw new KeyturnError('file-not-certificate', { file })
  return Buffer.from(only[1] ?? '', 'base64')
}
