import { createPublicKey, type KeyObject } from 'node:crypto'
import type * as Pkcs11 from 'pkcs11js'
import { type Gives, type KeyFacts, type Takes } from '../messages.ts'
import { flagOf, type Session } from './attributes.ts'
import { Refusal } from './failures.ts'
import { curveParams, describeKey, isIdTaken } from './objects.ts'

/** Makes, takes in, changes and destroys keys. Nothing here reads the value of a key. */

type Use = Takes<'generateAes'>['uses'][number]

interface Named {
  label: string
  id: string
}

const named = (lib: typeof Pkcs11, { label, id }: Named): Pkcs11.Template => [
  { type: lib.CKA_LABEL, value: Buffer.from(label) },
  ...(id === '' ? [] : [{ type: lib.CKA_ID, value: Buffer.from(id, 'hex') }]),
]

const usesOf = (lib: typeof Pkcs11, uses: readonly Use[]): Pkcs11.Template => [
  { type: lib.CKA_WRAP, value: uses.includes('wrap') },
  { type: lib.CKA_UNWRAP, value: uses.includes('unwrap') },
  { type: lib.CKA_ENCRYPT, value: uses.includes('encrypt') },
  { type: lib.CKA_DECRYPT, value: uses.includes('decrypt') },
  // Some tokens allow what nobody forbids.
  { type: lib.CKA_SIGN, value: false },
  { type: lib.CKA_VERIFY, value: false },
]

const refuseTaken = (session: Session, id: string, among: readonly KeyFacts['class'][]): void => {
  if (isIdTaken(session, id, among)) throw new Refusal('hsm-id-taken', { id })
}

const privateTemplate = (
  lib: typeof Pkcs11,
  request: Named & { extractable: boolean },
  kept: boolean,
): Pkcs11.Template => [
  { type: lib.CKA_CLASS, value: lib.CKO_PRIVATE_KEY },
  { type: lib.CKA_TOKEN, value: kept },
  { type: lib.CKA_PRIVATE, value: true },
  { type: lib.CKA_SENSITIVE, value: true },
  { type: lib.CKA_EXTRACTABLE, value: request.extractable },
  ...named(lib, request),
]

const rsaUses = (lib: typeof Pkcs11): Pkcs11.Template => [
  { type: lib.CKA_SIGN, value: true },
  { type: lib.CKA_DECRYPT, value: true },
  { type: lib.CKA_UNWRAP, value: true },
]

const ecUses = (lib: typeof Pkcs11): Pkcs11.Template => [
  { type: lib.CKA_SIGN, value: true },
  { type: lib.CKA_DECRYPT, value: false },
  { type: lib.CKA_UNWRAP, value: false },
]

const pairOf = (session: Session, made: Pkcs11.KeyPair): Gives<'generateRsa'> => ({
  privateKey: describeKey(session, made.privateKey),
  publicKey: describeKey(session, made.publicKey),
})

export const generateRsa = (session: Session, request: Takes<'generateRsa'>): Gives<'generateRsa'> => {
  const { lib, module, handle } = session
  refuseTaken(session, request.id, ['private', 'public'])
  const made = module.C_GenerateKeyPair(
    handle,
    { mechanism: lib.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [
      { type: lib.CKA_CLASS, value: lib.CKO_PUBLIC_KEY },
      { type: lib.CKA_TOKEN, value: true },
      { type: lib.CKA_MODULUS_BITS, value: request.bits },
      { type: lib.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      { type: lib.CKA_VERIFY, value: true },
      { type: lib.CKA_ENCRYPT, value: true },
      { type: lib.CKA_WRAP, value: true },
      ...named(lib, request),
    ],
    [...privateTemplate(lib, request, true), ...rsaUses(lib)],
  )
  return pairOf(session, made)
}

export const generateEc = (session: Session, request: Takes<'generateEc'>): Gives<'generateEc'> => {
  const { lib, module, handle } = session
  refuseTaken(session, request.id, ['private', 'public'])
  const made = module.C_GenerateKeyPair(
    handle,
    { mechanism: lib.CKM_EC_KEY_PAIR_GEN },
    [
      { type: lib.CKA_CLASS, value: lib.CKO_PUBLIC_KEY },
      { type: lib.CKA_TOKEN, value: true },
      { type: lib.CKA_EC_PARAMS, value: curveParams[request.curve] },
      { type: lib.CKA_VERIFY, value: true },
      ...named(lib, request),
    ],
    [...privateTemplate(lib, request, true), ...ecUses(lib)],
  )
  return pairOf(session, made)
}

interface Secret extends Named {
  kept: 'token' | 'session'
  extractable: boolean
  uses: readonly Use[]
}

const secretTemplate = (lib: typeof Pkcs11, request: Secret, type: 'AES' | 'generic'): Pkcs11.Template => [
  { type: lib.CKA_CLASS, value: lib.CKO_SECRET_KEY },
  { type: lib.CKA_KEY_TYPE, value: type === 'AES' ? lib.CKK_AES : lib.CKK_GENERIC_SECRET },
  { type: lib.CKA_TOKEN, value: request.kept === 'token' },
  { type: lib.CKA_PRIVATE, value: true },
  { type: lib.CKA_SENSITIVE, value: true },
  { type: lib.CKA_EXTRACTABLE, value: request.extractable },
  ...usesOf(lib, request.uses),
  ...named(lib, request),
]

export const generateAes = (session: Session, request: Takes<'generateAes'>): KeyFacts => {
  const { lib, module, handle } = session
  refuseTaken(session, request.id, ['secret'])
  const made = module.C_GenerateKey(handle, { mechanism: lib.CKM_AES_KEY_GEN }, [
    ...secretTemplate(lib, request, 'AES'),
    { type: lib.CKA_VALUE_LEN, value: request.bits / 8 },
  ])
  return describeKey(session, made)
}

export const importSecret = (session: Session, request: Takes<'importSecret'>): KeyFacts => {
  const { lib, module, handle } = session
  refuseTaken(session, request.id, ['secret'])
  const value = Buffer.from(request.value)
  try {
    const made = module.C_CreateObject(handle, [
      ...secretTemplate(lib, request, request.type),
      { type: lib.CKA_VALUE, value },
    ])
    return describeKey(session, made)
  } finally {
    value.fill(0)
  }
}

const rsaPublic = (spki: Uint8Array): { n: string; e: string } => {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' })
  } catch {
    throw new Refusal('hsm-public-key')
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < 2_048 || bits > 8_192) throw new Refusal('hsm-public-key')
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  return { n, e }
}

const createPublic = (session: Session, spki: Uint8Array, kept: Named | null): KeyFacts => {
  const { lib, module, handle } = session
  const { n, e } = rsaPublic(spki)
  const made = module.C_CreateObject(handle, [
    { type: lib.CKA_CLASS, value: lib.CKO_PUBLIC_KEY },
    { type: lib.CKA_KEY_TYPE, value: lib.CKK_RSA },
    { type: lib.CKA_TOKEN, value: kept !== null },
    { type: lib.CKA_PRIVATE, value: false },
    { type: lib.CKA_MODULUS, value: Buffer.from(n, 'base64url') },
    { type: lib.CKA_PUBLIC_EXPONENT, value: Buffer.from(e, 'base64url') },
    { type: lib.CKA_WRAP, value: true },
    { type: lib.CKA_ENCRYPT, value: true },
    { type: lib.CKA_VERIFY, value: true },
    ...(kept === null ? [] : named(lib, kept)),
  ])
  return describeKey(session, made)
}

export const usePublicKey = (session: Session, { spki }: Takes<'usePublicKey'>): KeyFacts =>
  createPublic(session, spki, null)

export const keepPublicKey = (session: Session, { spki, ...kept }: Takes<'keepPublicKey'>): KeyFacts => {
  refuseTaken(session, kept.id, ['public'])
  return createPublic(session, spki, kept)
}

/** Template of what `unwrap` makes. */
export const unwrappedTemplate = (lib: typeof Pkcs11, as: Takes<'unwrap'>['as']): Pkcs11.Template => {
  if (as.class === 'secret') return secretTemplate(lib, as, as.type)
  return [
    ...privateTemplate(lib, as, as.kept === 'token'),
    { type: lib.CKA_KEY_TYPE, value: as.type === 'RSA' ? lib.CKK_RSA : lib.CKK_EC },
    ...(as.type === 'RSA' ? rsaUses(lib) : ecUses(lib)),
  ]
}

export const refuseTakenBy = (session: Session, as: Takes<'unwrap'>['as']): void =>
  refuseTaken(session, as.id, [as.class])

export const setLabel = (session: Session, key: Buffer, label: string): KeyFacts => {
  const { lib, module, handle } = session
  module.C_SetAttributeValue(handle, key, [{ type: lib.CKA_LABEL, value: Buffer.from(label) }])
  return describeKey(session, key)
}

export const setNotExtractable = (session: Session, key: Buffer): KeyFacts => {
  const { lib, module, handle } = session
  // Some tokens refuse to write even what is there already.
  if (flagOf(session, key, lib.CKA_EXTRACTABLE) !== false)
    module.C_SetAttributeValue(handle, key, [{ type: lib.CKA_EXTRACTABLE, value: false }])
  const after = describeKey(session, key)
  if (after.attributes.extractable !== false)
    throw new Refusal('hsm-module-lies', { why: 'the key is extractable after it was made not extractable' })
  return after
}
