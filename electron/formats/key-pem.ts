import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SecretBytes } from '../platform/secret-bytes.ts'

const digits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const [lineFeed, equals] = [0x0a, 0x3d]
const bytesPerLine = 48

/**
 * A private key and its certificate in one text, as OpenSSL reads them: PKCS #8, then the certificate, both PEM. The
 * text is never a string, so that it can be wiped. The caller wipes the result.
 */
export const keyAndCertificatePem = (privateKey: KeyObject, certificate: Uint8Array): SecretBytes => {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const parts = [pemOf('PRIVATE KEY', pkcs8), pemOf('CERTIFICATE', certificate)]
  pkcs8.fill(0)
  const whole = Buffer.concat(parts)
  for (const part of parts) part.fill(0)
  return SecretBytes.take(whole)
}

const pemOf = (label: string, der: Uint8Array): Buffer => {
  const head = Buffer.from(`-----BEGIN ${label}-----\n`, 'latin1')
  const tail = Buffer.from(`-----END ${label}-----\n`, 'latin1')
  const lines = Math.ceil(der.length / bytesPerLine)
  const text = Buffer.alloc(head.length + Math.ceil(der.length / 3) * 4 + lines + tail.length)
  let at = head.copy(text)
  for (let from = 0; from < der.length; from += bytesPerLine) {
    at = writeLine(text, at, der.subarray(from, from + bytesPerLine))
  }
  tail.copy(text, at)
  return text
}

const writeLine = (text: Buffer, start: number, bytes: Uint8Array): number => {
  let at = start
  for (let from = 0; from < bytes.length; from += 3) {
    const three = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    const given = Math.min(3, bytes.length - from)
    for (let digit = 0; digit < 4; digit += 1) {
      const six = (three >> (18 - digit * 6)) & 63
      text[at] = digit <= given ? (digits[six] ?? 0) : equals
      at += 1
    }
  }
  text[at] = lineFeed
  return at + 1
}

/**
 * What `keyAndCertificatePem` wrote. The private part is taken as bytes and wiped; null: the text does not hold exactly
 * one of each. Whether they belong together is for the caller to compare.
 */
export const readKeyAndCertificatePem = (
  text: Uint8Array,
): { privateKey: KeyObject; certificate: Buffer } | null => {
  const key = blockIn(text, 'PRIVATE KEY')
  const certificate = blockIn(text, 'CERTIFICATE')
  if (key === null || certificate === null) return null
  const pem = Buffer.from(key)
  try {
    return {
      privateKey: createPrivateKey({ key: pem, format: 'pem' }),
      certificate: Buffer.from(
        Buffer.from(certificate)
          .toString('latin1')
          .replace(/-----[^-]+-----/g, ''),
        'base64',
      ),
    }
  } catch {
    return null
  } finally {
    pem.fill(0)
  }
}

/** The one block of that label, its lines included; null: none, or several. */
const blockIn = (text: Uint8Array, label: string): Uint8Array | null => {
  const all = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  const from = all.indexOf(begin, 0, 'latin1')
  const to = all.indexOf(end, from < 0 ? 0 : from, 'latin1')
  if (from < 0 || to < 0 || all.indexOf(begin, from + 1, 'latin1') >= 0) return null
  return all.subarray(from, to + end.length)
}
