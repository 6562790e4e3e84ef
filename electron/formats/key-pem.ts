import type { KeyObject } from 'node:crypto'
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
