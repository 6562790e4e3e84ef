import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { tag } from './der.ts'
import { der, derNull, octetString, oid, sequence, setOf, smallInteger } from './der-write.ts'
import { oids } from './oids.ts'
import { encryptPbes2 } from './pbes2.ts'
import { pkcs12Mac } from './pkcs12-mac.ts'

export interface Pkcs12Spec {
  privateKey: KeyObject
  /** DER; must belong to the private key, else `file-key-mismatch`. */
  certificate: Uint8Array
  /** UTF-8; the caller wipes it. */
  password: Uint8Array
  /** Shown by Windows; at most 200 characters. */
  friendlyName?: string
  /** Default 100,000 for the encryption and for the MAC. */
  iterations?: number
  /** Gives that many unpredictable bytes. */
  random: (count: number) => Buffer
}

/**
 * Writes a `.pfx`: private key and certificate each under PBES2 (PBKDF2 with HMAC-SHA-256, AES-256-CBC), the whole
 * under an HMAC-SHA-256. Opened by OpenSSL 3 and by Windows Server 2019 and later.
 */
export const writePkcs12 = (spec: Pkcs12Spec): Buffer => {
  const { privateKey, password, random, iterations = 100_000 } = spec
  const certificate = Buffer.from(spec.certificate)
  if (!new X509Certificate(certificate).checkPrivateKey(privateKey)) {
    throw new KeyturnError('file-key-mismatch', { file: 'the new .pfx file' })
  }
  const encrypt = (plain: Uint8Array) =>
    encryptPbes2(password, plain, { salt: random(16), iv: random(16), iterations })
  const attributes = attributesOf(certificate, spec.friendlyName)
  const certificates = encrypt(sequence(certificateBag(certificate, attributes)))
  const content = sequence(
    contentInfo(oids.encryptedData, encryptedData(certificates)),
    contentInfo(oids.data, octetString(sequence(keyBag(privateKey, encrypt, attributes)))),
  )
  const salt = random(16)
  const mac = pkcs12Mac({ digest: 'sha256', block: 64, salt, iterations }, password, content)
  const digestInfo = sequence(sequence(oid(oids.sha256), derNull()), octetString(mac))
  const macData = sequence(digestInfo, octetString(salt), smallInteger(iterations))
  return sequence(smallInteger(3), contentInfo(oids.data, octetString(content)), macData)
}

type Encrypted = ReturnType<typeof encryptPbes2>

const contentInfo = (type: string, content: Buffer): Buffer =>
  sequence(oid(type), der(tag.context(0), content))

const encryptedData = ({ algorithm, data }: Encrypted): Buffer =>
  sequence(smallInteger(0), sequence(oid(oids.data), algorithm, der(tag.contextPrimitive(0), data)))

const certificateBag = (certificate: Buffer, attributes: Buffer): Buffer => {
  const value = sequence(oid(oids.x509Certificate), der(tag.context(0), octetString(certificate)))
  return sequence(oid(oids.certBag), der(tag.context(0), value), attributes)
}

const keyBag = (key: KeyObject, encrypt: (plain: Uint8Array) => Encrypted, attributes: Buffer): Buffer => {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  const { algorithm, data } = encrypt(pkcs8)
  pkcs8.fill(0)
  const value = sequence(algorithm, octetString(data))
  return sequence(oid(oids.shroudedKeyBag), der(tag.context(0), value), attributes)
}

/** Programs find the certificate of a key by an equal localKeyId. */
const attributesOf = (certificate: Buffer, friendlyName: string | undefined): Buffer => {
  const keyId = createHash('sha1').update(certificate).digest()
  const own = sequence(oid(oids.localKeyId), setOf(octetString(keyId)))
  if (friendlyName === undefined) return setOf(own)
  const name = Buffer.from(friendlyName.slice(0, 200), 'utf16le').swap16()
  return setOf(own, sequence(oid(oids.friendlyName), setOf(der(tag.bmpString, name))))
}
