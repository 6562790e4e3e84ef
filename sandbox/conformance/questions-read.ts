import { BEHAVIOURS } from '../sqlserver/behaviours.ts'
import type { Asker } from './answer.ts'
import { plainQuestion, question, type Question } from './question.ts'

/** Nothing here changes a server: reads, and statements that are refused because what they name is not there. */
export const readQuestions = async (simulator: Asker): Promise<Question[]> => [
  ...(await viewQuestions(simulator)),
  ...readyQueries,
  ...refusals,
  ...values,
  ...BEHAVIOURS.flatMap(({ id, probe }) => (probe === undefined ? [] : [question(id, probe, 'rows')])),
]

const functionArguments: Record<string, string> = {
  'sys.dm_os_volume_stats': '(1, 1)',
  'sys.dm_os_enumerate_filesystem': "(N'C:\\', N'*')",
  'sys.dm_os_file_exists': "(N'C:\\')",
  'sys.fn_my_permissions': "(NULL, N'SERVER')",
}

/** Every view that the simulator says it has, by its own catalog. */
const viewQuestions = async (simulator: Asker): Promise<Question[]> => {
  const system = await namesOf(simulator, 'sys.system_objects', 'sys')
  const history = await namesOf(simulator, 'msdb.sys.tables', 'msdb.dbo')
  const named = new Map([...system, ...history].map((one) => [one.name, one]))
  return [...named.values()].flatMap(({ name, isFunction }) => {
    const given = functionArguments[name]
    if (isFunction && given === undefined) return []
    return [question('catalog.by-version', `SELECT TOP (0) * FROM ${name}${given ?? ''} AS v;`)]
  })
}

const namesOf = async (simulator: Asker, catalog: string, schema: string) => {
  const { sets } = await simulator.ask(
    `SELECT o.name AS name, o.type AS type FROM ${catalog} AS o ORDER BY o.name;`,
  )
  return (sets[0]?.rows ?? []).map(([name, type]) => ({
    name: `${schema}.${name ?? ''}`,
    isFunction: type?.trim() === 'IF',
  }))
}

/** What Keyturn wants to know of an instance, in the shapes that it asks in. Values differ by server: shapes only. */
const readyQueries: Question[] = [
  `SELECT k.name, k.algorithm_desc, k.create_date, k.modify_date,
  smk_copy = SUM(CASE WHEN e.crypt_type = 'ESKM' THEN 1 ELSE 0 END),
  pw_copies = SUM(CASE WHEN e.crypt_type IN ('ESKP', 'ESP2', 'ESP3') THEN 1 ELSE 0 END)
FROM sys.symmetric_keys k LEFT JOIN sys.key_encryptions e ON e.key_id = k.symmetric_key_id
WHERE k.name = N'##MS_DatabaseMasterKey##' GROUP BY k.name, k.algorithm_desc, k.create_date, k.modify_date;`,
  `SELECT c.name, c.thumbprint, c.pvt_key_encryption_type, c.start_date, c.expiry_date, c.pvt_key_last_backup_date,
  expired = CASE WHEN c.expiry_date < GETUTCDATE() THEN 1 ELSE 0 END
FROM master.sys.certificates c WHERE c.name NOT LIKE N'##%';`,
  `SELECT d.name, k.encryption_state, k.percent_complete, k.encryptor_type, k.encryptor_thumbprint, cert = c.name,
  c.pvt_key_encryption_type, c.pvt_key_last_backup_date, akey = a.name
FROM sys.dm_database_encryption_keys k LEFT JOIN sys.databases d ON d.database_id = k.database_id
LEFT JOIN master.sys.certificates c ON c.thumbprint = k.encryptor_thumbprint
LEFT JOIN master.sys.asymmetric_keys a ON a.thumbprint = k.encryptor_thumbprint;`,
  `SELECT p.name, l.name AS login_name, l.type, cr.name AS credential_name, cr.credential_identity
FROM sys.server_principals l JOIN sys.server_principal_credentials pc ON pc.principal_id = l.principal_id
JOIN sys.credentials cr ON cr.credential_id = pc.credential_id
LEFT JOIN sys.cryptographic_providers p ON p.provider_id = cr.target_id;`,
  `SELECT bs.database_name, bs.type, bs.backup_finish_date, bs.key_algorithm, bs.encryptor_type, bs.encryptor_thumbprint,
  f.physical_device_name, here = CASE WHEN bs.encryptor_thumbprint IS NULL THEN NULL
  WHEN EXISTS (SELECT 1 FROM master.sys.certificates c WHERE c.thumbprint = bs.encryptor_thumbprint AND c.pvt_key_encryption_type = 'MK')
  OR EXISTS (SELECT 1 FROM master.sys.asymmetric_keys a WHERE a.thumbprint = bs.encryptor_thumbprint) THEN 1 ELSE 0 END
FROM msdb.dbo.backupset bs JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = bs.media_set_id
WHERE bs.backup_finish_date > DATEADD(day, -400, GETDATE());`,
].map((batch) => question('catalog.by-version', batch))

const refusals: Question[] = [
  question('batch.deferred-names', 'SELECT 1 AS one FROM dbo.KT_conf_none;'),
  question('catalog.by-version', 'SELECT d.kt_conf_none FROM sys.databases AS d;'),
  question('batch.compile', 'SELECT FROM;'),
  question('batch.compile', "SELECT N'kt"),
  question('batch.compile', 'SELECT @kt_conf_none;'),
  question('dmk.missing', "USE tempdb; OPEN MASTER KEY DECRYPTION BY PASSWORD = N'Kt-conf-none-1';"),
  question('cert.bad-file', "CREATE CERTIFICATE [KT_conf_none] FROM FILE = N'C:\\KT_conf_none\\none.cer';"),
  question('cert.drop-needed-by-backups', 'DROP CERTIFICATE [KT_conf_none];'),
  question('cert.never-overwrites', "BACKUP CERTIFICATE [KT_conf_none] TO FILE = N'KT_conf_none.cer';"),
  question('backup.terminates', "BACKUP DATABASE [KT_conf_none] TO DISK = N'C:\\KT_conf_none\\none.bak';"),
  question(
    'backup.terminates',
    "BACKUP DATABASE [model] TO DISK = N'C:\\KT_conf_none\\none.bak' WITH COPY_ONLY;",
  ),
  question('backup.terminates-name', "RESTORE HEADERONLY FROM DISK = N'C:\\KT_conf_none\\none.bak';"),
  question('backup.terminates-name', "RESTORE FILELISTONLY FROM DISK = N'C:\\KT_conf_none\\none.bak';"),
  question('backup.terminates-name', "RESTORE LABELONLY FROM DISK = N'C:\\KT_conf_none\\none.bak';"),
  question('backup.terminates-name', "RESTORE VERIFYONLY FROM DISK = N'C:\\KT_conf_none\\none.bak';"),
  question(
    'stripe.mixed',
    "RESTORE VERIFYONLY FROM DISK = N'C:\\KT_conf_none\\a.bak', DISK = N'C:\\KT_conf_none\\b.bak';",
  ),
  question('chain.not-restoring', 'RESTORE DATABASE [KT_conf_none] WITH RECOVERY;'),
  question('chain.not-restoring', "RESTORE LOG [KT_conf_none] FROM DISK = N'C:\\KT_conf_none\\none.trn';"),
  question('attach.files', "EXEC sp_detach_db @dbname = N'KT_conf_none';"),
  question(
    'attach.refused',
    "CREATE DATABASE [KT_conf_none] ON (FILENAME = N'C:\\KT_conf_none\\none.mdf') FOR ATTACH;",
  ),
  question('state.offline', 'ALTER DATABASE [KT_conf_none] SET OFFLINE WITH ROLLBACK IMMEDIATE;'),
  question('check.pages', "DBCC CHECKDB (N'KT_conf_none') WITH NO_INFOMSGS;"),
  question('lock.session', "EXEC sp_releaseapplock @Resource = N'KT_conf_none', @LockOwner = N'Session';"),
  plainQuestion('EXEC KT_conf_none;'),
  plainQuestion('USE [KT_conf_none];'),
  plainQuestion('DROP DATABASE [KT_conf_none];'),
  plainQuestion("RAISERROR(N'kt %s %d', 16, 1, N'conf', 7);"),
  plainQuestion("RAISERROR(N'kt', 10, 1); PRINT N'printed';"),
]

const values: Question[] = [
  question('collation', "SELECT CASE WHEN N'KT ' = N'kt' THEN 1 ELSE 0 END AS same_text;", 'rows'),
  question('cert.functions-answer-null', 'SELECT CERTENCODED(-1) AS public_part;', 'rows'),
  question(
    'catalog.hidden',
    "SELECT DB_ID(N'KT_conf_none') AS id, HAS_PERMS_BY_NAME(N'KT_conf_none', 'DATABASE', 'CONTROL') AS may;",
    'rows',
  ),
  plainQuestion("SELECT QUOTENAME(N'a]b') AS quoted, CONVERT(varchar(66), 0xCAFE, 1) AS hex;", 'rows'),
]
