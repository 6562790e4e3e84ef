import { X509Certificate } from 'node:crypto'
import type { AsymmetricKeyRecord } from '../../state/ekm-model.ts'
import type { EncryptionKeyRecord, PageAlgorithm, Protector } from '../../state/encryption-model.ts'
import type { CertificateRecord, DatabaseRecord } from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import { SqlError, cannotFind } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { same } from '../permissions.ts'
import type { Session } from '../session.ts'
import { assertUsableByServer } from '../statements/backup-encryptor.ts'
import { blobOfKey, wrapPageKey } from './key-blob.ts'

/** As ENCRYPTION BY SERVER names it. */
export interface ProtectorName {
  kind: 'certificate' | 'asymmetric key'
  name: string
}

/** Something of master that the engine can open by itself, ready to wrap database encryption keys. */
export interface UsableProtector {
  protector: Protector
  /** The wrapped key as the record keeps it; of a key in a vault, what the vault answered. */
  wrap(key: Buffer, algorithm: PageAlgorithm): Promise<string>
  /** Whether there is nothing to warn about: the private key was exported, or never is here. */
  exported: boolean
}

/** Bits above which a certificate protects no database encryption key: the older and the newer documentation differ. */
const longestProtector = (instance: Instance): number => (instance.majorVersion >= 17 ? 3072 : 3456)
/** What PKCS#1 padding needs around the longest key. */
const SHORTEST_PROTECTOR = 512

/** What a person named; throws 15151 where it is not there or not visible, and what keeps the engine from using it. */
export function usableProtector(session: Session, wanted: ProtectorName): UsableProtector {
  const { instance } = session
  if (wanted.kind === 'asymmetric key')
    return ofServerKey(session, namedServerKey(session, wanted.name, 'find'))
  const certificate = usableCertificate(session, wanted.name)
  return ofCertificate(certificate, instance.majorVersion >= 17 ? 'CERTIFICATE_OAEP_256' : 'CERTIFICATE')
}

/** The protector that a key has already: for REGENERATE. 33111 when it is not here any more. */
export function presentProtector(session: Session, { protector }: EncryptionKeyRecord): UsableProtector {
  const { store, keys } = session.instance
  if (protector.type === 'ASYMMETRIC KEY') return ofServerKey(session, serverKey(store, protector.thumbprint))
  const certificate = store.certificates.find(
    (candidate) => candidate.databaseId === 1 && candidate.thumbprint === protector.thumbprint,
  )
  if (certificate === undefined)
    throw new SqlError(33111, `Cannot find server certificate with thumbprint '0x${protector.thumbprint}'.`, {
      state: 3,
    })
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  return ofCertificate(certificate, protector.type)
}

function usableCertificate(session: Session, name: string): CertificateRecord {
  const { instance } = session
  const { store, permissions, keys } = instance
  const master = store.databases.get('1') as DatabaseRecord
  const certificate = store.certificates.find(
    (candidate) => candidate.databaseId === 1 && same(candidate.name, name),
  )
  if (
    certificate === undefined ||
    !permissions.certificate(session.login, master, certificate, 'VIEW DEFINITION')
  )
    throw cannotFind('find', 'certificate', name)
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  if (certificate.keyLength > longestProtector(instance))
    throw new SqlError(
      33178,
      `Encryption key length is over the currently supported maximum length of ${longestProtector(instance)}.`,
    )
  if (certificate.keyLength < SHORTEST_PROTECTOR)
    throw new SqlError(15464, 'Unsupported private key format or key length.')
  return certificate
}

function ofCertificate(certificate: CertificateRecord, type: Protector['type']): UsableProtector {
  const { publicKey } = new X509Certificate(Buffer.from(certificate.der, 'base64'))
  return {
    protector: { thumbprint: certificate.thumbprint, type },
    wrap: (key, algorithm) => Promise.resolve(wrapPageKey(key, algorithm, publicKey, type)),
    exported: certificate.lastKeyBackup !== null,
  }
}

function ofServerKey(session: Session, key: AsymmetricKeyRecord): UsableProtector {
  const { ekm } = session.instance
  ekm.assertUsable(key)
  return {
    protector: { thumbprint: key.thumbprint, type: 'ASYMMETRIC KEY' },
    exported: true,
    async wrap(pageKey, algorithm) {
      const blob = blobOfKey(pageKey, algorithm)
      try {
        return (await ekm.wrap(key, blob, session)).toString('base64')
      } finally {
        blob.fill(0)
      }
    },
  }
}

/** An asymmetric key of master that the login may see. */
export function namedServerKey(session: Session, name: string, verb: string): AsymmetricKeyRecord {
  const { store } = session.instance
  const key = store.asymmetricKeys.find((candidate) => same(candidate.name, name))
  if (key === undefined || !seesServerKeys(session)) throw cannotFind(verb, 'asymmetric key', name)
  return key
}

function seesServerKeys({ instance, login }: Session): boolean {
  const master = instance.store.databases.get('1') as DatabaseRecord
  return ['VIEW DEFINITION', 'ALTER ANY ASYMMETRIC KEY'].some((permission) =>
    instance.permissions.database(login, master, permission),
  )
}

export const findServerKey = (store: Store, thumbprint: string): AsymmetricKeyRecord | undefined =>
  store.asymmetricKeys.find((candidate) => candidate.thumbprint === thumbprint)

/** By the thumbprint that a database or a backup carries. */
export function serverKey(store: Store, thumbprint: string): AsymmetricKeyRecord {
  const key = findServerKey(store, thumbprint)
  if (key === undefined)
    throw new SqlError(33111, `Cannot find server asymmetric key with thumbprint '0x${thumbprint}'.`, {
      state: 3,
    })
  return key
}
