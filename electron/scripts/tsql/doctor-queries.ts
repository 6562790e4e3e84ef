import { queryText, tsql } from './fragment.ts'

/** Reads of the EKM doctor that no job needs. */

/** One row, one column for each right that setting keys of a vault up asks for. Public; NULL: no such permission here. */
export const setupRights = (): string =>
  queryText(tsql`SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER') AS control_server,
  HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER SETTINGS') AS alter_settings,
  HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CREDENTIAL') AS alter_any_credential,
  HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN') AS alter_any_login,
  HAS_PERMS_BY_NAME(N'master', 'DATABASE', 'CREATE ASYMMETRIC KEY') AS create_asymmetric_key,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION') AS view_any_definition;`)

/** Column, permission, and what a set-up needs it for. */
export const setupPermissions = [
  ['control_server', 'CONTROL SERVER', 'provider'],
  ['alter_settings', 'ALTER SETTINGS', 'option'],
  ['alter_any_credential', 'ALTER ANY CREDENTIAL', 'credential'],
  ['alter_any_login', 'ALTER ANY LOGIN', 'logins and their credentials'],
  ['create_asymmetric_key', 'CREATE ASYMMETRIC KEY on master', 'key'],
  ['view_server_state', 'VIEW SERVER STATE', 'encryption states'],
  ['view_any_definition', 'VIEW ANY DEFINITION', 'keys, credentials and logins'],
] as const

/** The server's time in UTC. Public. */
export const serverTime = (): string => queryText(tsql`SELECT SYSUTCDATETIME() AS now;`)
