import { randomBytes } from 'node:crypto'
import { plainQuestion, question, type Question } from './question.ts'

/** Scratch objects of one conversation: a database with keys inside it. Nothing outside that database is made. */
export interface ScratchLife {
  name: string
  create: Question
  /** Only for a session that is in that database: a DROP MASTER KEY is among them. */
  inside: Question[]
  drop: Question
}

/**
 * A full life of scratch objects named `KT_conf_<random>`: database, master key, certificates, the refusals on the
 * way, and all of it dropped. No file is exported, because T-SQL can't delete files; the database's own files go with
 * it. Passwords are random, are used nowhere else and are in no answer.
 */
export const scratchLife = (random = randomBytes(6).toString('hex')): ScratchLife => {
  const name = `KT_conf_${random}`
  const password = `Kt-${randomBytes(12).toString('hex')}-A7`
  const expired = `CREATE CERTIFICATE [${name}_old] WITH SUBJECT = N'Keyturn conformance', START_DATE = '20200101', EXPIRY_DATE = '20210101';`
  const steps: [behaviour: string | null, batch: string][] = [
    [null, `CREATE DATABASE [${name}];`],
    ['dmk.missing', `CREATE CERTIFICATE [${name}] WITH SUBJECT = N'Keyturn conformance';`],
    ['dmk.password-policy', "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'short';"],
    ['dmk.smk-copy', `CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${password}';`],
    ['dmk.smk-copy', copiesOfMasterKey],
    ['dmk.create-twice', `CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'${password}';`],
    ['dmk.open-wrong-password', "OPEN MASTER KEY DECRYPTION BY PASSWORD = N'Kt-conf-wrong-1';"],
    ['cert.default-size', `CREATE CERTIFICATE [${name}] WITH SUBJECT = N'Keyturn conformance';`],
    ['cert.default-expiry', certificateFacts(name)],
    ['cert.same-thumbprint', `CREATE CERTIFICATE [${name}] WITH SUBJECT = N'Keyturn conformance';`],
    ['cert.dates-warn', expired],
    ['cert.subject-length', `CREATE CERTIFICATE [${name}_3] WITH SUBJECT = N'';`],
    ['cert.functions-answer-null', exportedParts(name)],
    ['cert.last-backup-date', lastBackup(name)],
    [
      'backup.terminates',
      `BACKUP DATABASE [${name}] TO DISK = N'C:\\KT_conf_none\\none.bak' WITH COPY_ONLY, FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [${name}]);`,
    ],
    [
      'backup.in-transaction',
      `BEGIN TRANSACTION; BACKUP DATABASE [${name}] TO DISK = N'C:\\KT_conf_none\\none.bak' WITH COPY_ONLY;`,
    ],
    ['backup.in-transaction', 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;'],
    ['chain.models', `BACKUP LOG [${name}] TO DISK = N'C:\\KT_conf_none\\none.trn';`],
    ['chain.models', `BACKUP DATABASE [${name}] TO DISK = N'C:\\KT_conf_none\\none.bak' WITH DIFFERENTIAL;`],
    ['chain.models', `ALTER DATABASE [${name}] SET RECOVERY SIMPLE;`],
    ['chain.models', `BACKUP LOG [${name}] TO DISK = N'C:\\KT_conf_none\\none.trn';`],
    ['check.pages', `DBCC CHECKDB (N'${name}') WITH NO_INFOMSGS;`],
    ['dmk.drop-in-use', 'DROP MASTER KEY;'],
    ['dmk.drop-missing-encryption', "ALTER MASTER KEY DROP ENCRYPTION BY PASSWORD = N'Kt-conf-wrong-1';"],
    ['dmk.smk-copy', 'ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;'],
    ['dmk.smk-copy', copiesOfMasterKey],
    ['dmk.missing', `CREATE CERTIFICATE [${name}_2] WITH SUBJECT = N'Keyturn conformance';`],
    ['cert.drop-needed-by-backups', `DROP CERTIFICATE [${name}]; DROP CERTIFICATE [${name}_old];`],
    ['dmk.drop-in-use', 'DROP MASTER KEY;'],
  ]
  return {
    name,
    create: plainQuestion(`CREATE DATABASE [${name}];`),
    inside: steps.map(([behaviour, batch], at) => {
      const shown = batch.replaceAll(password, '«password»')
      const asked =
        behaviour === null ? plainQuestion(batch, 'rows') : question(behaviour, batch, 'rows', shown)
      return { ...asked, id: `life ${at + 1}, ${asked.id}` }
    }),
    drop: plainQuestion(`USE master; DROP DATABASE [${name}];`),
  }
}

const copiesOfMasterKey = `SELECT e.crypt_type AS crypt_type FROM sys.symmetric_keys AS k
JOIN sys.key_encryptions AS e ON e.key_id = k.symmetric_key_id WHERE k.name = N'##MS_DatabaseMasterKey##' ORDER BY e.crypt_type;`

const certificateFacts = (name: string): string =>
  `SELECT c.pvt_key_encryption_type AS private_key, c.subject AS subject, DATEDIFF(day, c.start_date, c.expiry_date) AS days,
DATALENGTH(c.thumbprint) AS thumbprint_bytes FROM sys.certificates AS c WHERE c.name = N'${name}';`

const exportedParts = (name: string): string =>
  `SELECT CASE WHEN CERTENCODED(CERT_ID(N'${name}')) IS NULL THEN 0 ELSE 1 END AS public_part,
CASE WHEN CERTPRIVATEKEY(CERT_ID(N'${name}'), N'Kt-conf-once-1') IS NULL THEN 0 ELSE 1 END AS private_part;`

const lastBackup = (name: string): string =>
  `SELECT c.pvt_key_last_backup_date AS last_export FROM sys.certificates AS c WHERE c.name = N'${name}';`
