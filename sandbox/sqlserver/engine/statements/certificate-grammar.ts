import { notSimulated } from '../errors.ts'
import type { Cursor } from '../../sql/cursor.ts'
import { file, password } from './common.ts'

export type Source = { file: string } | { binary: Buffer }

/** PRIVATE KEY ( ... ) as CREATE, ALTER and BACKUP CERTIFICATE write it. */
export interface PrivateKeyClause {
  source: Source | undefined
  decryption: string | undefined
  encryption: string | undefined
}

export function binary(c: Cursor): Buffer {
  c.expectSymbol('=')
  const token = c.peek()
  if (token.kind !== 'binary') c.fail()
  c.next()
  return Buffer.from(token.value.length % 2 === 1 ? `0${token.value}` : token.value, 'hex')
}

/** Behind PRIVATE KEY. */
export function privateKeyClause(c: Cursor): PrivateKeyClause {
  const clause: PrivateKeyClause = { source: undefined, decryption: undefined, encryption: undefined }
  c.expectSymbol('(')
  do {
    if (c.takeWord('BINARY') !== undefined) clause.source = { binary: binary(c) }
    else if (c.isWord('FILE', 'URL')) clause.source = { file: file(c) }
    else if (c.takeWord('ALGORITHM') !== undefined)
      throw notSimulated('ALGORITHM of a private key file', c.line)
    else {
      const kind = c.expectWord('DECRYPTION', 'ENCRYPTION')
      c.expectWord('BY')
      const text = password(c)
      if (kind === 'DECRYPTION') clause.decryption = text
      else clause.encryption = text
    }
  } while (c.takeSymbol(','))
  c.expectSymbol(')')
  return clause
}

/** FORMAT = 'PFX', */
export function pfxFormat(c: Cursor): boolean {
  if (c.takeWord('FORMAT') === undefined) return false
  c.expectSymbol('=')
  const format = c.expectString()
  if (!['PFX', 'DER'].includes(format.toUpperCase())) c.fail()
  c.takeSymbol(',')
  return format.toUpperCase() === 'PFX'
}

export function onOff(c: Cursor): boolean {
  c.expectSymbol('=')
  return c.expectWord('ON', 'OFF') === 'ON'
}

export interface CreateCertificate {
  name: string
  source: Source | undefined
  pfx: boolean
  privateKey: PrivateKeyClause | undefined
  encryption: string | undefined
  subject: string
  start: string | undefined
  expiry: string | undefined
  beginDialog: boolean
}

/** Behind CREATE CERTIFICATE. */
export function createCertificate(c: Cursor): CreateCertificate {
  const result: CreateCertificate = {
    name: c.expectName(),
    source: undefined,
    pfx: false,
    privateKey: undefined,
    encryption: undefined,
    subject: '',
    start: undefined,
    expiry: undefined,
    beginDialog: true,
  }
  if (c.takeWord('AUTHORIZATION') !== undefined && !/^dbo$/i.test(c.expectName()))
    throw notSimulated('AUTHORIZATION other than dbo', c.line)
  if (c.takeWord('FROM') !== undefined) {
    if (c.isWord('ASSEMBLY', 'EXECUTABLE'))
      throw notSimulated(`CREATE CERTIFICATE FROM ${c.peek().upper}`, c.line)
    result.source = c.takeWord('BINARY') !== undefined ? { binary: binary(c) } : { file: file(c) }
    if (c.startsWith('WITH', 'PRIVATE') || c.startsWith('WITH', 'FORMAT')) {
      c.next()
      result.pfx = pfxFormat(c)
      c.expectWords('PRIVATE', 'KEY')
      result.privateKey = privateKeyClause(c)
    }
  } else {
    if (c.takeWord('ENCRYPTION') !== undefined) {
      c.expectWord('BY')
      result.encryption = password(c)
    }
    c.expectWords('WITH', 'SUBJECT')
    c.expectSymbol('=')
    result.subject = c.expectString()
    while (c.takeSymbol(',')) {
      const option = c.expectWord('START_DATE', 'EXPIRY_DATE')
      c.expectSymbol('=')
      if (option === 'START_DATE') result.start = c.expectString()
      else result.expiry = c.expectString()
    }
  }
  if (c.takeWord('ACTIVE') !== undefined) {
    c.expectWords('FOR', 'BEGIN_DIALOG')
    result.beginDialog = onOff(c)
  }
  return result
}
