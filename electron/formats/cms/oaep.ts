import { constants, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto'
import { childrenOf, DerError, expectTag, fieldsOf, oidOf, tag, type DerNode } from '../der.ts'
import { der, derNull, oid, sequence } from '../der-write.ts'
import { cmsOids } from './oids.ts'
import type { OaepHash } from './types.ts'

/**
 * The AlgorithmIdentifier of RSA-OAEP (RFC 4055): SHA-1 is the default of every parameter, so that DER has none of them;
 * SHA-256 stands there twice, for the label and for MGF1.
 */
export const oaepAlgorithm = (hash: OaepHash): Buffer => {
  if (hash === 'sha1') return sequence(oid(cmsOids.rsaOaep), sequence())
  const sha256 = sequence(oid(cmsOids.sha256), derNull())
  return sequence(
    oid(cmsOids.rsaOaep),
    sequence(der(tag.context(0), sha256), der(tag.context(1), sequence(oid(cmsOids.mgf1), sha256))),
  )
}

/** The hash; null where it is another algorithm, two different hashes, or has a label. */
export const oaepHashOf = (algorithm: DerNode): OaepHash | null => {
  const [id, parameters, ...more] = childrenOf(expectTag(algorithm, tag.sequence))
  if (oidOf(id) !== cmsOids.rsaOaep || more.length > 0) return null
  const fields = childrenOf(expectTag(parameters, tag.sequence))
  if (fields.length === 0) return 'sha1'
  const [hash, mask, ...labelled] = fields
  if (labelled.length > 0) return null
  const [hashAlgorithm] = fieldsOf(expectTag(hash, tag.context(0)), tag.sequence)
  const [maskAlgorithm] = fieldsOf(expectTag(mask, tag.context(1)), tag.sequence)
  const [maskId, maskHash] = fieldsOf(maskAlgorithm, tag.oid, tag.sequence)
  const isSha256 =
    digestOf(hashAlgorithm) === cmsOids.sha256 &&
    oidOf(maskId) === cmsOids.mgf1 &&
    digestOf(maskHash) === cmsOids.sha256
  return isSha256 ? 'sha256' : null
}

/** RFC 4055 wants both taken: parameters that are NULL, and none. */
const digestOf = (algorithm: DerNode): string => {
  const [id, parameters, ...more] = childrenOf(algorithm)
  if (parameters !== undefined && expectTag(parameters, tag.null).value.length > 0)
    throw new DerError('a NULL with content')
  if (more.length > 0) throw new DerError('too many parameters')
  return oidOf(id)
}

const padding = constants.RSA_PKCS1_OAEP_PADDING

export const oaepEncrypt = (key: KeyObject, oaepHash: OaepHash, plain: Uint8Array): Buffer =>
  publicEncrypt({ key, oaepHash, padding }, plain)

/** Throws what the cryptography library throws for another key or changed bytes. The caller wipes the result. */
export const oaepDecrypt = (key: KeyObject, oaepHash: OaepHash, encrypted: Uint8Array): Buffer =>
  privateDecrypt({ key, oaepHash, padding }, encrypted)
