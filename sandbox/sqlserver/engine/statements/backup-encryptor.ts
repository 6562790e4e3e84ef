import { createPublicKey, X509Certificate } from 'node:crypto'
import type { BackupEncryption } from '../../files/index.ts'
import type { CertificateRecord, DatabaseRecord } from '../../state/model.ts'
import { SqlError, cannotFind } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Frame } from '../script.ts'
import type { Session } from '../session.ts'
import { namedServerKey } from '../tde/protectors.ts'
import type { BackupOptions } from './backup-grammar.ts'
import { needsMasterKey } from './master-key.ts'

/** The certificate or asymmetric key that WITH ENCRYPTION names, ready to wrap a key. */
export async function encryptor(
  frame: Frame,
  statement: string,
  wanted: NonNullable<BackupOptions['encryption']>,
): Promise<BackupEncryption> {
  const { session, sink } = frame
  const { instance } = session
  const { store, permissions, keys, options } = instance
  if (options.edition === 'Express' || options.edition === 'Web')
    throw new SqlError(
      1844,
      `${statement} WITH ENCRYPTION is not supported on ${options.edition} Edition (64-bit).`,
    )
  if (wanted.kind === 'asymmetric key') return serverKeyEncryptor(session, wanted)
  const master = store.databases.get('1') as DatabaseRecord
  const certificate = store.certificates.find(
    (candidate) => candidate.databaseId === 1 && same(candidate.name, wanted.name),
  )
  if (
    certificate === undefined ||
    !permissions.certificate(session.login, master, certificate, 'VIEW DEFINITION')
  )
    throw cannotFind('find', 'certificate', wanted.name)
  assertUsableByServer(certificate, keys.openedByServer(1) !== undefined)
  if (new Date(certificate.expiryDate) < instance.now())
    throw new SqlError(3096, 'The Certificate specified for backup encryption has expired.')
  if (certificate.lastKeyBackup === null) {
    await session.info(
      sink,
      33091,
      'Warning: The certificate used for encrypting the database encryption key has not been backed up. You should immediately back up the certificate and the private key associated with the certificate. If the certificate ever becomes unavailable or if you must restore or attach the database on another server, you must have backups of both the certificate and the private key or you will not be able to open the database.',
      10,
    )
  }
  const publicKey = createPublicKey(
    new X509Certificate(Buffer.from(certificate.der, 'base64')).publicKey.export({
      format: 'pem',
      type: 'spki',
    }),
  )
  return {
    algorithm: wanted.algorithm,
    thumbprint: Buffer.from(certificate.thumbprint, 'hex'),
    publicKey,
    encryptorType: instance.majorVersion >= 17 ? 'CERTIFICATE_OAEP_256' : 'CERTIFICATE',
  }
}

/** A key in a vault is seen there before the media are touched; each file's own key is then wrapped by it. */
async function serverKeyEncryptor(
  session: Session,
  wanted: NonNullable<BackupOptions['encryption']>,
): Promise<BackupEncryption> {
  const { ekm } = session.instance
  const key = namedServerKey(session, wanted.name, 'find')
  await ekm.see(key, session)
  return {
    algorithm: wanted.algorithm,
    thumbprint: Buffer.from(key.thumbprint, 'hex'),
    publicKey: (secret) => ekm.wrap(key, secret, session),
    encryptorType: 'ASYMMETRIC KEY',
  }
}

/** The engine works without a session here: a master key that only a person opened is no help. */
export function assertUsableByServer(certificate: CertificateRecord, masterKeyOpens: boolean): void {
  if (certificate.protection !== 'MK') {
    throw new SqlError(
      33101,
      `Cannot use certificate '${certificate.name}', because its private key is not present or it is not protected by the database master key. SQL Server requires the ability to automatically access the private key of the certificate used for this operation.`,
    )
  }
  if (!masterKeyOpens) throw needsMasterKey()
}
