import { DerError } from '../../formats/der.ts'

export type PemLabel = 'CERTIFICATE' | 'PUBLIC KEY'

/** 64 characters a line, each line ended by a line feed. */
export const writePem = (label: PemLabel, der: Uint8Array): Buffer => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`, 'latin1')
}

/** Exactly what `writePem` writes: nothing before, between or after, no other spelling. `DerError` for all else. */
export const readPem = (label: PemLabel, bytes: Uint8Array): Buffer => {
  const text = Buffer.from(bytes).toString('latin1')
  const begin = `-----BEGIN ${label}-----\n`
  const end = `\n-----END ${label}-----\n`
  if (!text.startsWith(begin) || !text.endsWith(end) || text.length < begin.length + end.length)
    throw new DerError(`no PEM of a ${label.toLowerCase()}`)
  const der = Buffer.from(text.slice(begin.length, -end.length).replaceAll('\n', ''), 'base64')
  if (!writePem(label, der).equals(bytes)) throw new DerError('PEM in another spelling')
  return der
}
