import { createHash } from 'node:crypto'
import type * as Pkcs11 from 'pkcs11js'
import { limits, type How, type KeyFacts, type Takes } from '../messages.ts'
import type { Session } from './attributes.ts'
import { ckrOf, Refusal } from './failures.ts'
import { refuseTakenBy, unwrappedTemplate } from './keys.ts'
import { blockBytes, describeKey } from './objects.ts'

/** Wraps, unwraps, signs, checks and decrypts with keys that stay where they are. */

/** 0x210B is no constant of the loader; its number reaches the module all the same. */
const keyWrapNumbers = { CKM_AES_KEY_WRAP_KWP: 0x210b, CKM_AES_KEY_WRAP_PAD: 0x210a } as const

const oaep = (lib: typeof Pkcs11, hash: 'sha1' | 'sha256'): Pkcs11.Mechanism => {
  const parameter: Pkcs11.RsaOAEP = {
    type: lib.CK_PARAMS_RSA_OAEP,
    hashAlg: hash === 'sha1' ? lib.CKM_SHA_1 : lib.CKM_SHA256,
    mgf: hash === 'sha1' ? lib.CKG_MGF1_SHA1 : lib.CKG_MGF1_SHA256,
    // CKZ_DATA_SPECIFIED, the only source there is.
    source: 1,
  }
  return { mechanism: lib.CKM_RSA_PKCS_OAEP, parameter }
}

const mechanismOf = (lib: typeof Pkcs11, how: How): Pkcs11.Mechanism =>
  how.kind === 'oaep' ? oaep(lib, how.hash) : { mechanism: keyWrapNumbers[how.mechanism] }

const bytesOf = (handle: string): Buffer => Buffer.from(handle, 'hex')

export const wrap = (session: Session, request: Takes<'wrap'>): Buffer => {
  const { lib, module, handle } = session
  const by = bytesOf(request.with)
  // One byte more than can be right: the loader cuts a length that is too long down to the room there was.
  const room = Buffer.alloc(limits.wrapped + 1)
  const wrapped = module.C_WrapKey(handle, mechanismOf(lib, request.how), by, bytesOf(request.key), room)
  const wanted = request.how.kind === 'oaep' ? blockBytes(session, by) : null
  if (
    wrapped.length === 0 ||
    wrapped.length > limits.wrapped ||
    (wanted !== null && wrapped.length !== wanted)
  )
    throw new Refusal('hsm-module-lies', { why: `a wrapped key has ${wrapped.length} bytes` })
  return wrapped
}

export const unwrap = (session: Session, request: Takes<'unwrap'>): KeyFacts => {
  const { lib, module, handle } = session
  refuseTakenBy(session, request.as)
  const made = module.C_UnwrapKey(
    handle,
    mechanismOf(lib, request.how),
    bytesOf(request.with),
    Buffer.from(request.wrapped),
    unwrappedTemplate(lib, request.as),
  )
  return describeKey(session, made)
}

export const decrypt = (session: Session, request: Takes<'decrypt'>): Buffer => {
  const { lib, module, handle } = session
  const room = Buffer.alloc(2_049)
  module.C_DecryptInit(handle, oaep(lib, request.hash), bytesOf(request.key))
  const clear = module.C_Decrypt(handle, Buffer.from(request.data), room)
  if (clear.length > 2_048) throw new Refusal('hsm-module-lies', { why: 'what it decrypted is too long' })
  return clear
}

/** CKA_CHECK_VALUE of an AES key as PKCS #11 defines it, for modules that show none of a key that was unwrapped. */
export const checkValue = (session: Session, { key }: Takes<'checkValue'>): string => {
  const { lib, module, handle } = session
  module.C_EncryptInit(handle, { mechanism: lib.CKM_AES_ECB }, bytesOf(key))
  const block = module.C_Encrypt(handle, Buffer.alloc(16), Buffer.alloc(17))
  if (block.length !== 16)
    throw new Refusal('hsm-module-lies', { why: `a block of AES has ${block.length} bytes` })
  return block.subarray(0, 3).toString('hex')
}

const signMechanism = (lib: typeof Pkcs11, scheme: Takes<'sign'>['scheme']): Pkcs11.Mechanism => {
  if (scheme === 'rsa-pkcs1-sha256') return { mechanism: lib.CKM_SHA256_RSA_PKCS }
  if (scheme === 'ecdsa-sha256') return { mechanism: lib.CKM_ECDSA }
  const parameter: Pkcs11.RsaPSS = {
    type: lib.CK_PARAMS_RSA_PSS,
    hashAlg: lib.CKM_SHA256,
    mgf: lib.CKG_MGF1_SHA256,
    saltLen: 32,
  }
  return { mechanism: lib.CKM_SHA256_RSA_PKCS_PSS, parameter }
}

/** Tokens sign digests for ECDSA, the data itself for RSA. */
const toSign = ({ scheme, data }: Pick<Takes<'sign'>, 'scheme' | 'data'>): Buffer =>
  scheme === 'ecdsa-sha256' ? createHash('sha256').update(data).digest() : asBuffer(data)

const asBuffer = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** How long signatures of a key are; kept for as long as its handle means the same key. */
export type SignatureLengths = Map<string, number>

export const sign = (session: Session, request: Takes<'sign'>, lengths: SignatureLengths): Buffer => {
  const { lib, module, handle } = session
  const key = bytesOf(request.key)
  module.C_SignInit(handle, signMechanism(lib, request.scheme), key)
  const signature = module.C_Sign(handle, toSign(request), Buffer.alloc(2_049))
  const wanted = lengths.get(request.key) ?? blockBytes(session, key)
  if (wanted !== null) lengths.set(request.key, wanted)
  if (signature.length !== wanted)
    throw new Refusal('hsm-module-lies', { why: `a signature has ${signature.length} bytes` })
  return signature
}

export const verify = (session: Session, request: Takes<'verify'>): boolean => {
  const { lib, module, handle } = session
  module.C_VerifyInit(handle, signMechanism(lib, request.scheme), bytesOf(request.key))
  try {
    return module.C_Verify(handle, toSign(request), asBuffer(request.signature))
  } catch (thrown) {
    if (/^CKR_SIGNATURE_(INVALID|LEN_RANGE)$/.test(ckrOf(thrown)?.name ?? '')) return false
    throw thrown
  }
}
