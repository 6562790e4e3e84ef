import type { Script } from '../../../shared/model/script.ts'
import { date, name, script, text, tsql } from './fragment.ts'
import { holes } from './master-key.ts'

export interface NewCertificate {
  name: string
  subject: string
  /** `YYYY-MM-DD`, UTC. Always given: without it the engine takes one year. */
  expiry: string
}

export const createCertificate = (certificate: NewCertificate): Script =>
  script(tsql`USE [master];
CREATE CERTIFICATE ${name(certificate.name, 'certificateName')}
  WITH SUBJECT = ${text(certificate.subject, 'certificateSubject')},
  EXPIRY_DATE = ${date(certificate.expiry, 'certificateExpiry')};`)

export const dropCertificate = (certificateName: string): Script =>
  script(tsql`USE [master];
DROP CERTIFICATE ${name(certificateName, 'certificateName')};`)

export interface KeyPairPaths {
  certificate: string
  privateKey: string
}

export const backupCertificate = (certificateName: string, paths: KeyPairPaths): Script =>
  script(tsql`USE [master];
BACKUP CERTIFICATE ${name(certificateName, 'certificateName')}
  TO FILE = ${text(paths.certificate, 'keyFolder')}
  WITH PRIVATE KEY (
    FILE = ${text(paths.privateKey, 'keyFolder')},
    ENCRYPTION BY PASSWORD = ${holes.certificateFile});`)

/**
 * The import that proves the files: its own password in the database, so that no master key is needed there. Leaves the
 * session in master: a session that stays in a database keeps it from being dropped.
 */
export const importCertificateInto = (
  database: string,
  certificateName: string,
  paths: KeyPairPaths,
): Script =>
  script(tsql`USE ${name(database)};
CREATE CERTIFICATE ${name(certificateName)}
  FROM FILE = ${text(paths.certificate)}
  WITH PRIVATE KEY (
    FILE = ${text(paths.privateKey)},
    DECRYPTION BY PASSWORD = ${holes.certificateFile},
    ENCRYPTION BY PASSWORD = ${holes.throwAway});
USE [master];`)

/** Columns `thumbprint`, `certificate` (DER) and `private_key` (PVK). CONTROL on the certificate. */
export const fetchKeyPair = (certificateName: string): Script =>
  script(tsql`USE [master];
SELECT c.thumbprint AS thumbprint,
  CERTENCODED(c.certificate_id) AS certificate,
  CERTPRIVATEKEY(c.certificate_id, ${holes.certificateFile}) AS private_key
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificateName, 'certificateName')};`)
