import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** A compact JWS with RS256. */
export const writeJwt = (claims: object, key: KeyObject): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ typ: 'JWT', alg: 'RS256', kid: 'ktr-sandbox', x5t: 'ktr-sandbox' })}.${part(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

export interface ReadJwt {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** What the signature covers. */
  signed: Buffer
  signature: Buffer
}

/** Takes it apart without any check; null for what has not the form of a JWT. */
export const readJwt = (text: string): ReadJwt | null => {
  const [header, claims, signature, ...more] = text.split('.')
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0) return null
  const read = (part: string): Record<string, unknown> | null => {
    try {
      const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
    } catch {
      return null
    }
  }
  const [first, second] = [read(header), read(claims)]
  if (first === null || second === null) return null
  return {
    header: first,
    claims: second,
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether our own key signed it. */
export const isOurs = ({ header, signed, signature }: ReadJwt, key: KeyObject): boolean =>
  header['alg'] === 'RS256' && verify('sha256', signed, createPublicKey(key), signature)
