import { constants, createPublicKey, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { signEcdsa, verifyEcdsa } from '../crypto/ecdsa-digest.ts'
import { HASH_BYTES, signPkcs1, signPss, verifyPkcs1, verifyPss, type RsaHash } from '../crypto/rsa-digest.ts'
import { notSimulated, refuse, type Reply } from '../http.ts'
import type { KeyVersion } from '../state/model.ts'
import { parseBody } from './attributes.ts'
import { kidOf } from './bundle.ts'
import { ok, type Context } from './context.ts'
import { keyDisabled, notPermittedByKey, outsideValidity, refuseParameter } from './errors.ts'
import { liveKey, versionOf } from './keys.ts'

export type Use = 'encrypt' | 'decrypt' | 'wrapKey' | 'unwrapKey' | 'sign' | 'verify'

const bytes = z.string().transform((text) => Buffer.from(text, 'base64url'))
const Body = z.looseObject({ alg: z.string(), value: bytes, digest: bytes.nullish() })

const OAEP: Readonly<Record<string, string>> = { 'RSA-OAEP': 'sha1', 'RSA-OAEP-256': 'sha256' }
const RSA_SIGNATURES: Readonly<Record<string, RsaHash>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  PS256: 'sha256',
  PS384: 'sha384',
  PS512: 'sha512',
}
const EC_SIGNATURES = { ES256: ['P-256', 32], ES384: ['P-384', 48], ES512: ['P-521', 64] } as const
/** What needs the private part: blocked by a disabled key for certain. */
const PRIVATE_USES: readonly Use[] = ['decrypt', 'unwrapKey', 'sign']
/** What makes something new: blocked outside of the key's validity. What was made before may still be opened. */
const MAKING_USES: readonly Use[] = ['encrypt', 'wrapKey', 'sign']

/** POST /keys/{name}/{version}/{use} */
export const useKey = async (context: Context, use: Use, name: string, wanted: string): Promise<Reply> => {
  const { world, holder, materials, limits } = context
  const body = parseBody(Body, context.body())
  const key = liveKey(world, holder, name)
  const version = versionOf(key, wanted)
  checkUsable(context, version, use)
  limits.spend(holder, { kind: 'other', version })
  const material = await materials.of(key, version)
  const kid = kidOf(holder, key, version)
  const answer = (value: Buffer): Reply => ok({ kid, value: value.toString('base64url') })
  switch (use) {
    case 'encrypt':
    case 'wrapKey':
      return answer(close(material, version, body.alg, body.value))
    case 'decrypt':
    case 'unwrapKey':
      return answer(open(material, version, body.alg, body.value))
    case 'sign':
      return answer(signature(material, version, body.alg, body.value))
    case 'verify':
      return ok({
        value: isSignature(material, version, body.alg, body.digest ?? Buffer.alloc(0), body.value),
      })
  }
}

const checkUsable = ({ world }: Context, version: KeyVersion, use: Use): void => {
  const { disabledKeyBlocks } = world.settings()
  if (!version.enabled && (disabledKeyBlocks === 'all-operations' || PRIVATE_USES.includes(use)))
    refuse(keyDisabled(use))
  if (!version.keyOps.includes(use)) refuse(notPermittedByKey(use))
  if (!MAKING_USES.includes(use)) return
  const seconds = world.now('vault') / 1000
  if (version.exp !== null && version.exp <= seconds) refuse(outsideValidity(use, 'KeyExpired'))
  if (version.nbf !== null && version.nbf > seconds) refuse(outsideValidity(use, 'KeyNotYetValid'))
}

const unknownAlgorithm = (alg: string): never =>
  ['RSNULL', 'ES256K', 'A128KW', 'A192KW', 'A256KW', 'HS256'].includes(alg) || alg.startsWith('CKM_')
    ? refuse(notSimulated(`algorithm ${alg}`))
    : refuseParameter(`Property alg has invalid value: ${alg}`)

const rsaOnly = ({ curve }: KeyVersion, alg: string): void => {
  if (curve !== null) refuseParameter(`Algorithm ${alg} does not fit the type of the key.`)
}

const close = (key: KeyObject, version: KeyVersion, alg: string, plain: Buffer): Buffer => {
  rsaOnly(version, alg)
  const publicKey = createPublicKey(key)
  const oaepHash = OAEP[alg]
  try {
    if (oaepHash !== undefined)
      return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plain)
    if (alg === 'RSA1_5')
      return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, plain)
  } catch {
    return refuseParameter('Property value has invalid value: it is too long for this key.')
  }
  return unknownAlgorithm(alg)
}

const open = (key: KeyObject, version: KeyVersion, alg: string, cipher: Buffer): Buffer => {
  rsaOnly(version, alg)
  const oaepHash = OAEP[alg]
  try {
    if (oaepHash !== undefined)
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, cipher)
    if (alg === 'RSA1_5')
      return withoutPadding(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, cipher))
  } catch {
    return refuseParameter(
      'The parameter is incorrect: the value was not encrypted with this key and algorithm.',
    )
  }
  return unknownAlgorithm(alg)
}

/** PKCS#1 version 1.5 by hand: builds of Node differ in what they allow here. */
const withoutPadding = (block: Buffer): Buffer => {
  const end = block.indexOf(0, 2)
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new RangeError('no PKCS#1 padding')
  return block.subarray(end + 1)
}

const ecRule = (alg: string): (typeof EC_SIGNATURES)[keyof typeof EC_SIGNATURES] | undefined =>
  alg === 'ES256' || alg === 'ES384' || alg === 'ES512' ? EC_SIGNATURES[alg] : undefined

const checkDigest = (digest: Buffer, length: number): void => {
  if (digest.length !== length)
    refuseParameter(`Property value has invalid length: a digest of ${length} bytes.`)
}

const signature = (key: KeyObject, version: KeyVersion, alg: string, digest: Buffer): Buffer => {
  const hash = RSA_SIGNATURES[alg]
  if (hash !== undefined) {
    rsaOnly(version, alg)
    checkDigest(digest, HASH_BYTES[hash])
    return alg.startsWith('P') ? signPss(key, hash, digest) : signPkcs1(key, hash, digest)
  }
  const curve = fittingCurve(version, alg, digest)
  return signEcdsa(key, curve, digest)
}

const isSignature = (
  key: KeyObject,
  version: KeyVersion,
  alg: string,
  digest: Buffer,
  signed: Buffer,
): boolean => {
  const hash = RSA_SIGNATURES[alg]
  if (hash !== undefined) {
    rsaOnly(version, alg)
    checkDigest(digest, HASH_BYTES[hash])
    return alg.startsWith('P') ? verifyPss(key, hash, digest, signed) : verifyPkcs1(key, hash, digest, signed)
  }
  return verifyEcdsa(key, fittingCurve(version, alg, digest), digest, signed)
}

const fittingCurve = (version: KeyVersion, alg: string, digest: Buffer) => {
  const rule = ecRule(alg)
  if (rule === undefined) return unknownAlgorithm(alg)
  const [curve, length] = rule
  if (version.curve !== curve) refuseParameter(`Algorithm ${alg} does not fit the type of the key.`)
  checkDigest(digest, length)
  return curve
}
