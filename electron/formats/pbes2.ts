import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { childrenOf, DerError, expectTag, fieldsOf, oidOf, smallIntegerOf, tag, type DerNode } from './der.ts'
import { derNull, octetString, oid, sequence, smallInteger } from './der-write.ts'
import { oids, pbes2Ciphers, pbkdf2Digests } from './oids.ts'

/** More is refused before any work is done; a file can't make Keyturn compute for minutes. */
export const iterationLimit = 2_000_000
const saltLimit = 1_024

/** An algorithm that is well formed but not offered here; `what` names it for the person. */
export class UnsupportedAlgorithm extends Error {
  readonly what: string

  constructor(what: string) {
    super(what)
    this.name = 'UnsupportedAlgorithm'
    this.what = what
  }
}

export interface Pbes2 {
  salt: Buffer
  iterations: number
  digest: string
  cipher: string
  keyLength: number
  iv: Buffer
}

/** Reads the AlgorithmIdentifier of PBES2 with PBKDF2 and AES in CBC mode (RFC 8018). */
export const readPbes2 = (algorithm: DerNode): Pbes2 => {
  const [id, parameters] = childrenOf(expectTag(algorithm, tag.sequence))
  const scheme = oidOf(id)
  if (scheme !== oids.pbes2) throw new UnsupportedAlgorithm(`the encryption ${scheme}`)
  const [kdf, encryption] = fieldsOf(expectTag(parameters, tag.sequence), tag.sequence, tag.sequence)
  const [cipherId, iv] = childrenOf(encryption)
  const cipherOid = oidOf(cipherId)
  const cipher = pbes2Ciphers.get(cipherOid)
  if (cipher === undefined) throw new UnsupportedAlgorithm(`the cipher ${cipherOid}`)
  const ivBytes = expectTag(iv, tag.octetString).value
  if (ivBytes.length !== 16) throw new DerError('an IV of another length')
  return { ...readPbkdf2(kdf, cipher.keyLength), cipher: cipher.name, iv: ivBytes }
}

const readPbkdf2 = (kdf: DerNode, keyLength: number): Omit<Pbes2, 'cipher' | 'iv'> => {
  const [id, parameters] = childrenOf(kdf)
  const kdfOid = oidOf(id)
  if (kdfOid !== oids.pbkdf2) throw new UnsupportedAlgorithm(`the key derivation ${kdfOid}`)
  const [salt, count, ...rest] = childrenOf(expectTag(parameters, tag.sequence))
  const saltBytes = expectTag(salt, tag.octetString).value
  const iterations = smallIntegerOf(count)
  const stated = rest[0]?.tag === tag.integer ? smallIntegerOf(rest.shift()) : keyLength
  const prf = rest.shift()
  if (rest.length > 0 || stated !== keyLength || saltBytes.length > saltLimit)
    throw new DerError('PBKDF2 parameters')
  if (iterations < 1 || iterations > iterationLimit)
    throw new UnsupportedAlgorithm(`${iterations} iterations`)
  const prfOid = prf === undefined ? oids.hmacSha1 : oidOf(childrenOf(expectTag(prf, tag.sequence))[0])
  const digest = pbkdf2Digests.get(prfOid)
  if (digest === undefined) throw new UnsupportedAlgorithm(`the function ${prfOid}`)
  return { salt: saltBytes, iterations, digest, keyLength }
}

/** Throws when the padding does not fit: another password, or changed bytes. The caller wipes the result. */
export const decryptPbes2 = (parameters: Pbes2, password: Uint8Array, data: Buffer): Buffer =>
  withKey(parameters, password, (key) => {
    const decipher = createDecipheriv(parameters.cipher, key, parameters.iv)
    return Buffer.concat([decipher.update(data), decipher.final()])
  })

/** AES-256-CBC under PBKDF2 with HMAC-SHA-256; 16-byte salt and IV. */
export const encryptPbes2 = (
  password: Uint8Array,
  plain: Uint8Array,
  { salt, iv, iterations }: { salt: Buffer; iv: Buffer; iterations: number },
): { algorithm: Buffer; data: Buffer } => {
  const parameters: Pbes2 = { salt, iv, iterations, digest: 'sha256', cipher: 'aes-256-cbc', keyLength: 32 }
  const data = withKey(parameters, password, (key) => {
    const cipher = createCipheriv(parameters.cipher, key, iv)
    return Buffer.concat([cipher.update(plain), cipher.final()])
  })
  const prf = sequence(oid(oids.hmacSha256), derNull())
  const kdf = sequence(oid(oids.pbkdf2), sequence(octetString(salt), smallInteger(iterations), prf))
  const encryption = sequence(oid(oids.aes256Cbc), octetString(iv))
  return { algorithm: sequence(oid(oids.pbes2), sequence(kdf, encryption)), data }
}

const withKey = <Result>(parameters: Pbes2, password: Uint8Array, work: (key: Buffer) => Result): Result => {
  const { salt, iterations, keyLength, digest } = parameters
  const key = pbkdf2Sync(password, salt, iterations, keyLength, digest)
  try {
    return work(key)
  } finally {
    key.fill(0)
  }
}
