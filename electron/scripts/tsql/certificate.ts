import type { Script } from '../../../shared/model/script.ts'
import { binary, date, name, queryText, script, text, tsql } from './fragment.ts'
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
  /** Null: one `.pfx` file holds both. */
  privateKey: string | null
}

/** A `.cer` and a `.pvk`, or one `.pfx` (SQL Server 2022 or later). CONTROL on the certificate. */
export const backupCertificate = (certificateName: string, paths: KeyPairPaths): Script =>
  script(tsql`USE [master];
BACKUP CERTIFICATE ${name(certificateName, 'certificateName')}
  TO FILE = ${text(paths.certificate, 'keyFolder')}
  WITH ${fileOfKey(paths, 'keyFolder')}
    ENCRYPTION BY PASSWORD = ${holes.certificateFile});`)

/** A `.pfx` is named once, at FILE; a `.pvk` of its own inside PRIVATE KEY. */
const fileOfKey = ({ privateKey }: KeyPairPaths, field?: string) =>
  privateKey === null
    ? tsql`FORMAT = 'PFX',
  PRIVATE KEY (`
    : tsql`PRIVATE KEY (
    FILE = ${text(privateKey, field)},`

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
  WITH ${fileOfKey(paths)}
    DECRYPTION BY PASSWORD = ${holes.certificateFile},
    ENCRYPTION BY PASSWORD = ${holes.throwAway});
USE [master];`)

/** Files on the server's own disk; the private key comes under the master key of master. CREATE CERTIFICATE. */
export const importCertificateFiles = (certificateName: string, paths: KeyPairPaths): Script =>
  script(tsql`USE [master];
CREATE CERTIFICATE ${name(certificateName, 'certificateName')}
  FROM FILE = ${text(paths.certificate, 'serverCertificateFile')}
  WITH ${fileOfKey(paths, 'serverPrivateKeyFile')}
    DECRYPTION BY PASSWORD = ${holes.certificateFile});`)

/** Names of the holes that a step fills with bytes which it read itself. */
export const pairHoles = {
  certificate: 'certificate_der',
  privateKey: 'private_key_pvk',
  throwAway: 'throw_away_password',
} as const

/**
 * The pair itself, without a file on the server: DER, and the private key as a `.pvk` under a password that is made for
 * this statement. The private key comes under the master key of master. CREATE CERTIFICATE.
 */
export const importCertificateBytes = (certificateName: string): Script =>
  script(tsql`USE [master];
CREATE CERTIFICATE ${name(certificateName, 'certificateName')}
  FROM BINARY = ${binary(pairHoles.certificate)}
  WITH PRIVATE KEY (
    BINARY = ${binary(pairHoles.privateKey)},
    DECRYPTION BY PASSWORD = ${holes.throwAway});`)

/** Columns `thumbprint`, `certificate` (DER) and `private_key` (PVK). CONTROL on the certificate. */
export const fetchKeyPair = (certificateName: string): Script =>
  script(tsql`USE [master];
SELECT c.thumbprint AS thumbprint,
  CERTENCODED(c.certificate_id) AS certificate,
  CERTPRIVATEKEY(c.certificate_id, ${holes.certificateFile}) AS private_key
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificateName, 'certificateName')};`)

/** The same for a copy that goes on to another server at once: under a password that nobody ever learns. */
export const fetchKeyPairOnce = (certificateName: string): Script =>
  script(tsql`USE [master];
SELECT c.thumbprint AS thumbprint,
  CERTENCODED(c.certificate_id) AS certificate,
  CERTPRIVATEKEY(c.certificate_id, ${holes.throwAway}) AS private_key
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificateName, 'certificateName')};`)

/** Column `certificate` (DER), the public half. VIEW DEFINITION on the certificate. */
export const publicCertificate = (certificateName: string): string =>
  queryText(tsql`SELECT CERTENCODED(c.certificate_id) AS certificate
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificateName, 'certificateName')};`)

/** The same as a statement of a plan. */
export const showPublicCertificate = (certificateName: string): Script =>
  script(tsql`SELECT CERTENCODED(c.certificate_id) AS certificate
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificateName, 'certificateName')};`)
