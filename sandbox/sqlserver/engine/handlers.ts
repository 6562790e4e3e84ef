import type { StatementHandler } from './script.ts'
import { ADMINISTRATION_STATEMENTS } from './statements/administration.ts'
import { ASYMMETRIC_KEY_STATEMENTS } from './statements/asymmetric-key.ts'
import { AUTHORIZATION_STATEMENTS } from './statements/authorization.ts'
import { backupCertificate } from './statements/backup-certificate.ts'
import { BACKUP_STATEMENTS } from './statements/backup.ts'
import { CERTIFICATE_STATEMENTS } from './statements/certificate.ts'
import { CREDENTIAL_STATEMENTS } from './statements/credential.ts'
import { DATABASE_STATEMENTS } from './statements/database.ts'
import { ENCRYPTION_KEY_STATEMENTS } from './statements/encryption-key.ts'
import { executeStatement } from './statements/execute.ts'
import { GRANT_STATEMENTS } from './statements/grants.ts'
import { INSERT_STATEMENTS } from './statements/insert.ts'
import { MASTER_KEY_STATEMENTS } from './statements/master-key.ts'
import { PROVIDER_STATEMENTS } from './statements/provider.ts'
import { QUERY_STATEMENTS } from './statements/query.ts'
import { RESTORE_DATABASE_STATEMENTS } from './statements/restore-database.ts'
import { RESTORE_FACT_STATEMENTS } from './statements/restore-facts.ts'
import { SECURITY_STATEMENTS } from './statements/security.ts'
import { SERVICE_MASTER_KEY_STATEMENTS } from './statements/service-master-key.ts'

/** Everything that is simulated, by statement head. Backup to URL will add handlers here; until then it answers "not simulated". */
export const HANDLERS: readonly StatementHandler[] = [
  ...QUERY_STATEMENTS,
  ...MASTER_KEY_STATEMENTS,
  ...SERVICE_MASTER_KEY_STATEMENTS,
  ...CERTIFICATE_STATEMENTS,
  backupCertificate,
  ...BACKUP_STATEMENTS,
  ...RESTORE_FACT_STATEMENTS,
  ...RESTORE_DATABASE_STATEMENTS,
  ...DATABASE_STATEMENTS,
  ...INSERT_STATEMENTS,
  ...ENCRYPTION_KEY_STATEMENTS,
  ...SECURITY_STATEMENTS,
  ...GRANT_STATEMENTS,
  ...ADMINISTRATION_STATEMENTS,
  ...AUTHORIZATION_STATEMENTS,
  ...PROVIDER_STATEMENTS,
  ...CREDENTIAL_STATEMENTS,
  ...ASYMMETRIC_KEY_STATEMENTS,
]

export const EXECUTE: StatementHandler = executeStatement
