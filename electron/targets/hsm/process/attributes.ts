import type * as Pkcs11 from 'pkcs11js'
import { limits } from '../messages.ts'
import { ckrOf, Refusal } from './failures.ts'

/** What every part of the child works with: the loaded module, and the session once a token is open. */
export interface Session {
  readonly lib: typeof Pkcs11
  readonly module: Pkcs11.PKCS11
  readonly handle: Buffer
  /** What it was opened on. */
  readonly slot: Buffer
  readonly serial: string
}

/** CK_ULONG: 8 bytes, 4 on Windows, little-endian. Null: not a number, or one that says "not available". */
export const ulongOf = (value: Buffer | null): number | null => {
  if (value?.length !== 8 && value?.length !== 4) return null
  const number = value.length === 8 ? value.readBigUInt64LE() : BigInt(value.readUInt32LE())
  return number > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(number)
}

/** Text from a module: no control characters, no lone surrogates, and not longer than what we show. */
export const cleaned = (text: string, most = 256): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trimEnd()
    .slice(0, most)
    .toWellFormed()

/**
 * One attribute; null: the token does not have it or does not show it. One at a time: of several, one that is refused
 * takes the others along.
 */
export const attributeOf = ({ module, handle }: Session, object: Buffer, type: number): Buffer | null => {
  try {
    const [read] = module.C_GetAttributeValue(handle, object, [{ type }])
    const value: unknown = read?.value
    if (!Buffer.isBuffer(value)) return null
    if (value.length > limits.attribute)
      throw new Refusal('hsm-module-lies', { why: `an attribute has ${value.length} bytes` })
    return value
  } catch (thrown) {
    const ckr = ckrOf(thrown)
    if (ckr === null || !hidden.has(ckr.name)) throw thrown
    return null
  }
}

const hidden = new Set([
  'CKR_ATTRIBUTE_TYPE_INVALID',
  'CKR_ATTRIBUTE_SENSITIVE',
  'CKR_ATTRIBUTE_VALUE_INVALID',
])

export const flagOf = (session: Session, object: Buffer, type: number): boolean | null => {
  const value = attributeOf(session, object, type)
  return value?.length === 1 ? value[0] !== 0 : null
}
