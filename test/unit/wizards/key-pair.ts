import type { KeyObject } from 'node:crypto'
import { makeSelfSigned, thumbprintOf } from '../../../sandbox/sqlserver/files/index.ts'

export interface KeyPair {
  certificate: Buffer
  key: KeyObject
  thumbprint: Buffer
}

/** A real pair, so that what the product opens is really opened. 1024 bits: made fast. */
export const makePair = async (): Promise<KeyPair> => {
  const { certificate, privateKey } = await makeSelfSigned({
    subject: 'Test pair',
    notBefore: new Date('2026-11-01T00:00:00Z'),
    notAfter: new Date('2031-11-01T00:00:00Z'),
    bits: 1024,
  })
  return { certificate, key: privateKey, thumbprint: thumbprintOf(certificate) }
}
