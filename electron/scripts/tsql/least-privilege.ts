import type { Script } from '../../../shared/model/script.ts'
import { name, script, secret, tsql } from './fragment.ts'

/**
 * A login for Keyturn with the rights that an encrypted backup needs and no more, one batch each. To be run by a
 * sysadmin; each grant says which step needs it. Repeating it fails at CREATE LOGIN and changes nothing after that.
 */
export const leastPrivilegeLogin = (login: string, databases: readonly string[] = []): Script[] => {
  const principal = name(login, 'login')
  return [
    tsql`-- Run as sysadmin. Replace the password mark; keep the password outside this file.
USE [master];
CREATE LOGIN ${principal} WITH PASSWORD = ${secret('login_password', 'sql.login-password')}, CHECK_POLICY = ON;`,
    tsql`USE [master];
-- Reading before the plan: sessions, free space, database encryption keys, whether files are there.
GRANT VIEW SERVER STATE TO ${principal};
-- Reading before the plan: certificates, availability replicas, file sizes.
GRANT VIEW ANY DEFINITION TO ${principal};
-- "Open the exported files in a scratch database"; the server also asks for it before RESTORE HEADERONLY and VERIFYONLY.
GRANT CREATE ANY DATABASE TO ${principal};
-- Only for backups to storage and restores from there, with a credential that is there or made in the run:
-- GRANT ALTER ANY CREDENTIAL TO ${principal};
-- Only for "Export the service master key". It is nearly everything, so grant it for that run alone:
-- GRANT CONTROL SERVER TO ${principal};`,
    tsql`USE [master];
CREATE USER ${principal} FOR LOGIN ${principal};
-- "Create / repair / export the database master key" needs CONTROL on master itself; with it come
-- CREATE CERTIFICATE ("Create certificate") and CONTROL on the certificates ("Export certificate", "Fetch the pair").
GRANT CONTROL TO ${principal};`,
    tsql`USE [msdb];
CREATE USER ${principal} FOR LOGIN ${principal};
-- "Back up ...": reading back what the server recorded of it; and what an undo must not take a key from.
GRANT SELECT ON dbo.backupset TO ${principal};
GRANT SELECT ON dbo.backupmediafamily TO ${principal};
-- "Restore drill", on the server that took the backups: the names of the files in them.
GRANT SELECT ON dbo.backupfile TO ${principal};`,
    ...(databases.length === 0
      ? [
          tsql`-- "Back up ...": once in each database that Keyturn is to back up (put its name for YourDatabase):
-- USE [YourDatabase];
-- CREATE USER ${principal} FOR LOGIN ${principal};
-- ALTER ROLE [db_backupoperator] ADD MEMBER ${principal};`,
        ]
      : databases.map(
          (database) => tsql`USE ${name(database, 'databases')};
CREATE USER ${principal} FOR LOGIN ${principal};
-- "Back up ..." of this database.
ALTER ROLE [db_backupoperator] ADD MEMBER ${principal};`,
        )),
  ].map(script)
}
